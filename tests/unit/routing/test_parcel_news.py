"""RO-11: exceptions open cases before the customer calls, and resolve them when they are over."""

import pytest

from services.routing.acts import Actor, Resolve, Take
from services.routing.case import decide
from services.routing.state import AgentFound
from shared.contracts.cases import CaseKind, CaseStatus, ClockKind
from shared.contracts.parcels import ExceptionKind, ParcelSnapshot
from shared.contracts.people import Channel
from tests.unit.routing.builders import (
    NOON,
    after,
    cleared,
    clock_states,
    contact,
    customer,
    decided,
    names,
    opened,
    raised,
    rules,
)

ANN = Actor("ann.agent", frozenset({"agent"}))


@pytest.mark.req("RO-11")
@pytest.mark.parametrize(
    ("kind", "level", "tag", "priority"),
    [
        (ExceptionKind.LOSS, 1, "loss", 1),
        (ExceptionKind.DELAY, 2, "delay", 2),
        (ExceptionKind.CUSTOMS_HOLD, 3, "customs", 3),
        (ExceptionKind.WRONG_SIGN, 3, "not_received", 3),
        (ExceptionKind.FAILED_DELIVERY, 3, "failed_delivery", 3),
    ],
)
def test_an_exception_opens_a_case_for_the_consignee(kind: ExceptionKind, level: int, tag: str, priority: int) -> None:
    found = decided(None, raised(kind, level, consignee=customer("ann")))
    disputed = ["sign_dispute"] if kind is ExceptionKind.WRONG_SIGN else []
    assert names(found) == ["opened", "classified", "resolution:started", *disputed]
    case = found.state.case
    assert (case.origin, case.channel, case.customer.customer_id) == ("parcel_exception", Channel.SYSTEM, "ann")
    assert (case.classification.kind, case.classification.tags[0]) == (CaseKind.EXCEPTION, tag)
    assert (case.classification.priority, case.group) == (priority, "tracing")
    assert (case.exception_kind, case.tracking_numbers) == (kind, ("SF100",))
    assert case.parcel is not None
    assert found.lookup is None


@pytest.mark.req("RO-11")
def test_without_a_consignee_it_concerns_the_merchant_and_else_somebody_unknown() -> None:
    merchant = decided(None, raised(merchant="shop-7")).state.case.customer
    assert merchant.customer_id == "shop-7"
    unknown = decided(None, raised()).state.case.customer
    assert unknown.contacts == ()
    assert unknown.customer_id != "shop-7"


@pytest.mark.req("RO-11")
def test_a_cleared_exception_resolves_its_case_by_itself() -> None:
    event = raised(consignee=customer("ann"))
    state = decided(None, event).state
    found = decided(state, cleared(event), after(hours=3))
    assert names(found) == ["parcel_updated", "estimate_moved", "resolution:met", "resolved"]
    assert found.state.case.status is CaseStatus.RESOLVED
    assert found.state.case.summary is not None


@pytest.mark.req("RO-11")
def test_a_complaint_is_not_resolved_because_the_parcel_moves_again() -> None:
    event = raised(consignee=customer("ann"))
    state = decided(None, event).state
    state = decided(state, contact("我要投诉，生鲜都烂了，赔偿", n=2), after(seconds=1)).state
    found = decided(state, cleared(event), after(seconds=2))
    assert names(found) == ["parcel_updated", "estimate_moved"]
    assert found.state.case.status is CaseStatus.QUEUED


@pytest.mark.req("RO-11")
def test_another_exceptions_end_changes_nothing() -> None:
    state = decided(None, raised(consignee=customer("ann"))).state
    assert decide(state, cleared(raised(n=2)), rules(), after(hours=1)) is None


@pytest.mark.req("RO-11")
def test_an_exception_joins_the_case_that_the_customer_opened_before() -> None:
    state = opened("SF100怎么还没到？", tracking_numbers=("SF100",))
    found = decided(state, raised(ExceptionKind.LOSS, 1, consignee=customer("ann")), after(hours=1))
    assert "parcel_updated" in names(found)
    case = found.state.case
    assert (case.origin, case.contacts, case.exception_kind) == ("contact", 1, ExceptionKind.LOSS)
    assert case.classification.priority == 1
    assert "loss" in case.classification.tags
    assert decide(found.state, raised(ExceptionKind.LOSS, 1), rules(), after(hours=2)) is None


@pytest.mark.req("RO-11")
def test_an_exception_wakes_a_resolved_case() -> None:
    taken = decided(opened("SF100到哪了", tracking_numbers=("SF100",)), Take(ANN), after(seconds=1)).state
    resolved = decided(taken, Resolve(ANN), after(minutes=1)).state
    event = raised(at=after(hours=5), consignee=customer("ann"))
    found = decided(resolved, event, after(hours=5))
    assert "reopened" in names(found)
    assert clock_states(found.state.case)[ClockKind.RESOLUTION] == "running"


@pytest.mark.req("RO-11")
def test_the_unknown_owner_of_a_parcel_becomes_the_one_who_writes() -> None:
    state = decided(None, raised()).state
    who = customer("bob", phone="+8613900000000")
    case = decided(state, contact("SF100在哪", who=who, tracking_numbers=("SF100",))).state.case
    assert case.customer == who


@pytest.mark.req("RO-11")
def test_news_of_cases_that_are_unknown_or_closed_is_ignored() -> None:
    event = raised(consignee=customer("ann"))
    assert decide(None, cleared(event), rules(), NOON) is None
    snapshot = ParcelSnapshot(tracking_number="SF100", case_id="x", parcel=None)
    assert decide(None, snapshot, rules(), NOON) is None


@pytest.mark.req("RO-11")
def test_a_cleared_case_in_the_hands_of_an_agent_is_resolved_too() -> None:
    event = raised(consignee=customer("ann"))
    given = decided(decided(None, event).state, AgentFound("zhao.min"), after(minutes=1)).state
    found = decided(given, cleared(event), after(hours=1))
    assert (found.state.case.status, found.state.case.agent) == (CaseStatus.RESOLVED, "zhao.min")
