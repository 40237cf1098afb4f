"""From a batch of events to increments of indicators. Pure: every figure comes from the event alone (ME-1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.metrics import indicator as i
from services.metrics import legal
from services.metrics.labels import Hour, hour_of, label
from services.metrics.observing import Increments, observe
from services.metrics.orders import of_order
from services.metrics.readings import (
    CaseChange,
    CaseChangedReading,
    CaseReading,
    ClaimChange,
    ClaimChangedReading,
    ClaimReading,
    ExceptionClearedReading,
    ExceptionRaisedReading,
    IncidentChangedReading,
    IncidentParcelReading,
    NoticeFailedReading,
    NoticeSentReading,
    StandingReading,
    WorkOrderChangedReading,
)
from shared.contracts.cases import CaseStatus, ClockKind
from shared.contracts.claims import ClaimState
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done, Ignored, Outcome, Retry

Cell = tuple[str, tuple[str, ...], Hour]
"""Indicator, labels, and the hour in which it happened."""

DECISIONS = (ClaimState.APPROVED, ClaimState.PARTLY_APPROVED, ClaimState.REJECTED)
OPEN = (CaseStatus.QUEUED, CaseStatus.ASSIGNED, CaseStatus.WAITING_CUSTOMER)


@dataclass(frozen=True, slots=True)
class Folded:
    """The increments of a batch, one outcome per record in its order, and what went wrong with which event."""

    amounts: dict[Cell, int]
    outcomes: list[Outcome]
    failures: list[tuple[str, Exception]]


def fold(batch: Sequence[Incoming[Any]]) -> Folded:
    """Add up a batch. An event that counts nothing is ignored; one that fails does not touch its neighbours."""
    amounts: dict[Cell, int] = {}
    outcomes: list[Outcome] = []
    failures: list[tuple[str, Exception]] = []
    for incoming in batch:
        if type(incoming.event) not in COUNTERS:
            outcomes.append(Ignored())
            continue
        try:
            at, increments = count(incoming.event)
        except Exception as error:  # noqa: BLE001 the caller records it, and the event is tried again
            failures.append((incoming.id, error))
            outcomes.append(Retry(type(error).__name__))
            continue
        hour = hour_of(at)
        for indicator, labels, amount in increments:
            cell = (indicator.name, labels, hour)
            amounts[cell] = amounts.get(cell, 0) + amount
        outcomes.append(Done() if increments else Ignored())
    return Folded(amounts, outcomes, failures)


def count(event: Any) -> tuple[datetime, Increments]:
    """When an event happened and what it adds; raises KeyError for a type that no indicator is about."""
    return COUNTERS[type(event)](event)


def of_case(event: CaseChangedReading) -> tuple[datetime, Increments]:
    """Counts the changes of a case, and the difference between how it stood before and stands after."""
    case = event.case
    by = (case.channel, case.classification.kind)
    found: Increments = []
    for change in event.changes:
        _case_change(event, change, by, found)
    found.extend(legal.of_case(event))
    if event.before is not None or case.version == 1:
        _case_difference(event.before, case, by, found)
    return event.at, found


def _case_difference(before: StandingReading | None, case: CaseReading, by: tuple[str, str], found: Increments) -> None:
    if case.first_response_at and (before is None or before.first_response_at is None):
        observe(found, i.FIRST_RESPONSE, by, case.opened_at, case.first_response_at)
    stood = before.group if before and before.status in OPEN else None
    stands = case.group if case.status in OPEN else None
    if stood == stands:
        return
    opened = str(hour_of(case.opened_at))
    if stood is not None:
        found.append((i.BACKLOG, (label(stood), opened), -1))
    if stands is not None:
        found.append((i.BACKLOG, (label(stands), opened), 1))


def _next_response(case: CaseReading, by: tuple[str, str], found: Increments) -> None:
    """How long the message waited whose clock was met just now: each message has a clock of its own."""
    for clock in case.clocks:
        if clock.kind is ClockKind.NEXT_RESPONSE and clock.started_at and clock.met_at:
            observe(found, i.NEXT_RESPONSE, by, clock.started_at, clock.met_at)


def _case_change(event: CaseChangedReading, change: CaseChange, by: tuple[str, str], found: Increments) -> None:
    case, before = event.case, event.before
    match change.type:
        case "opened":
            found.append((i.CASES_OPENED, (*by, leading_tag(case), case.origin), 1))
        case "contact_added":
            found.append((i.CONTACTS, (change.channel or case.channel, by[1], leading_tag(case)), 1))
            observe(found, i.STAGE, ("contact_to_case",), change.occurred_at or event.at, event.at)
        case "clock" if change.clock is not None:
            found.append((i.CLOCK_CHANGES, (change.clock, change.change), 1))
            if change.clock is ClockKind.NEXT_RESPONSE and change.change == "met":
                _next_response(case, by, found)
        case "escalated":
            found.append((i.ESCALATIONS, (str(change.level), label(change.role)), 1))
        case "sign_dispute":
            found.append((i.SIGN_DISPUTES, (change.move, change.outcome or "none"), 1))
            if change.area is not None:
                found.append((i.SIGN_DISPUTE_AREAS, (label(change.area),), 1))
        case "replied" if change.agent != i.BY_ITSELF:
            found.append((i.REPLIES, (case.channel,), 1))
        case "handed_over" if before is None or before.answered_by is None:
            found.append((i.SELF_SERVICE, (case.channel, answer_of(case), "handed_over"), 1))
        case "survey_asked":
            found.append((i.SURVEYS, (*by, "asked"), 1))
        case "survey_answered":
            found.append((i.SURVEYS, (*by, "answered"), 1))
            found.append((i.SURVEY_SCORES, (*by, str(change.score)), 1))
        case "survey_closed":
            found.append((i.SURVEYS, (*by, "unanswered"), 1))
        case "resolved":
            if change.by == i.BY_ITSELF:
                found.append((i.SELF_SERVICE, (case.channel, answer_of(case), "resolved"), 1))
            found.append((i.CASES_RESOLVED, by, 1))
            observe(found, i.RESOLUTION, by, case.opened_at, case.resolved_at or event.at)
        case "closed":
            first = "yes" if case.contacts <= 1 and case.reopened == 0 else "no"
            found.append((i.CASES_CLOSED, (*by, case.origin, first), 1))
        case "reopened":
            if before is not None and before.answered_by == i.BY_ITSELF:
                found.append((i.SELF_SERVICE, (case.channel, answer_of(case), "reopened"), 1))
            found.append((i.CASES_REOPENED, by, 1))


def of_claim(event: ClaimChangedReading) -> tuple[datetime, Increments]:
    claim = event.claim
    kind = claim.kind
    found: Increments = []
    for change in event.changes:
        _claim_change(event, change, found)
    known = event.before is not None or claim.version == 1
    if known and event.before != claim.state:
        if event.before is not None:
            found.append((i.CLAIMS, (event.before, kind), -1))
        found.append((i.CLAIMS, (claim.state, kind), 1))
    return event.at, found


def _claim_change(event: ClaimChangedReading, change: ClaimChange, found: Increments) -> None:
    claim, kind = event.claim, event.claim.kind
    match change.type:
        case "opened":
            found.append((i.CLAIMS_OPENED, (kind,), 1))
        case "evidence_requested":
            found.extend((i.EVIDENCE_REQUESTS, (piece,), 1) for piece in change.missing)
        case "review_requested":
            found.append((i.CLAIM_REVIEWS, (kind,), 1))
        case "decided":
            party = claim.liability.party if claim.liability else "none"
            route = "fast_track" if claim.fast_track else "reviewed"
            found.append((i.CLAIMS_DECIDED, (kind, party, result_of(claim), route), 1))
            observe(found, i.STAGE, ("claim_to_decision",), claim.opened_at, event.at)
        case "paid":
            found.append((i.PAYOUTS, (kind,), 1))
            if claim.payout:
                found.append((i.PAYOUT_FEN, (kind,), claim.payout.amount_fen))
            if claim.decided_at:
                observe(found, i.STAGE, ("decision_to_payment",), claim.decided_at, event.at)
        case "payout_refused":
            found.append((i.PAYOUTS_REFUSED, (kind,), 1))


def result_of(claim: ClaimReading) -> str:
    """What was decided; the award tells it where the claim has already moved on."""
    if claim.state in DECISIONS:
        return claim.state
    if claim.award is None or claim.award.amount_fen == 0:
        return ClaimState.REJECTED
    return ClaimState.APPROVED if claim.award.amount_fen >= claim.claimed_fen else ClaimState.PARTLY_APPROVED


def of_notice_sent(event: NoticeSentReading) -> tuple[datetime, Increments]:
    found: Increments = [(i.NOTICES, (event.channel, event.kind, "sent"), 1)]
    observe(found, i.STAGE, ("change_to_notice",), event.caused_at, event.sent_at)
    return event.sent_at, found


def of_notice_failed(event: NoticeFailedReading) -> tuple[datetime, Increments]:
    return event.failed_at, [(i.NOTICES, (event.channel, event.kind, "failed"), 1)]


def of_exception_raised(event: ExceptionRaisedReading) -> tuple[datetime, Increments]:
    carrier = label(event.parcel.carrier)
    return event.detected_at, [
        (i.EXCEPTIONS_RAISED, (event.kind, event.parcel.node, carrier), 1),
        (i.EXCEPTIONS_OPEN, (event.kind, carrier), 1),
    ]


def of_exception_cleared(event: ExceptionClearedReading) -> tuple[datetime, Increments]:
    carrier = label(event.parcel.carrier)
    return event.cleared_at, [
        (i.EXCEPTIONS_CLEARED, (event.kind, event.parcel.node, carrier), 1),
        (i.EXCEPTIONS_OPEN, (event.kind, carrier), -1),
    ]


def of_incident(event: IncidentChangedReading) -> tuple[datetime, Increments]:
    incident = event.incident
    about = (incident.cause.scope, incident.cause.kind)
    found: Increments = []
    for change in event.changes:
        match change.type:
            case "opened":
                found += [(i.INCIDENTS_OPENED, (*about, incident.origin), 1), (i.INCIDENTS_OPEN, about, 1)]
            case "acknowledged":
                observe(found, i.JOINT_RESPONSE, (about[0],), incident.opened_at, incident.acknowledged_at or event.at)
            case "closed":
                found.append((i.INCIDENTS_OPEN, about, -1))
    return event.at, found


def of_incident_parcel(event: IncidentParcelReading) -> tuple[datetime, Increments]:
    about = (event.cause.scope, event.cause.kind)
    found: Increments = []
    if event.move == "affected":
        found += [(i.INCIDENT_PARCELS_OPEN, about, 1), (i.INCIDENT_PARCELS, about, 1)]
    elif event.move == "over":
        found.append((i.INCIDENT_PARCELS_OPEN, about, -1))
    if event.tell:
        found.append((i.INCIDENT_NOTICES, (about[1], event.move), 1))
    return event.at, found


COUNTERS: dict[type, Callable[[Any], tuple[datetime, Increments]]] = {
    CaseChangedReading: of_case,
    ClaimChangedReading: of_claim,
    NoticeSentReading: of_notice_sent,
    NoticeFailedReading: of_notice_failed,
    ExceptionRaisedReading: of_exception_raised,
    ExceptionClearedReading: of_exception_cleared,
    IncidentChangedReading: of_incident,
    IncidentParcelReading: of_incident_parcel,
    WorkOrderChangedReading: of_order,
}


def answer_of(case: CaseReading) -> str:
    """Which answer it was, or would have been: none where the customer asked for a person at once."""
    return label(case.self_service.answer) if case.self_service else "none"


def leading_tag(case: CaseReading) -> str:
    tags = case.classification.tags
    return label(tags[0]) if tags else "none"
