"""RO-11, RO-12: another estimate of an incident moves the cases under it, and each customer is told of it once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.acts import Actor, Close, Take
from services.routing.case import decide
from services.routing.incidents.affected import Affected, Linked, expect, link
from services.routing.state import CaseState, ChangeSet, IncidentEstimate, IncidentFound, IncidentNotIts, Joint
from shared.contracts.cases import Case
from shared.contracts.estimates import EstimateMoved
from shared.contracts.incidents import IncidentParcel
from shared.contracts.parcels import ExceptionKind
from shared.contracts.personal import Personal
from tests.unit.routing.builders import HUB, NOON, after, cleared, contact, customer, decided, incident, raised, rules

pytestmark = pytest.mark.req("RO-11", "RO-12")

ANN = customer("ann", email="ann@example.cn")
INCIDENT = incident()
DELAY = raised(consignee=ANN, place=HUB)


def joint(hours: int, own_case: bool = True) -> Joint:
    return Joint(INCIDENT.incident_id, INCIDENT.number, hours, own_case)


def reserved() -> CaseState:
    found = decide(None, DELAY, rules(), NOON, None, joint(24, own_case=False))
    assert found is not None
    return found.state


def under_it() -> CaseState:
    return decided(decided(None, DELAY).state, IncidentFound(joint(24))).state


def heard(state: CaseState, hours: int, late: int = 1) -> ChangeSet | None:
    return decide(state, IncidentEstimate(joint(hours)), rules(), after(hours=late))


def expected(case: Case) -> float:
    """Hours from noon."""
    assert case.estimate is not None
    return (case.estimate.at - NOON) / timedelta(hours=1)


def test_an_open_case_moves_and_leaves_the_telling_to_the_incident() -> None:
    state = under_it()
    found = heard(state, 96)
    assert found is not None
    (moved,) = found.changes
    assert isinstance(moved, EstimateMoved)
    assert not moved.told
    assert expected(found.state.case) - expected(state.case) == 72
    assert found.state.case.estimate is not None
    assert found.state.case.estimate.held_until == after(hours=96), "from when it came under the incident"


def test_a_reserved_case_moves_and_stays_reserved() -> None:
    state = reserved()
    found = heard(state, 96)
    assert found is not None
    assert (found.changes, found.state.reserved, found.state.open_keys) == ((), True, state.open_keys)
    assert expected(found.state.case) - expected(state.case) == 72
    opened = decided(found.state, contact("怎么还没到", n=5, who=ANN), after(hours=2))
    assert expected(opened.state.case) == expected(found.state.case), "whoever writes later hears the same"


@pytest.mark.parametrize("make", [reserved, under_it])
def test_the_same_estimate_again_whenever_it_comes_does_nothing(make: object) -> None:
    state = make()  # type: ignore[operator]
    assert heard(state, 24, late=9) is None
    moved = heard(state, 96)
    assert moved is not None
    assert heard(moved.state, 96, late=2) is None
    much_later = heard(moved.state, 96, late=30)
    assert much_later is None or not [c for c in much_later.changes if isinstance(c, EstimateMoved)]


def test_within_the_tolerance_nobody_hears_of_it() -> None:
    assert heard(under_it(), 24 + 1) is None
    found = heard(reserved(), 24 + 1)
    assert found is None or expected(found.state.case) == expected(reserved().case)


def test_a_case_of_another_incident_or_of_none_or_over_is_left_alone() -> None:
    other = IncidentEstimate(Joint("other", "IN2", 96))
    for state in (under_it(), reserved()):
        assert decide(state, other, rules(), NOON) is None
    taken_out = decided(under_it(), IncidentNotIts(INCIDENT.incident_id)).state
    assert heard(taken_out, 96) is None
    agent = Actor("a17", frozenset({"lead"}))
    held = decided(under_it(), Take(agent)).state
    assert heard(decided(held, Close(agent, Personal("已签收"))).state, 96) is None
    released = decide(reserved(), cleared(DELAY), rules(), NOON)
    assert released is not None
    assert heard(released.state, 96) is None


def test_a_lost_parcel_has_no_estimate_from_it_either() -> None:
    lost = decided(None, raised(ExceptionKind.LOSS, 1, consignee=ANN, place=HUB)).state
    state = decided(lost, IncidentFound(joint(24))).state
    assert heard(state, 96) is None


def one(n: int) -> Linked:
    return Linked(f"SF{n}", f"case-{n}", f"PC{n}", f"e{n}", ANN, after(hours=24))


def customer_of(parcels: int) -> Affected:
    found: Affected | None = None
    for n in range(parcels):
        outcome = link(found, INCIDENT, "ann", one(n), None, NOON)
        assert outcome is not None
        found = outcome[0]
    assert found is not None
    return found


def reach(found: Affected, hours: int, moves: list[bool], limit: int = 99) -> tuple[Affected, list[IncidentParcel]]:
    """So many of the parcels that are behind."""
    news: list[IncidentParcel] = []
    for parcel in [p for p in found.open if p.delay_hours != hours][:limit]:
        moved = moves[int(parcel.tracking_number[2:])]
        at = after(hours=hours) if moved else parcel.expected_at
        found, told = expect(found, parcel, hours, at, moved, None, NOON)
        news += [told] if told else []
    return found, news


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.lists(st.sampled_from([48, 72, 96]), max_size=5), st.data())
def test_each_customer_is_told_once_of_each_estimate(
    moves: list[bool], given_hours: list[int], data: st.DataObject
) -> None:
    """However the portions fall, and where an estimate is changed again before it reached everybody."""
    found, last = customer_of(len(moves)), 24
    for hours in given_hours:
        news: list[IncidentParcel] = []
        for _ in range(data.draw(st.integers(0, len(moves)))):
            found, told = reach(found, hours, moves, limit=1)
            news += told
        assert sum(one.tell for one in news) == (1 if news and hours != last else 0)
        assert [one.move for one in news] == ["estimated"] * len(news)
        last = hours if news else last
    done, _ = reach(found, 120, moves)
    assert {p.delay_hours for p in done.open} == {120}
    assert reach(done, 120, moves) == (done, [])


def test_a_customer_who_came_under_the_new_estimate_is_not_told_of_it_again() -> None:
    first = link(None, INCIDENT.model_copy(update={"delay_hours": 48}), "ann", one(0), None, NOON)
    assert first is not None
    found, news = first
    assert news.tell
    assert news.delay_hours == 48
    behind = link(found, INCIDENT, "ann", one(1), None, NOON)
    assert behind is not None
    _, moved = reach(behind[0], 48, [True, True])
    assert [(one.tracking_number, one.tell) for one in moved] == [("SF1", False)]
