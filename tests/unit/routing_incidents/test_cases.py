"""RO-12: an exception of an open incident reserves a case; what opens it; and who keeps a case of their own."""

import pytest

from services.routing.acts import Actor, Close, Take
from services.routing.case import decide
from services.routing.state import CaseState, ChangeSet, IncidentFound, IncidentNotIts, IncidentOver, Joint
from shared.contracts.cases import CaseKind, CaseStatus
from shared.contracts.parcels import ExceptionKind, ParcelExceptionRaised
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from tests.unit.routing.builders import (
    HUB,
    NOON,
    after,
    cleared,
    clock_states,
    contact,
    customer,
    decided,
    incident,
    names,
    opened,
    raised,
    rules,
)

pytestmark = pytest.mark.req("RO-12")

ANN = customer("ann", phone="+8613900000001")
INCIDENT = incident()
JOINT = Joint(INCIDENT.incident_id, INCIDENT.number, INCIDENT.delay_hours, own_case=False)
OWN = Joint(INCIDENT.incident_id, INCIDENT.number, INCIDENT.delay_hours, own_case=True)
DELAY = raised(consignee=ANN, place=HUB)


def heard(state: CaseState | None, event: ParcelExceptionRaised, joint: Joint | None) -> ChangeSet | None:
    return decide(state, event, rules(), NOON, None, joint)


def reserved() -> CaseState:
    found = heard(None, DELAY, JOINT)
    assert found is not None
    return found.state


def test_it_reserves_a_case_and_tells_nobody() -> None:
    found = heard(None, DELAY, JOINT)
    assert found is not None
    state = found.state
    assert (found.changes, state.reserved, state.next_due, state.stored_version) == ((), True, None, 0)
    assert (state.case.version, state.case.incident_id, state.case.clocks) == (1, INCIDENT.incident_id, ())
    assert heard(state, DELAY, JOINT) is None
    assert heard(state, DELAY, None) is None, "the same exception again, after the incident"


def test_the_customers_contact_opens_it() -> None:
    state = reserved()
    text = contact(
        "SF100怎么还没到", n=7, who=ANN, channel=Channel.WECHAT, at=after(hours=1), tracking_numbers=("SF100",)
    )
    found = decided(state, text, after(hours=1))
    assert names(found)[:3] == ["opened", "contact_added", "first_response:started"]
    assert set(names(found)) >= {"resolution:started", "classified", "incident_joined"}
    case = found.state.case
    assert (case.case_id, case.number, case.version) == (state.case.case_id, state.case.number, 1)
    assert (case.origin, case.channel, case.contacts, case.status) == ("contact", Channel.WECHAT, 1, CaseStatus.QUEUED)
    assert (case.incident_number, case.exception_id, case.opened_at) == (
        INCIDENT.number,
        DELAY.exception_id,
        after(hours=1),
    )
    assert (found.before, found.state.reserved) == (None, False)
    assert clock_states(case).keys() >= {"first_response", "resolution"}


def test_a_complaint_opens_it_as_a_complaint() -> None:
    found = decided(reserved(), contact("我要投诉，太慢了，生鲜都烂了，赔偿", n=7, who=ANN))
    assert found.state.case.classification.kind in (CaseKind.COMPLAINT, CaseKind.CLAIM)
    assert found.state.case.incident_id == INCIDENT.incident_id


def test_somebody_else_who_writes_under_its_number_does_not_become_its_customer() -> None:
    bob = customer("bob", phone="+8613900000002")
    case = decided(reserved(), contact("怎么了", n=7, who=bob)).state.case
    assert case.customer.customer_id == "ann"


@pytest.mark.parametrize("kind", [ExceptionKind.LOSS, ExceptionKind.DAMAGE])
def test_a_loss_keeps_a_case_of_its_own_under_the_incident(kind: ExceptionKind) -> None:
    found = heard(None, raised(kind, 1, consignee=ANN, place=HUB), OWN)
    assert found is not None
    assert not found.state.reserved
    assert names(found) == ["opened", "classified", "resolution:started", "incident_joined"]
    assert found.state.case.incident_id == INCIDENT.incident_id


def test_a_loss_after_a_delay_opens_the_reserved_case() -> None:
    state = reserved()
    loss = raised(ExceptionKind.LOSS, 1, n=2, consignee=ANN, place=HUB)
    found = heard(state, loss, None)
    assert found is not None
    case = found.state.case
    assert (case.case_id, case.version, case.exception_kind) == (state.case.case_id, 1, ExceptionKind.LOSS)
    assert case.incident_id == INCIDENT.incident_id


def test_the_parcel_moves_on_and_the_number_is_kept() -> None:
    state = reserved()
    found = decide(state, cleared(DELAY), rules(), after(hours=2))
    assert found is not None
    assert (found.state.released, found.state.reserved, found.changes) == (True, True, ())
    other = raised(n=9, consignee=ANN, place=HUB)
    assert decide(state, cleared(other), rules(), NOON) is None


def test_where_the_parcel_still_stands_when_it_is_over_a_case_is_opened() -> None:
    found = decide(reserved(), IncidentOver(), rules(), after(hours=5))
    assert found is not None
    assert names(found) == ["opened", "classified", "resolution:started", "incident_joined"]
    assert (found.state.case.origin, found.state.case.opened_at) == ("parcel_exception", after(hours=5))


def test_a_case_that_was_there_is_put_under_it_once() -> None:
    state = decided(opened("SF100到哪了", who=ANN, tracking_numbers=("SF100",)), DELAY).state
    found = decided(state, IncidentFound(JOINT), after(seconds=1))
    assert names(found) == ["incident_joined"]
    assert decide(found.state, IncidentFound(JOINT), rules(), after(minutes=2)) is None
    joined = heard(opened("SF100到哪了", who=ANN, tracking_numbers=("SF100",)), DELAY, JOINT)
    assert joined is not None
    assert "incident_joined" in names(joined)


def test_a_case_that_a_person_took_out_is_not_put_back() -> None:
    state = decided(decided(None, DELAY).state, IncidentFound(JOINT)).state
    out = decided(state, IncidentNotIts(INCIDENT.incident_id), after(minutes=1))
    assert names(out) == ["incident_left"]
    assert out.state.case.incident_id is None
    assert decide(out.state, IncidentFound(JOINT), rules(), after(minutes=2)) is None
    again = heard(out.state, raised(n=3, consignee=ANN, place=HUB), JOINT)
    assert again is not None
    assert "incident_joined" not in names(again)
    assert decide(out.state, IncidentNotIts(INCIDENT.incident_id), rules(), after(minutes=3)) is None


def test_a_case_that_is_over_is_left_alone() -> None:
    agent = Actor("zhao.min", frozenset({"agent"}))
    taken = decided(decided(None, DELAY).state, Take(agent), after(minutes=1)).state
    closed = decided(taken, Close(agent, Personal("好")), after(minutes=2)).state
    assert decide(closed, IncidentFound(JOINT), rules(), after(minutes=3)) is None
    assert decide(closed, IncidentOver(), rules(), after(minutes=3)) is None
