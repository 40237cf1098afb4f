"""RO-11: the rule tables are data, and a wrong cell is named at load."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from structlog.testing import capture_logs

from services.routing.parcels.rules import DAY, HOUR, RuleBook
from services.routing.parcels.state import KIND_CODE, NODE_CODE
from services.routing.parcels.tables import DIRECTORY, RuleError
from shared.contracts.parcels import ExceptionKind, Node

pytestmark = pytest.mark.req("RO-11")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DIRECTORY, tmp_path / "rules"))


def edit(directory: Path, file: str, change: Callable[[Any], object], save_as: str | None = None) -> None:
    content = yaml.safe_load((directory / file).read_text("utf-8"))
    change(content)
    (directory / (save_as or file)).write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def test_the_tables_that_ship_say_48_hours_by_default() -> None:
    rules = RuleBook().at(NOW)
    assert rules.limits(NODE_CODE[Node.HUB_IN], "standard") == (48 * HOUR, 7 * 24 * HOUR)
    assert (rules.signed_keep, rules.silent_keep) == (30 * DAY, 60 * DAY)


def test_levels_are_loss_delay_other() -> None:
    levels = RuleBook().at(NOW).levels
    expected = dict.fromkeys(ExceptionKind, 3) | {ExceptionKind.LOSS: 1, ExceptionKind.DELAY: 2}
    assert levels == {KIND_CODE[kind]: level for kind, level in expected.items()}


def test_an_edited_limit_is_obeyed(directory: Path) -> None:
    edit(directory, "silence.yaml", lambda t: t["rows"].insert(0, row("hub_in", "*", 6, 60)))
    rules = RuleBook(directory).at(NOW)
    assert rules.limits(NODE_CODE[Node.HUB_IN], "standard")[0] == 6 * HOUR
    assert rules.limits(NODE_CODE[Node.SORTED], "standard")[0] == 48 * HOUR


def row(node: str, product: str, delay: object, loss: object) -> dict[str, object]:
    return {"node": node, "product": product, "delay_hours": delay, "loss_hours": loss}


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("silence.yaml", lambda t: t["rows"][2].update(delay_hours="soon"), r"silence.yaml: rows\[2\].delay_hours:"),
        ("silence.yaml", lambda t: t["rows"][1].update(delay_hours=0), r"silence.yaml: rows\[1\].delay_hours:"),
        ("silence.yaml", lambda t: t["rows"][0].update(node="hubin"), r"silence.yaml: rows\[0\].node"),
        ("silence.yaml", lambda t: t["rows"][0].update(loss_hours=100), r"rows\[0\].loss_hours: must be more than 120"),
        ("silence.yaml", lambda t: t["rows"].pop(), "the last row must be for node"),
        ("silence.yaml", lambda t: t.pop("source"), "silence.yaml: source:"),
        ("silence.yaml", lambda t: t.update(valid_from="some day"), "silence.yaml: valid_from:"),
        ("silence.yaml", lambda t: t.update(id="silense"), "silence.yaml: file:"),
        ("exceptions.yaml", lambda t: t["rows"].pop(), "exceptions.yaml: rows: other must have one row, has 0"),
        ("exceptions.yaml", lambda t: t["rows"][0].update(level=4), r"exceptions.yaml: rows\[0\].level:"),
        ("exceptions.yaml", lambda t: t["rows"][1].update(cleared_by_reports=["delay"]), "delay can't clear itself"),
        ("exceptions.yaml", lambda t: t["rows"][1].update(extra=1), r"exceptions.yaml: rows\[1\].extra:"),
        ("keeping.yaml", lambda t: t.update(signed_days=-1), "keeping.yaml: signed_days:"),
        ("keeping.yaml", lambda t: t.update(silent_days=20), "keeping.yaml: silent_days: must be more than the 480 h"),
    ],
)
def test_a_wrong_cell_is_named(directory: Path, file: str, change: Callable[[Any], object], message: str) -> None:
    edit(directory, file, change)
    with pytest.raises(RuleError, match=message):
        RuleBook(directory)


def test_a_missing_table_and_a_broken_file_are_named(directory: Path) -> None:
    (directory / "keeping.yaml").unlink()
    with pytest.raises(RuleError, match="keeping"):
        RuleBook(directory)
    (directory / "keeping.yaml").write_text("id: [", "utf-8")
    with pytest.raises(RuleError, match=r"keeping.yaml: file: is not YAML"):
        RuleBook(directory)


def test_the_version_of_the_day_holds(directory: Path) -> None:
    edit(directory, "keeping.yaml", lambda t: t.update(valid_from=date(2027, 1, 1), signed_days=7), "keeping-2027.yaml")
    edit(directory, "keeping.yaml", lambda t: t.update(valid_to=date(2026, 12, 31)))
    book = RuleBook(directory)
    assert book.at(datetime(2026, 12, 31, 23, tzinfo=UTC)).signed_keep == 30 * DAY
    assert book.at(datetime(2027, 1, 1, tzinfo=UTC)).signed_keep == 7 * DAY
    assert book.at(datetime(2019, 1, 1, tzinfo=UTC)).signed_keep == 30 * DAY


def test_two_versions_of_one_day_are_refused(directory: Path) -> None:
    edit(directory, "keeping.yaml", lambda t: t.update(valid_from=date(2027, 1, 1)), "keeping-2027.yaml")
    with pytest.raises(RuleError, match=r"keeping.yaml: valid_to: must be before 2027-01-01"):
        RuleBook(directory)


def test_an_expired_table_goes_on_to_hold_with_an_alarm(directory: Path) -> None:
    edit(directory, "keeping.yaml", lambda t: t.update(valid_to=date(2026, 10, 31)))
    with capture_logs() as logs:
        assert RuleBook(directory).at(NOW).signed_keep == 30 * DAY
    assert [(line["event"], line["file"]) for line in logs] == [("rules_expired", "keeping.yaml")]
