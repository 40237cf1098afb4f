"""IN-7: the mandatory fields of a complaint are taken from contacts, asked for once and once more, never waited for."""

from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from services.routing import rule_files
from services.routing.acts import Reply, Resolve, Take
from services.routing.case import decide
from services.routing.decision_table import RuleError
from services.routing.state import TimerFired
from shared.contracts.cases import CaseField, CaseStatus, FieldsRequested
from shared.contracts.interactions import Solution
from shared.contracts.parcels import Node
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, contact, customer, decided, names, opened, raised, rules
from tests.unit.routing.test_clocks import ANN

pytestmark = pytest.mark.req("IN-7", "RO-1")
GOODS, NODE, WISH = CaseField.GOODS_TYPE, CaseField.EXCEPTION_NODE, CaseField.WISHED_SOLUTION
BROKEN = "箱子破损了，我要投诉"


@pytest.mark.parametrize(
    ("text", "said", "missing"),
    [
        (BROKEN, {}, (GOODS, NODE, WISH)),
        (BROKEN, {"goods_type": "appliances"}, (NODE, WISH)),
        (BROKEN, {"goods_type": "appliances", "exception_node": Node.SIGNED}, (WISH,)),
        (
            BROKEN,
            {"goods_type": "books", "exception_node": Node.SIGNED, "wished_solution": Solution.REFUND},
            (),
        ),
        ("快递到哪了", {}, ()),
        ("快递员态度非常差，我要投诉", {}, (NODE, WISH)),
    ],
)
def test_what_is_mandatory_and_not_said_is_asked_for(
    text: str, said: dict[str, Any], missing: tuple[CaseField, ...]
) -> None:
    found = decided(None, contact(text, **said))
    case = found.state.case
    assert case.missing_fields == missing
    assert [c.missing for c in found.changes if isinstance(c, FieldsRequested)] == ([missing] if missing else [])
    assert {name: getattr(case, name) for name in said} == said
    assert case.fields_asked == bool(missing)


def test_the_answer_fills_and_ends_the_asking() -> None:
    state = opened(BROKEN)
    answer = contact("电器，想退款", 2, goods_type="appliances", wished_solution=Solution.REFUND, at=after(minutes=5))
    filled = decided(state, answer, after(minutes=5))
    assert "fields_filled" in names(filled)
    assert "fields_requested" not in names(filled)
    assert filled.state.case.missing_fields == (NODE,)
    more = contact("派送时摔的", 3, exception_node=Node.OUT_FOR_DELIVERY, goods_type="books", at=after(minutes=6))
    whole = decided(filled.state, more, after(minutes=6)).state
    assert whole.case.missing_fields == ()
    assert whole.case.goods_type == "appliances"  # what was said first stays
    fired = decide(whole, TimerFired(), rules(), after(days=3))
    assert fired is not None
    assert "fields_requested" not in names(fired)


def test_asked_once_more_after_the_set_time_and_then_never() -> None:
    state, asked = opened(BROKEN), 0
    for hours in (1, 23, 24, 25, 48, 72, 400):
        found = decide(state, TimerFired(), rules(), after(hours=hours))
        if found is not None:
            asked += names(found).count("fields_requested")
            state = found.state
        assert asked == (hours >= 24)
    assert state.case.fields_asked == 2


def test_handling_does_not_wait() -> None:
    case = opened(BROKEN).case
    assert case.status is CaseStatus.QUEUED
    assert case.clocks
    assert all(clock.state == "running" for clock in case.clocks)


def test_nobody_is_asked_again_once_a_person_answered_or_it_is_solved() -> None:
    taken = decided(opened(BROKEN), Take(ANN), after(seconds=5)).state
    replied = decided(taken, Reply(ANN, Personal("正在核实")), after(minutes=1)).state
    for state in (replied, decided(taken, Resolve(ANN, Personal("已处理")), after(minutes=1)).state):
        fired = decide(state, TimerFired(), rules(), after(days=5))
        assert fired is None or "fields_requested" not in names(fired)


def test_a_known_exception_of_the_parcel_fills_the_node() -> None:
    who = customer(phone="+8613800000001")
    event = raised(tracking="SF100", consignee=who)
    state = decided(None, event).state
    assert state.case.exception_node is event.parcel.node
    assert state.case.fields_asked == 0  # nobody wrote yet
    joined = decided(state, contact("SF100箱子破损了，我要投诉", 2, who, tracking_numbers=("SF100",)), after(minutes=1))
    assert joined.state.case.missing_fields == (GOODS, WISH)


def test_a_repeated_contact_asks_nothing() -> None:
    state = opened(BROKEN)
    assert decide(state, contact(BROKEN), rules(), NOON + timedelta(minutes=1)) is None


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("mandatory: [goods_type] }", "mandatory: [weight] }", r"fields.yaml.*fields\[2\].mandatory"),
        ("tags: [attitude]", "tags: [moon]", r"fields.yaml.*fields\[0\].tags"),
        ("kind: claim", "kind: gossip", r"fields.yaml.*fields\[2\].kind"),
        ("times: 2", "times: 99", r"fields.yaml.*ask.times"),
        ("source:", "origin:", r"fields.yaml.*source"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, old: str, new: str, where: str) -> None:
    copytree(rule_files.DIRECTORY, tmp_path / "rules")
    file = tmp_path / "rules" / "fields.yaml"
    file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(RuleError, match=where):
        rule_files.load(tmp_path / "rules")
