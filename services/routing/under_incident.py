"""A case under an incident: reserved until its customer writes, opened, put under it, taken out of it (RO-12).

An exception of an open incident opens no case: it reserves one, with its number and its keys, and everything that
would have found the case finds the reserved one. A contact opens it; so does an exception that needs a case of its
own, and the end of the incident where the parcel still stands.
"""

from datetime import datetime, timedelta

from services.routing import contact as contacts
from services.routing import due, parcel_news, timekeeping
from services.routing.draft import Draft
from services.routing.estimates import revising
from services.routing.life import is_over
from services.routing.rules import Rules
from services.routing.state import (
    CaseState,
    ChangeSet,
    IncidentEstimate,
    IncidentFound,
    IncidentNotIts,
    IncidentOver,
    Joint,
)
from shared.contracts.cases import Case, Classified, IncidentJoined, IncidentLeft, Opened
from shared.contracts.interactions import Interaction
from shared.contracts.parcels import ParcelExceptionCleared, ParcelExceptionRaised


def waits(state: CaseState | None, event: object, rules: Rules, now: datetime, joint: Joint | None) -> ChangeSet | None:
    """The case that stays, or becomes, reserved; None: it does not."""
    if isinstance(event, ParcelExceptionRaised) and joint is not None and not joint.own_case:
        return ChangeSet(state or _reserved(event, rules, now, joint))
    if state is not None and isinstance(event, IncidentEstimate):
        return ChangeSet(_expected_anew(state, event.joint, rules, now))
    if state is not None and isinstance(event, ParcelExceptionRaised) and event.exception_id == state.case.exception_id:
        return ChangeSet(state)
    if state is not None and isinstance(event, ParcelExceptionCleared):
        return ChangeSet(_released(state) if event.exception_id == state.case.exception_id else state)
    return None


def _reserved(raised: ParcelExceptionRaised, rules: Rules, now: datetime, joint: Joint) -> CaseState:
    """Its clocks begin when it is opened: until then its customer is served by the incident."""
    draft = parcel_news.open_by_exception(raised, rules, now)
    draft.set(clocks=(), incident_id=joint.incident_id, incident_number=joint.number)
    revising.by_incident(draft, timedelta(hours=joint.delay_hours), rules, now)
    return CaseState(draft.finished(version=1, now=now), reserved=True)


def _expected_anew(state: CaseState, joint: Joint, rules: Rules, now: datetime) -> CaseState:
    if state.released or state.case.incident_id != joint.incident_id:
        return state
    draft = Draft(state.case)
    revising.by_other_delay(draft, timedelta(hours=joint.delay_hours), rules, now)
    if draft.case.estimate == state.case.estimate:
        return state
    return CaseState(draft.finished(version=1, now=now), None, state.open_keys, reserved=True)


def _released(state: CaseState) -> CaseState:
    """The parcel moves on: a later contact opens a case of its own, but an answer to our notice finds this one."""
    return CaseState(state.case, reserved=True, released=True)


def opened(reserved: Case, event: object, rules: Rules, now: datetime) -> Draft | None:
    """What opens a reserved case, or None: nothing does."""
    if isinstance(event, Interaction):
        return _by_contact(reserved, event, rules, now)
    if isinstance(event, ParcelExceptionRaised):
        draft = parcel_news.open_by_exception(event, rules, now)
        draft.set(case_id=reserved.case_id, number=reserved.number)
        revising.by_exception(draft, rules, now)
        return _same_incident(draft, reserved)
    if isinstance(event, IncidentOver):
        draft = Draft(reserved.model_copy(update={"opened_at": now}))
        draft.note(Opened(), Classified())
        timekeeping.start_missing(draft, rules.targets(draft.case), now)
        revising.by_exception(draft, rules, now, since=now)
        return _same_incident(draft, reserved)
    return None


def _by_contact(reserved: Case, contact: Interaction, rules: Rules, now: datetime) -> Draft:
    """As if the case had been there when the customer wrote, but told as what they wrote."""
    began = {"origin": "contact", "channel": contact.channel, "gateway": contact.gateway}
    case = reserved.model_copy(update={**began, "opened_at": contact.received_at})
    draft = contacts.join(case, contact, rules, now)
    told = [change for change in draft.changes if not isinstance(change, Classified)]
    draft.changes[:] = [Opened(interaction_id=contact.interaction_id), *told, Classified()]
    revising.by_move(draft, rules, now)
    return _same_incident(draft, reserved)


def _same_incident(draft: Draft, reserved: Case) -> Draft:
    assert reserved.incident_id is not None
    assert reserved.incident_number is not None
    _name(draft, reserved.incident_id, reserved.incident_number)
    return draft


def _name(draft: Draft, incident_id: str, number: str) -> None:
    draft.set(incident_id=incident_id, incident_number=number)
    draft.note(IncidentJoined(incident_id=incident_id, incident_number=number))


def put_under(draft: Draft, joint: Joint, rules: Rules, now: datetime) -> None:
    """The incident tells the customer when the parcel is expected."""
    _name(draft, joint.incident_id, joint.number)
    revising.by_incident(draft, timedelta(hours=joint.delay_hours), rules, now)


def join_where_new(draft: Draft, joint: Joint | None, rules: Rules, now: datetime) -> Draft:
    """Under the incident of its latest exception, unless a person took it out of that one; either holds it up."""
    case = draft.case
    if joint is not None and case.incident_id != joint.incident_id and joint.incident_id not in case.incidents_left:
        put_under(draft, joint, rules, now)
    else:
        revising.by_exception(draft, rules, now)
    return draft


def change(
    case: Case, event: IncidentFound | IncidentEstimate | IncidentNotIts, rules: Rules, now: datetime
) -> Draft | None:
    """An open case is put under an incident, expected at another time by it, or taken out of it."""
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    if isinstance(event, IncidentFound):
        incident_id = event.joint.incident_id
        if is_over(draft.case) or case.incident_id is not None or incident_id in case.incidents_left:
            return None
        put_under(draft, event.joint, rules, now)
    elif isinstance(event, IncidentEstimate):
        if is_over(draft.case) or case.incident_id != event.joint.incident_id:
            return None
        revising.by_other_delay(draft, timedelta(hours=event.joint.delay_hours), rules, now)
    elif case.incident_id != event.incident_id:
        return None
    else:
        left = (*case.incidents_left, event.incident_id)
        draft.set(incident_id=None, incident_number=None, incidents_left=left)
        draft.note(IncidentLeft(incident_id=event.incident_id))
        revising.by_exception(draft, rules, now, since=now)
    return draft
