"""Two cases become one, and one becomes two: nothing that they know is lost (RO-1)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.routing.acts import Actor, Close, Reply, Take
from services.routing.clocks import of_kind
from services.routing.pairs.merging import merge
from services.routing.pairs.splitting import Split, split
from services.routing.refusals import ActRefused
from services.routing.state import CaseState
from shared.contracts.base import derived_id
from shared.contracts.cases import CaseKind, CaseStatus, ClockKind, ClockState
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, contact, customer, decided, names, opened, raised, rules

pytestmark = pytest.mark.req("RO-1")
ANN, EVE = customer("ann"), customer("eve")
AGENT, OTHER = Actor("zhao.min", frozenset({"agent"})), Actor("he.li", frozenset({"agent"}))
LEAD = Actor("lead.one", frozenset({"lead"}))


def asked(text: str = "快递到哪了", n: int = 1, who: Any = ANN, minutes: float = 0, **more: Any) -> CaseState:
    at = NOON + timedelta(minutes=minutes)
    state = opened(text, at, n=n, who=who, at=at, **more)
    return replace(state, open_keys=(*(f"p:{number}" for number in state.case.tracking_numbers), f"c:{n}:0"))


def test_the_case_that_goes_on_knows_what_both_knew_and_the_other_ends() -> None:
    ending = asked(n=1, tracking_numbers=("SF1",), order_numbers=("O1",))
    going = asked(n=2, minutes=5, tracking_numbers=("SF2",))
    one, other = merge(ending, going, LEAD, rules(), after(minutes=5))
    assert (one.state.case.status, one.state.case.merged_into) == (CaseStatus.CLOSED, going.case.case_id)
    assert one.state.open_keys == ()
    assert (names(one)[-1], names(other)[-1]) == ("merged", "absorbed")
    after_it = other.state.case
    assert after_it.tracking_numbers == ("SF2", "SF1")
    assert (after_it.order_numbers, after_it.contacts, after_it.version) == (("O1",), 2, going.case.version + 1)
    assert set(other.state.open_keys) == {*going.open_keys, *ending.open_keys}


def test_the_customer_has_waited_since_the_first_of_the_two() -> None:
    ending, going = asked(n=1), asked(n=2, minutes=0.2)
    one, other = merge(ending, going, LEAD, rules(), after(seconds=13))
    assert [c.due_at for c in other.state.case.clocks] == [c.due_at for c in ending.case.clocks]
    assert not [c for c in one.state.case.clocks if c.state is not ClockState.MET]
    assert one.state.next_due is None


@pytest.mark.req("RO-6")
def test_a_message_that_waits_for_its_answer_waits_in_the_case_that_goes_on() -> None:
    def answered(n: int) -> CaseState:
        state = decided(asked(n=n), Take(LEAD), after(seconds=1)).state
        return decided(state, Reply(LEAD, Personal("在路上")), after(seconds=2)).state

    waiting = decided(answered(1), contact("还没到", 3, ANN, at=after(seconds=5)), after(seconds=5)).state
    one, other = merge(waiting, answered(2), LEAD, rules(), after(seconds=13))
    kind = ClockKind.NEXT_RESPONSE
    assert of_kind(other.state.case.clocks, kind) == of_kind(waiting.case.clocks, kind)
    assert of_kind(one.state.case.clocks, kind) is None


@pytest.mark.parametrize(
    ("ending", "going", "actor", "code"),
    [
        (asked(n=1), asked(n=1), LEAD, "same_case"),
        (asked(n=1), asked(n=2), OTHER, "not_yours"),
        (asked(n=1), asked(n=2, who=EVE), LEAD, "other_customer"),
        (asked("丢了，要赔偿", n=1), asked(n=2), LEAD, "has_claim"),
        (
            decided(None, raised(n=1, consignee=ANN)).state,
            decided(None, raised(n=2, consignee=ANN)).state,
            LEAD,
            "two_exceptions",
        ),
    ],
)
def test_what_is_no_one_matter_is_refused(ending: CaseState, going: CaseState, actor: Actor, code: str) -> None:
    with pytest.raises(ActRefused) as refused:
        merge(ending, going, actor, rules(), after(minutes=1))
    assert refused.value.code == code
    assert refused.value.en
    assert refused.value.zh


def test_a_case_that_is_over_takes_no_part() -> None:
    mine = decided(asked(n=1), Take(AGENT)).state
    over = decided(mine, Close(AGENT, Personal("已送达"))).state
    for pair in ((over, asked(n=2)), (asked(n=2), over)):
        with pytest.raises(ActRefused) as refused:
            merge(*pair, LEAD, rules(), after(minutes=1))
        assert refused.value.code == "wrong_status"


def wish(**more: Any) -> Split:
    fields: dict[str, Any] = {
        "actor": LEAD,
        "subject": Personal("发票"),
        "kind": CaseKind.QUERY,
        "tag": "other",
        "priority": 3,
    }
    return Split(**(fields | more))


def test_the_new_case_takes_its_parcels_and_their_keys_and_waits_since_the_first_word() -> None:
    state = asked(tracking_numbers=("SF1", "SF2"))
    case_id = derived_id("new", "case")
    old, new = split(state, wish(tracking_numbers=("SF2",)), case_id, rules(), after(minutes=10))
    assert (old.state.case.tracking_numbers, new.state.case.tracking_numbers) == (("SF1",), ("SF2",))
    assert new.state.open_keys == ("p:SF2",)
    assert set(old.state.open_keys) | set(new.state.open_keys) == set(state.open_keys)
    assert names(new)[:3] == ["opened", "split_from", "classified"]
    assert names(old)[-1] == "split_off"
    assert {clock.started_at for clock in new.state.case.clocks} == {NOON}
    assert new.state.case.customer == state.case.customer


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"tracking_numbers": ("SF9",)}, "not_its_own"),
        ({"tag": "weather"}, "unknown_tag"),
        ({"actor": OTHER}, "not_yours"),
    ],
)
def test_what_can_not_be_split_off_is_refused(fault: dict[str, Any], code: str) -> None:
    with pytest.raises(ActRefused) as refused:
        split(asked(tracking_numbers=("SF1",)), wish(**fault), derived_id("new", "case"), rules(), NOON)
    assert refused.value.code == code


@pytest.mark.req("RO-3")
def test_a_question_that_waits_for_its_answer_goes_to_a_person_with_what_it_absorbs() -> None:
    reachable = customer("ann", email="ann@example.cn")
    ending = asked("包裹破损了", n=1, who=reachable)
    going = asked("SF2到哪里了", n=2, who=reachable, tracking_numbers=("SF2",))
    assert going.case.group == "self_service"
    _, other = merge(ending, going, LEAD, rules(), after(seconds=5))
    assert names(other) == ["handed_over", "absorbed"]
    assert other.state.case.group in rules().roster.groups
