"""Answering without a person: at once, or as soon as the parcel's facts are there (RO-3). Pure."""

from datetime import datetime

from services.routing import moves, timekeeping
from services.routing.draft import Draft
from services.routing.estimates import revising
from services.routing.rules import Rules
from services.routing.selfservice.handover import SELF_SERVICE, hand_over, waits
from services.routing.selfservice.table import Answer
from services.routing.selfservice.wording import is_late, text_of
from shared.contracts.cases import Case, HandedOver, HandOverReason, Replied, SelfService
from shared.contracts.interactions import Interaction
from shared.contracts.parcels import ParcelSnapshot
from shared.contracts.personal import Personal


def begin(draft: Draft, contact: Interaction, rules: Rules, now: datetime) -> None:
    """A new case: whoever asks for a person gets one; a simple question is answered, or its parcel looked up."""
    service, case = rules.self_service, draft.case
    if contact.call is None and service.wants_person(contact):
        draft.note(HandedOver(reason="asked"))
        return
    answer = service.answer_to(contact, case, rules.tier(case.customer))
    if answer is None:
        return
    until = now + service.wait if answer.live else None
    draft.set(group=SELF_SERVICE, self_service=SelfService(answer=answer.answer_id, group=case.group, until=until))
    if until is None:
        _reply(draft, answer, text_of(answer, service, case.customer.language), rules, now)


def asks_for_person(case: Case, contact: Interaction, rules: Rules) -> bool:
    """The customer wants a person instead of the answer that the case had, or waits for."""
    if contact.call is not None or not (waits(case) or case.answered_by):
        return False
    return rules.self_service.wants_person(contact)


def come_back(draft: Draft, *, asked: bool) -> None:
    """The customer writes again: who waits for an answer, or had one, gets a person now, and is told so."""
    reason: HandOverReason = "asked" if asked else "again"
    if waits(draft.case):
        hand_over(draft, reason)
    elif draft.case.answered_by is not None:
        draft.note(HandedOver(reason=reason))


def learn_parcel(draft: Draft, snapshot: ParcelSnapshot, rules: Rules, now: datetime) -> None:
    """The facts are there: the answer, or a person where something is wrong with the parcel or it is not known."""
    case = draft.case
    if not waits(case) or case.self_service is None or snapshot.tracking_number not in case.tracking_numbers:
        return
    answer = rules.self_service.answers.get(case.self_service.answer)
    reason = _why_not(snapshot, now) if answer else "no_facts"
    if reason is not None or answer is None:
        hand_over(draft, reason or "no_facts")
        return
    revising.by_answer(draft, rules, now)
    expected = draft.case.estimate.at if draft.case.estimate else None
    text = text_of(answer, rules.self_service, case.customer.language, snapshot.parcel, expected)
    _reply(draft, answer, text, rules, now)


def _why_not(snapshot: ParcelSnapshot, now: datetime) -> HandOverReason | None:
    parcel = snapshot.parcel
    if parcel is None:
        return "no_facts"
    if snapshot.open_exceptions or (parcel.track and parcel.track[-1].exception is not None):
        return "exception"
    return "late" if is_late(parcel, now) else None


def _reply(draft: Draft, answer: Answer, text: str, rules: Rules, now: datetime) -> None:
    """The answer is the solution: the case is resolved, and closes by itself unless the customer comes back."""
    service = draft.case.self_service
    assert service is not None
    timekeeping.answered(draft, now)
    draft.note(Replied(agent=SELF_SERVICE, text=Personal(text)))
    draft.set(
        answered_by=SELF_SERVICE,
        self_service=service.model_copy(update={"until": None, "answered_at": now}),
        summary=Personal(answer.summary[draft.case.customer.language]),
    )
    moves.resolve(draft, SELF_SERVICE, rules, now)
