"""The one decision of routing: what follows for a case from a contact, a parcel's news, an act, or time."""

from datetime import datetime

from services.routing import (
    acts,
    contact,
    due,
    fields,
    media_news,
    moves,
    open_orders,
    parcel_news,
    satisfaction,
    under_incident,
)
from services.routing.acts import Act
from services.routing.assignment import in_queue
from services.routing.clocks import legal_due
from services.routing.disputes import dispute
from services.routing.draft import Draft
from services.routing.handover import leaving
from services.routing.key_accounts import promotion
from services.routing.legal import acts as legal_acts
from services.routing.legal import claim_news
from services.routing.legal.acts import LegalAct
from services.routing.life import wants_parcel_facts
from services.routing.rules import Rules
from services.routing.selfservice.handover import waits
from services.routing.state import (
    AgentFound,
    AgentLeft,
    CaseState,
    ChangeSet,
    IncidentEstimate,
    IncidentFound,
    IncidentNotIts,
    IncidentOver,
    Joint,
    KeyAccountFound,
    OrderMoved,
    TimerFired,
)
from shared.contracts.cases import Case, Standing
from shared.contracts.claims import ClaimChanged
from shared.contracts.interactions import Interaction, MediaFailed, MediaStored
from shared.contracts.parcels import (
    ParcelExceptionCleared,
    ParcelExceptionRaised,
    ParcelLookup,
    ParcelMoved,
    ParcelSnapshot,
)
from shared.contracts.personal import Personal
from shared.contracts.surveys import SurveySubmitted

SAID_MAX = 2000
"""Characters of a customer's words that are kept to learn from."""

News = ParcelExceptionRaised | ParcelExceptionCleared | ParcelMoved | ParcelSnapshot | MediaStored | MediaFailed
OfIncident = IncidentFound | IncidentEstimate | IncidentNotIts | IncidentOver
Event = (
    Interaction
    | News
    | SurveySubmitted
    | TimerFired
    | AgentFound
    | KeyAccountFound
    | AgentLeft
    | OrderMoved
    | OfIncident
    | Act
    | LegalAct
    | ClaimChanged
)


def decide(
    state: CaseState | None,
    event: Event,
    rules: Rules,
    now: datetime,
    preferred: str | None = None,
    joint: Joint | None = None,
    key_account: bool = False,
) -> ChangeSet | None:
    """What follows, or None: nothing. `state` None: there is no such case (yet); `preferred`: who handled this
    customer last; `joint`: the open incident that an exception belongs to; `key_account`: so is whom the parcel of an
    exception concerns.

    Pure. Raises `refusals.ActRefused` for an agent's act that is not possible. The keys of the state are those that
    it had; who knows the other cases gives it the keys that are free (`threading.Book`).
    """
    if state is None or state.reserved:
        return _new(state, event, rules, now, preferred, joint, key_account)
    draft = _draft(state.case, event, rules, now, joint)
    if draft is None or not draft.changes:
        return _keys_released(state, rules, now) if isinstance(event, TimerFired) else None
    return _finished(draft, state.case, state.open_keys, rules, now, _said(state, event, draft.case))


def _new(
    reserved: CaseState | None, event: Event, rules: Rules, now: datetime, preferred: str | None, joint: Joint | None,
    key_account: bool,
) -> ChangeSet | None:  # fmt: skip
    """A case that nobody has heard of, at most reserved."""
    waiting = under_incident.waits(reserved, event, rules, now, joint)
    if waiting is not None and key_account and reserved is None:
        return ChangeSet(promotion.kept_back(waiting.state, rules, now))
    if waiting is not None:
        return None if waiting.state is reserved else waiting
    if reserved is None:
        draft = _opening(event, rules, now, joint)
    else:
        draft = under_incident.opened(reserved.case, event, rules, now)
    if draft is None:
        return None
    if preferred is not None:
        draft.set(preferred_agent=preferred)
    if key_account:
        promotion.promote(draft, rules, now)
    keys = reserved.open_keys if reserved else ()
    return _finished(draft, None, keys, rules, now, _said(None, event, draft.case))


def _finished(
    draft: Draft, before: Case | None, keys: tuple[str, ...], rules: Rules, now: datetime, said: Personal | None
) -> ChangeSet:
    fields.settle(draft, rules.calendar.fields, now)
    dispute.settle(draft, rules.disputes, now)
    case = draft.finished(version=before.version + 1 if before else 1, now=now)
    after = CaseState(case, due.next_due(case, keys, rules.calendar), keys, said=said)
    return ChangeSet(after, tuple(draft.changes), _lookup(before, case, rules), standing(before))


