"""How an event changes a case's view: a newer part replaces its part, lines join the timeline. Pure.

Whatever the order and repetition of events, the view ends the same: each part at its highest version, each line once.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.notify.changes import Event
from services.notify.masking import mask_mail, mask_name, mask_phone
from services.notify.view import MAX_TIMELINE, CaseView, ClaimView, Entry, Promise, Reader, SurveyView, Track, View
from shared.contracts.cases import Case, CaseChanged, ClockState, Survey
from shared.contracts.claims import Claim, ClaimChanged
from shared.contracts.incidents import IncidentParcel
from shared.contracts.parcels import Parcel
from shared.contracts.people import ContactKind, Customer

RULES_DECIDED = frozenset({"rules", "system", "fast_track", "fast-track"})
"""Values of `decided_by` that are no person."""


def project(view: View | None, event: Event, entries: Sequence[Entry]) -> View:
    """The view after the event, one write further."""
    if view is None:
        view = _first(event)
    parts = _parts(view, event)
    timeline = sorted((*entries, *view.timeline), key=_line_order, reverse=True)
    return replace(view, **parts, timeline=tuple(timeline[:MAX_TIMELINE]), version=view.version + 1)


def _parts(view: View, event: Event) -> dict[str, Any]:
    """What the event replaces of the view."""
    if isinstance(event, CaseChanged):
        return _case_part(view, event.case)
    if isinstance(event, ClaimChanged):
        return _claim_part(view, event.claim)
    return {"reader": reader_of(event.customer)} if view.case is None else {}


def _first(event: Event) -> View:
    if isinstance(event, IncidentParcel):
        return View(case_id=event.case_id, number=event.case_number)
    if isinstance(event, CaseChanged):
        return View(case_id=event.case.case_id, number=event.case.number)
    return View(case_id=event.claim.case_id, number=event.claim.case_number)


def _line_order(entry: Entry) -> tuple[object, ...]:
    source, _, version = entry.of.rpartition("#")
    return (entry.at, source == "case", source, int(version), entry.place, entry.row)


def _case_part(view: View, case: Case) -> dict[str, Any]:
    """What a newer case replaces."""
    if view.case is not None and view.case.version >= case.version:
        return {}
    return {"case": case_view(case), "reader": reader_of(case.customer)}


def _claim_part(view: View, claim: Claim) -> dict[str, Any]:
    """What a newer claim replaces."""
    if any(c.claim_id == claim.claim_id and c.version >= claim.version for c in view.claims):
        return {}
    others = [c for c in view.claims if c.claim_id != claim.claim_id]
    ordered = tuple(sorted([*others, claim_view(claim)], key=lambda c: (c.opened_at, c.claim_id)))
    reader = reader_of(claim.customer) if view.case is None else view.reader
    return {"claims": ordered, "reader": reader}


def reader_of(customer: Customer) -> Reader:
    phone, mail = customer.reach(ContactKind.PHONE), customer.reach(ContactKind.EMAIL)
    return Reader(
        language=customer.language,
        name=mask_name(customer.name.reveal()) if customer.name else "",
        phone=mask_phone(phone) if phone else "",
        mail=mask_mail(mail) if mail else "",
    )


def case_view(case: Case) -> CaseView:
    return CaseView(
        version=case.version,
        kind=case.classification.kind,
        tags=case.classification.tags,
        status=case.status,
        group=case.group,
        channel=case.channel,
        origin=case.origin,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        closed_at=case.closed_at,
        answered=case.first_response_at is not None,
        escalated=case.escalation_level > 0,
        exception=case.exception_kind,
        tracking_numbers=case.tracking_numbers,
        order_numbers=case.order_numbers,
        promises=tuple(
            # A warning is the house's own business: to the customer the clock just runs.
            Promise(
                kind=c.kind,
                state=ClockState.RUNNING if c.state == ClockState.WARNED else c.state,
                due_at=c.due_at,
            )
            for c in case.clocks
        ),
        track=track_of(case.parcel) if case.parcel else None,
        expected=case.estimate.at if case.estimate else None,
        mail_thread=case.mail_thread,
        summary=case.summary,
        missing=case.missing_fields,
        survey=survey_of(case.survey) if case.survey else None,
    )


def survey_of(survey: Survey) -> SurveyView:
    return SurveyView(survey.asked_at, survey.until, survey.score, survey.closed_at is not None, survey.reopens_up_to)


def track_of(parcel: Parcel) -> Track:
    shipment = parcel.shipment
    return Track(
        tracking_number=parcel.tracking_number,
        carrier=parcel.carrier,
        node=parcel.node,
        origin=shipment.origin if shipment else None,
        destination=shipment.destination if shipment else None,
        points=parcel.track,
    )


def claim_view(claim: Claim) -> ClaimView:
    payee = claim.payee.reveal() if claim.payee else ""
    return ClaimView(
        claim_id=claim.claim_id,
        version=claim.version,
        number=claim.number,
        kind=claim.kind,
        state=claim.state,
        opened_at=claim.opened_at,
        updated_at=claim.updated_at,
        claimed_fen=claim.claimed_fen,
        missing=claim.evidence_missing,
        received=tuple(dict.fromkeys(a.evidence for a in claim.evidence if a.evidence)),
        liability=claim.liability,
        award=claim.award,
        by_person=claim.review_reason is not None
        or (claim.decided_by is not None and claim.decided_by not in RULES_DECIDED),
        payout=claim.payout.status if claim.payout else None,
        provider_ref=claim.payout.provider_ref if claim.payout else None,
        payee_mask=f"****{payee[-4:]}" if len(payee) >= 8 else None,
        decided_at=claim.decided_at,
        paid_at=claim.paid_at,
    )
