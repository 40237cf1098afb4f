"""What a change-set was about: the values its rules ask for, and the facts its lines need. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.notify.view import Facts
from shared.contracts import cases, claims
from shared.contracts.case_pairs import OtherCase
from shared.contracts.cases import Case, CaseChanged, ClockKind, ClockState
from shared.contracts.claims import Claim, ClaimChanged, ClaimState
from shared.contracts.estimates import EstimateMoved
from shared.contracts.incidents import IncidentParcel
from shared.contracts.legal import LegalDeadlineMoved
from shared.contracts.people import Customer
from shared.contracts.sign_disputes import SignDisputeMoved
from shared.contracts.surveys import SurveyAnswered

Event = CaseChanged | ClaimChanged | IncidentParcel
Change = cases.Change | claims.ClaimChange | IncidentParcel
AWARDED = frozenset({ClaimState.APPROVED, ClaimState.PARTLY_APPROVED, ClaimState.PAID, ClaimState.CLOSED})


def change_set(event: Event) -> str:
    """The name of a change-set within its case."""
    if isinstance(event, CaseChanged):
        return f"case#{event.case.version}"
    if isinstance(event, IncidentParcel):
        if event.move == "estimated":
            return f"{event.incident_id}/estimated#{event.owner_version}"
        return f"{event.incident_id}#{1 if event.move == 'affected' else 2}"
    return f"{event.claim.claim_id}#{event.claim.version}"


def case_id_of(event: Event) -> str:
    if isinstance(event, IncidentParcel):
        return event.case_id
    return event.case.case_id if isinstance(event, CaseChanged) else event.claim.case_id


def customer_of(event: Event) -> Customer:
    if isinstance(event, IncidentParcel):
        return event.customer
    return event.case.customer if isinstance(event, CaseChanged) else event.claim.customer


def changes_of(event: Event) -> Iterator[tuple[str, Mapping[str, Any], Change]]:
    """Each change with its name in the rule table and the values of its conditions."""
    if isinstance(event, CaseChanged):
        of_case = _of_case(event.case)
        for change in event.changes:
            yield f"case.{change.type}", of_case | _own_conditions(change), change
    elif isinstance(event, IncidentParcel):
        yield f"incident.{event.move}", {"told": event.tell, "reason": event.reason}, event
    else:
        of_claim = {"state": event.claim.state}
        for claim_change in event.changes:
            yield f"claim.{claim_change.type}", of_claim | _of_claim_change(claim_change), claim_change


def facts_of(event: Event, change: Change) -> Facts:
    """Only lines need them: most changes make none, and most events are asked no more than whether they matter."""
    if isinstance(event, CaseChanged):
        return _case_facts(event.case, change)
    if isinstance(event, IncidentParcel):
        return _incident_facts(event)
    return _claim_facts(event.claim, change)


def running_due(case: Case, kind: ClockKind) -> datetime | None:
    """When a clock that still runs is due."""
    running = (ClockState.RUNNING, ClockState.WARNED)
    return next((clock.due_at for clock in case.clocks if clock.kind == kind and clock.state in running), None)


def _of_case(case: Case) -> dict[str, Any]:
    waits = case.self_service is not None and case.self_service.until is not None
    return {
        "origin": case.origin,
        "kind": case.classification.kind,
        "answered_by": case.answered_by or "person",
        "looking_up": waits,
    }


def _own_conditions(change: cases.Change) -> dict[str, Any]:
    if isinstance(change, cases.ClockChanged):
        return {"clock": change.clock, "change": change.change}
    if isinstance(change, cases.Escalated):
        return {"level": change.level, "raised": change.raised}
    if isinstance(change, cases.ParcelUpdated):
        return {"cleared": change.cleared}
    if isinstance(change, cases.MediaAdded | cases.MediaMissing):
        return {"media": change.kind}
    if isinstance(change, cases.Replied):
        return {"by": "self_service" if change.agent == "self_service" else "person"}
    if isinstance(change, cases.HandedOver):
        return {"reason": change.reason}
    if isinstance(change, cases.WorkOrderMoved | LegalDeadlineMoved):
        return {"move": change.move}
    if isinstance(change, EstimateMoved):
        return {"known": change.after is not None, "told": change.told}
    if isinstance(change, SignDisputeMoved):
        return {"move": change.move, "outcome": change.outcome}
    return {}


def _of_claim_change(change: claims.ClaimChange) -> dict[str, Any]:
    return {"again": change.again} if isinstance(change, claims.ReviewRequested) else {}


def _case_facts(case: Case, change: Change) -> Facts:
    match change:
        case cases.Opened():
            return Facts(
                kind=case.classification.kind,
                exception=case.exception_kind,
                expected=case.estimate.at if case.estimate else None,
            )
        case cases.ContactAdded():
            return Facts(channel=change.channel)
        case cases.Assigned():
            return Facts(group=change.group)
        case cases.ClockChanged():
            return Facts(promise=running_due(case, ClockKind.RESOLUTION))
        case cases.Escalated():
            return Facts(role=change.role)
        case cases.Replied():
            return Facts(text=change.text)
        case cases.Closed() | cases.Resolved():
            return Facts(text=case.summary)
        case cases.FieldsRequested():
            return Facts(details=change.missing)
        case cases.FieldsFilled():
            return Facts(details=change.fields)
        case OtherCase():
            return Facts(other=change.number)
        case SurveyAnswered():
            return Facts(score=change.score, text=change.words)
        case EstimateMoved():
            return Facts(expected=change.after)
        case cases.ParcelUpdated():
            return Facts(node=case.parcel.node if case.parcel else None)
        case _:
            return Facts()


def _incident_facts(event: IncidentParcel) -> Facts:
    cause = event.cause
    return Facts(
        incident=event.incident_number,
        exception=cause.kind,
        place=cause.site or cause.region or "",
        expected=event.expected_at,
        parcel=event.tracking_number,
    )


def _claim_facts(claim: Claim, change: Change) -> Facts:
    match change:
        case claims.ClaimOpened() | claims.ReviewRequested() | claims.PayoutRefused() | claims.ClaimWithdrawn():
            return Facts(claim=claim.number)
        case claims.EvidenceRequested():
            return Facts(evidence=change.missing)
        case claims.EvidenceReceived():
            return Facts(received=change.kinds)
        case claims.LiabilityDetermined():
            return Facts(party=claim.liability.party if claim.liability else None)
        case claims.Decided():
            return Facts(outcome=_outcome(claim), amount=awarded(claim), text=change.reason)
        case claims.Paid() | claims.PayoutRequestedChange():
            return Facts(amount=claim.payout.amount_fen if claim.payout else awarded(claim))
        case _:
            return Facts()


def awarded(claim: Claim) -> int | None:
    return claim.award.amount_fen if claim.award and claim.state in AWARDED else None


def _outcome(claim: Claim) -> ClaimState:
    """The decision itself where the claim has gone on to `paid` in the same change-set."""
    if claim.state not in (ClaimState.PAID, ClaimState.CLOSED) or claim.award is None:
        return claim.state
    if claim.award.amount_fen == 0:
        return ClaimState.REJECTED
    return ClaimState.PARTLY_APPROVED if claim.award.amount_fen < claim.claimed_fen else ClaimState.APPROVED