def _said(state: CaseState | None, event: Event, case: Case) -> Personal | None:
    """The words that the classification came from, with those of a contact that changed it."""
    known = state.said if state else None
    if not isinstance(event, Interaction) or (state and state.case.classification == case.classification):
        return known
    texts = (known, event.subject, event.text)
    return Personal("\n".join(text.reveal() for text in texts if text)[:SAID_MAX])


def standing(case: Case | None) -> Standing | None:
    if case is None:
        return None
    return Standing(
        status=case.status,
        group=case.group,
        first_response_at=case.first_response_at,
        answered_by=case.answered_by,
        legal_due=legal_due(case.clocks),
    )


def _draft(case: Case, event: Event, rules: Rules, now: datetime, joint: Joint | None) -> Draft | None:
    if isinstance(event, Interaction):
        repeated = contact.case_id_of(event) == case.case_id
        return None if repeated else contact.join(case, event, rules, now)
    if isinstance(event, ParcelExceptionRaised):
        repeated = event.exception_id == case.exception_id
        if repeated:
            return None
        return under_incident.join_where_new(parcel_news.join_exception(case, event, rules, now), joint, rules, now)
    if isinstance(event, ParcelExceptionCleared):
        return parcel_news.clear(case, event, rules, now)
    if isinstance(event, ParcelMoved):
        return parcel_news.move(case, event, rules, now)
    if isinstance(event, ParcelSnapshot):
        return parcel_news.learn(case, event, rules, now)
    if isinstance(event, MediaStored | MediaFailed):
        return media_news.learn(case, event, rules, now)
    if isinstance(event, SurveySubmitted):
        return satisfaction.hear(case, event, rules, now)
    if isinstance(event, TimerFired):
        return _timer(case, rules, now)
    if isinstance(event, AgentFound):
        return _agent_found(case, event, rules, now)
    if isinstance(event, KeyAccountFound):
        return promotion.promoted(case, rules, now)
    if isinstance(event, AgentLeft):
        return leaving.hand_over(_timer(case, rules, now), event, rules, now)
    if isinstance(event, OrderMoved):
        return open_orders.hear(case, event.order, event.moves, rules, now)
    if isinstance(event, IncidentFound | IncidentEstimate | IncidentNotIts):
        return under_incident.change(case, event, rules, now)
    if isinstance(event, IncidentOver):
        return None
    if isinstance(event, ClaimChanged):
        return claim_news.hear(case, event, rules, now)
    if isinstance(event, LegalAct):
        return legal_acts.act_on(case, event, rules, now)
    return acts.act_on(case, event, rules, now)


def _opening(event: Event, rules: Rules, now: datetime, joint: Joint | None) -> Draft | None:
    if isinstance(event, Interaction):
        return contact.open_by_contact(event, rules, now)
    if isinstance(event, ParcelExceptionRaised):
        return under_incident.join_where_new(parcel_news.open_by_exception(event, rules, now), joint, rules, now)
    return None


def _timer(case: Case, rules: Rules, now: datetime) -> Draft:
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    return draft


def _agent_found(case: Case, found: AgentFound, rules: Rules, now: datetime) -> Draft | None:
    agent = rules.roster.agents.get(found.agent)
    if not in_queue(case) or (agent is not None and not agent.shift.covers(now)):
        return None
    draft = _timer(case, rules, now)
    moves.give_to(draft, found.agent)
    return draft


def _keys_released(state: CaseState, rules: Rules, now: datetime) -> ChangeSet | None:
    """A closed case gives up its keys step by step; from then on a contact opens a new one. Nothing to announce."""
    keys = due.keys_left(state.case, state.open_keys, rules.life, now)
    after = CaseState(state.case, due.next_due(state.case, keys, rules.calendar), keys, said=state.said)
    return None if after == state else ChangeSet(after)


def _lookup(before: Case | None, case: Case, rules: Rules) -> ParcelLookup | None:
    """Asked once: when the case begins to want the parcel's facts."""
    if not _wants_parcel(case, rules) or (before is not None and _wants_parcel(before, rules)):
        return None
    return ParcelLookup(tracking_number=case.tracking_numbers[0], case_id=case.case_id)


def _wants_parcel(case: Case, rules: Rules) -> bool:
    return wants_parcel_facts(case, rules.life) or (case.parcel is None and waits(case))
