"""RO-11: a wrong cell of estimates.yaml stops the start, and is named with file and line."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from services.routing import rule_files
from services.routing.decision_table import RuleError
from shared.contracts.parcels import ExceptionKind, Node
from tests.unit.routing.builders import NOON, after, decided, raised, rules

pytestmark = pytest.mark.req("RO-11")

FILE = "estimates.yaml"
WRONG = [
    ("source: ", "sauce: ", "source"),
    ("valid_from: 2026-01-01", "valid_from: soon", "not a date"),
    ("tolerance_hours: 4 ", "tolerance_hours: -1 ", "-1 is not between"),
    ("delivery_calendar: outlet", "delivery_calendar: moon", "'moon' is not one of"),
    ("hub_in: 62", "hub_in: 69", "hub_in: 69 is more than the 68 of outlet_out"),
    ("hub_in: 62, ", "", "hub_in: is missing"),
    ("hub_in: 62", "hub_in: '62'", "'62' has the wrong type"),
    ("out_for_delivery: 8}", "out_for_delivery: 8, signed: 0}", "'signed' is not one of"),
    ('product: "*"', "product: parcel", "no row for every other product"),
    ("product: heavy", "product: express", "express stands twice"),
    ("  loss: unknown\n", "", "loss: is missing"),
    ("  loss: unknown", "  theft: unknown", "'theft' is not one of"),
    ("loss: unknown", "loss: never", "'never' has the wrong type"),
    ("customs_hold: 72", "customs_hold: 9999", "9999 is not between"),
]


def changed(directory: Path, old: str, new: str) -> Path:
    rules_of = shutil.copytree(rule_files.DIRECTORY, directory / "rules")
    text = (rules_of / FILE).read_text()
    assert old in text
    (rules_of / FILE).write_text(text.replace(old, new, 1))
    return rules_of


@pytest.mark.parametrize(("old", "new", "says"), WRONG, ids=lambda cell: str(cell)[:24])
def test_a_wrong_cell_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(RuleError) as error:
        rule_files.load(changed(tmp_path, old, new))
    assert FILE in str(error.value)
    assert says in str(error.value)


def test_the_line_is_the_rows(tmp_path: Path) -> None:
    directory = changed(tmp_path, "hub_in: 62", "hub_in: 0")
    text = (directory / FILE).read_text()
    line = text[: text.index('product: "*"')].count("\n") + 1
    with pytest.raises(RuleError, match=f"{FILE}:{line}: hub_in"):
        rule_files.load(directory)


@pytest.mark.parametrize(
    ("kind", "hours"),
    [
        (ExceptionKind.DELAY, 24),  # the playbook's, at the hub
        (ExceptionKind.MISROUTED, 12),
        (ExceptionKind.CUSTOMS_HOLD, 72),
        (ExceptionKind.LOSS, None),
        (ExceptionKind.REFUSED, None),
        (ExceptionKind.WRONG_SIGN, None),
    ],
)
def test_how_long_an_exception_holds_a_parcel_up(kind: ExceptionKind, hours: int | None) -> None:
    case = decided(None, raised(kind)).state.case
    until = rules().estimates.held_until(case, NOON)
    assert until == (None if hours is None else NOON + timedelta(hours=hours))


def test_working_hours_of_the_playbook_pass_in_office_time() -> None:
    """8 working hours from Wednesday noon: 4:30 of them that afternoon, the rest on Thursday."""
    case = decided(None, raised()).state.case
    assert case.parcel is not None
    there = case.parcel.model_copy(update={"node": Node.DESTINATION_IN})
    until = rules().estimates.held_until(case.model_copy(update={"parcel": there}), NOON)
    assert until == after(days=1, hours=2)
