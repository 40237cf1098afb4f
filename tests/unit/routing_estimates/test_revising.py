"""RO-11, NO-1: the estimate on a case moves with the news of its parcel, and is told once where it moved by enough."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.case import decide
from services.routing.state import CaseState, ChangeSet, IncidentFound, IncidentNotIts, IncidentOver, Joint
from shared.contracts.cases import Case
from shared.contracts.estimates import CarrierEstimate, EstimateMoved
from shared.contracts.parcels import (
    ExceptionKind,
    Node,
    ParcelExceptionCleared,
    ParcelExceptionRaised,
    ParcelMoved,
    TrackPoint,
)
from tests.unit.routing.builders import (
    HUB,
    NOON,
    after,
    contact,
    customer,
    decided,
    incident,
    incident_rules,
    names,
    raised,
    rules,
)

pytestmark = pytest.mark.req("RO-11")

ANN = customer("ann", email="ann@example.cn")
TOLERANCE = rules().estimates.tolerance
PROMISED = after(hours=30)


def reported(kind: ExceptionKind, n: int = 1, node: Node = Node.HUB_IN, at: datetime = NOON, **of: Any) -> Any:
    event = raised(kind, n=n, at=at, consignee=ANN, **of)
    track = (TrackPoint(node=node, at=at, exception=kind),)
    return event.model_copy(update={"parcel": event.parcel.model_copy(update={"node": node, "track": track})})


def went_on(of: ParcelExceptionRaised, node: Node, at: datetime) -> ParcelMoved:
    track = (*of.parcel.track, TrackPoint(node=node, at=at))
    return ParcelMoved(
        exception_ids=(of.exception_id,), parcel=of.parcel.model_copy(update={"node": node, "track": track})
    )


def over(of: ParcelExceptionRaised, node: Node, at: datetime) -> ParcelExceptionCleared:
    return ParcelExceptionCleared(
        exception_id=of.exception_id, kind=of.kind, cleared_at=at, parcel=went_on(of, node, at).parcel
    )


def told(found: ChangeSet) -> list[tuple[datetime | None, datetime | None]]:
    return [(change.before, change.after) for change in found.changes if isinstance(change, EstimateMoved)]


def at_of(case: Case) -> datetime | None:
    return case.estimate.at if case.estimate else None


MISROUTED = reported(ExceptionKind.MISROUTED)


def opened_by(event: ParcelExceptionRaised) -> CaseState:
    return decided(None, event, event.detected_at).state


def test_a_case_opens_with_an_estimate_that_its_opening_tells() -> None:
    found = decided(None, reported(ExceptionKind.DELAY, promised_at=PROMISED))
    assert names(found)[0] == "opened"
    assert told(found) == []
    estimate = found.state.case.estimate
    assert estimate is not None
    # 24 h by the playbook and the 30 h that were left: until the couriers of that day go home.
    assert (estimate.at, estimate.basis) == (after(days=2, hours=8), "exception")
    assert (estimate.held_since, estimate.held_until) == (NOON, after(hours=24))


def test_a_carrier_that_reports_it_with_a_new_estimate_is_believed() -> None:
    at = after(hours=-2)
    event = reported(ExceptionKind.MISROUTED, at=at).model_copy(update={"detected_at": NOON})
    said = CarrierEstimate(arrives_at=after(hours=40), stated_at=at)
    parcel = event.parcel.model_copy(update={"estimate": said})
    estimate = decided(None, event.model_copy(update={"parcel": parcel})).state.case.estimate
    assert estimate is not None
    assert (estimate.at, estimate.basis, estimate.held_since) == (said.arrives_at, "carrier", at)


def test_a_second_exception_moves_it_and_says_so_once() -> None:
    state = opened_by(MISROUTED)
    before = at_of(state.case)
    second = reported(ExceptionKind.CUSTOMS_HOLD, n=2, node=Node.CUSTOMS, at=after(hours=20))
    found = decided(state, second, after(hours=20))
    assert told(found) == [(before, at_of(found.state.case))]
    assert before is not None
    assert (at_of(found.state.case) or before) > before
    assert decide(found.state, second, rules(), after(hours=21)) is None


def test_what_moves_it_by_little_is_not_told_and_measured_by_what_was_told() -> None:
    state = opened_by(MISROUTED)
    # 12 h held and 62 h left make the 14th; 6 hours later at the next node 56 h are left: the same evening.
    assert decide(state, went_on(MISROUTED, Node.SORTED, after(hours=6)), rules(), after(hours=6)) is None


def test_a_later_scan_revises_it_again() -> None:
    state = opened_by(MISROUTED)
    found = decided(state, went_on(MISROUTED, Node.LINEHAUL_IN, after(hours=20)), after(hours=20))
    # 20 h and the 26 that are left: the 13th, and not the 14th.
    assert told(found) == [(after(days=3, hours=8), after(days=2, hours=8))]
    assert found.state.case.parcel is not None
    assert found.state.case.parcel.node is Node.LINEHAUL_IN


def test_a_scan_of_another_exception_or_of_a_case_that_is_over_changes_nothing() -> None:
    state = opened_by(MISROUTED)
    other = reported(ExceptionKind.MISROUTED, n=9)
    assert decide(state, went_on(other, Node.LINEHAUL_IN, after(hours=20)), rules(), after(hours=20)) is None
    gone = decided(state, over(MISROUTED, Node.DESTINATION_IN, after(hours=20)), after(hours=20)).state
    assert decide(gone, went_on(MISROUTED, Node.OUT_FOR_DELIVERY, after(hours=40)), rules(), after(hours=40)) is None
    assert decide(None, went_on(MISROUTED, Node.OUT_FOR_DELIVERY, after(hours=40)), rules(), after(hours=40)) is None


def test_the_end_of_the_exception_tells_when_it_comes_now() -> None:
    delay = reported(ExceptionKind.DELAY)
    found = decided(opened_by(delay), over(delay, Node.DESTINATION_IN, after(hours=10)), after(hours=10))
    assert names(found) == ["parcel_updated", "estimate_moved", "resolution:met", "resolved"]
    assert told(found) == [(after(days=4, hours=8), after(days=1, hours=8))]


@pytest.mark.parametrize("node", [Node.SIGNED, Node.HELD])
def test_once_delivered_nothing_more_is_told(node: Node) -> None:
    damage = reported(ExceptionKind.DAMAGE)
    found = decided(opened_by(damage), went_on(damage, node, after(hours=30)), after(hours=30))
    assert told(found) == []
    assert names(found)[-1] == "parcel_updated"
    assert found.state.case.estimate is None
    delay = reported(ExceptionKind.DELAY)
    cleared = decided(opened_by(delay), over(delay, node, after(hours=30)), after(hours=30))
    assert told(cleared) == []
    later = decided(cleared.state, reported(ExceptionKind.WRONG_SIGN, n=3, node=Node.SIGNED, at=after(hours=40)))
    assert told(later) == []
    assert later.state.case.estimate is None


def test_it_is_withdrawn_where_nobody_can_say_and_given_again_when_the_parcel_is_found() -> None:
    state = opened_by(MISROUTED)
    lost = reported(ExceptionKind.LOSS, n=2, at=after(hours=20))
    found = decided(state, lost, after(hours=20))
    assert told(found) == [(at_of(state.case), None)]
    again = decided(found.state, over(lost, Node.LINEHAUL_IN, after(hours=60)), after(hours=60))
    assert told(again) == [(None, after(days=4, hours=8))]


def test_a_case_of_the_customer_hears_of_its_first_estimate() -> None:
    state = decided(None, contact("SF100怎么还没到？", who=ANN, tracking_numbers=("SF100",))).state
    found = decided(state, reported(ExceptionKind.DELAY, at=after(hours=1)), after(hours=1))
    assert told(found) == [(None, at_of(found.state.case))]


JOINT = Joint("i-1", "IN1", delay_hours=48)


def test_an_incident_holds_it_up_and_tells_it_itself() -> None:
    delay = reported(ExceptionKind.DELAY, promised_at=PROMISED)
    state = opened_by(delay)
    found = decided(state, IncidentFound(JOINT), after(hours=1))
    assert told(found) == []
    estimate = found.state.case.estimate
    assert estimate is not None
    # 48 h from then, and the 29 that were left.
    assert (estimate.at, estimate.basis) == (after(days=3, hours=8), "incident")
    left = decided(found.state, IncidentNotIts("i-1"), after(hours=2))
    assert told(left) == [(estimate.at, after(days=2, hours=8))]


def test_an_exception_that_joins_under_an_incident_is_told_by_the_incident_alone() -> None:
    state = opened_by(MISROUTED)
    second = reported(ExceptionKind.DELAY, n=2, at=after(hours=5), place=HUB)
    found = decide(state, second, rules(), after(hours=5), joint=JOINT)
    assert found is not None
    assert told(found) == []
    assert found.state.case.estimate is not None
    assert found.state.case.estimate.basis == "incident"


def test_a_reserved_case_has_the_incidents_estimate_and_gets_one_of_its_own_after_it() -> None:
    delay = reported(ExceptionKind.DELAY, place=HUB)
    kept = decide(None, delay, rules(), NOON, joint=Joint("i-1", "IN1", 48, own_case=False))
    assert kept is not None
    assert kept.state.reserved
    assert kept.state.case.estimate is not None
    assert kept.state.case.estimate.held_until == after(hours=48)
    own = decided(kept.state, IncidentOver(), after(hours=60))
    assert told(own) == []
    assert own.state.case.estimate is not None
    assert own.state.case.estimate.held_until == after(hours=84)
    written = decided(kept.state, contact("我的快递呢", who=ANN, at=after(hours=2)), after(hours=2))
    assert told(written) == []
    assert written.state.case.estimate == kept.state.case.estimate


def test_the_incidents_own_delay_is_what_counts() -> None:
    assert incident_rules()
    assert incident().delay_hours == 24


steps = st.lists(
    st.tuples(
        st.sampled_from(["raise", "move", "clear"]),
        st.sampled_from(list(ExceptionKind)),
        st.sampled_from(list(Node)),
        st.integers(0, 90),
    ),
    max_size=6,
)


@given(steps)
def test_it_is_never_in_the_past_and_told_exactly_when_it_moved_by_enough(
    taken: list[tuple[str, ExceptionKind, Node, int]],
) -> None:
    current, now, state = MISROUTED, NOON, opened_by(MISROUTED)
    for n, (what, kind, node, hours) in enumerate(taken):
        now += timedelta(hours=hours)
        if what == "raise":
            current = reported(kind, n=100 + n, node=node, at=now)
        event = {"raise": current, "move": went_on(current, node, now), "clear": over(current, node, now)}[what]
        before = at_of(state.case)
        found = decide(state, event, rules(), now)
        if found is None:
            continue
        at = at_of(found.state.case)
        assert at is None or at >= now
        for earlier, later in told(found):
            assert (earlier, later) == (before, at)
            assert node not in (Node.HELD, Node.SIGNED)
            if earlier is not None and later is not None and earlier > now:
                assert abs(later - earlier) > TOLERANCE
        state = found.state
