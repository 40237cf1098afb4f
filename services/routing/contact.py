"""A customer's contact: it opens a case, or joins one, wakes it, and may raise it (RO-1, RO-2, RO-6)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from services.routing import due, fields, moves, timekeeping
from services.routing.classify import classify, group_of, merged
from services.routing.clocks import ANSWERS
from services.routing.draft import Draft
from services.routing.key_accounts.account import tier_of_both
from services.routing.key_accounts.promotion import follow
from services.routing.life import is_over
from services.routing.number import number_of
from services.routing.persons import is_same_person, is_unknown
from services.routing.rules import Rules
from services.routing.selfservice import answering
from services.routing.selfservice.handover import waits
from shared.contracts.base import derived_id
from shared.contracts.cases import (
    Case,
    CaseKind,
    CaseStatus,
    Classification,
    Classified,
    ContactAdded,
    Opened,
)
from shared.contracts.interactions import Interaction
from shared.contracts.people import Customer

T = TypeVar("T")


def case_id_of(contact: Interaction) -> str:
    """The id of the case that this contact opens, where it opens one."""
    return case_opened_by(contact.interaction_id)


@lru_cache(maxsize=10_000)
def case_opened_by(interaction_id: str) -> str:
    """The case that an interaction opened, where it did."""
    return derived_id(interaction_id, "case")


def open_by_contact(contact: Interaction, rules: Rules, now: datetime) -> Draft:
    """A new case; its clocks run from the moment at which the customer began to wait."""
    classification = classify(contact, rules)
    case_id = case_id_of(contact)
    draft = Draft(
        Case(
            case_id=case_id,
            number=number_of(case_id),
            version=1,
            customer=contact.customer,
            channel=contact.channel,
            origin="contact",
            gateway=contact.gateway,
            status=CaseStatus.QUEUED,
            classification=classification,
            group=group_of(classification, rules.tier(contact.customer), rules),
            tracking_numbers=_tracking_numbers(contact),
            order_numbers=contact.order_numbers,
            subject=contact.subject,
            opened_at=contact.received_at,
            updated_at=now,
            contacts=1,
            claim=contact.claim,
            mail_thread=contact.message_id,
            awaited_media=_named(contact),
            goods_type=contact.goods_type,
            exception_node=contact.exception_node,
            wished_solution=contact.wished_solution,
        )
    )
    draft.note(Opened(interaction_id=contact.interaction_id), _added(contact), Classified())
    timekeeping.start_missing(draft, rules.targets(draft.case), _began(contact))
    _answered_call(draft, contact, rules)
    answering.begin(draft, contact, rules, now)
    return draft


def join(case: Case, contact: Interaction, rules: Rules, now: datetime) -> Draft:
    """A further contact on a case: adds it, wakes the case where it waits or rested, and may raise its kind."""
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    new = classify(contact, rules)
    asked = answering.asks_for_person(draft.case, contact, rules)
    if waits(draft.case):
        answering.come_back(draft, asked=asked)
    _add(draft, contact)
    reclassify(draft, merged(case.classification, new, rules.life.sure), rules)
    follow(draft, case.customer, rules)
    retarget(draft, case, rules, now)
    if is_over(draft.case):
        if asked or not _only_thanks(new, rules.life.sure):
            answering.come_back(draft, asked=asked)
            moves.reopen(draft, rules, _began(contact))
    else:
        moves.wake(draft, rules.calendar.hours, now)
        targets = rules.targets(draft.case)
        was_answered = draft.case.first_response_at is not None
        timekeeping.start_missing(draft, targets, _began(contact))
        if was_answered and not _only_thanks(new, rules.life.sure):
            timekeeping.start_next(draft, targets, _began(contact))
    _answered_call(draft, contact, rules)
    return draft


def _only_thanks(new: Classification, sure: float) -> bool:
    """Thanks for a solution do not open it again."""
    return new.kind is CaseKind.FEEDBACK and new.confidence >= sure


def _add(draft: Draft, contact: Interaction) -> None:
    """The contact's facts into the case: what is known stays, what is new is added. Somebody else who writes
    under the case's number does not become its customer: answers go on to whom they concern."""
    case = draft.case
    if is_unknown(case.customer) or is_same_person(case.customer, contact.customer):
        draft.set(
            customer=united(case.customer, contact.customer),
            channel=contact.channel,
            mail_thread=contact.message_id or case.mail_thread,
        )
    draft.set(
        contacts=case.contacts + 1,
        subject=case.subject or contact.subject,
        tracking_numbers=_union(case.tracking_numbers, _tracking_numbers(contact)),
        order_numbers=_union(case.order_numbers, contact.order_numbers),
        claim=contact.claim or case.claim,
        awaited_media=_union(case.awaited_media, _named(contact)),
    )
    draft.note(_added(contact))
    fields.take(draft, contact)


def _added(contact: Interaction) -> ContactAdded:
    return ContactAdded(
        interaction_id=contact.interaction_id,
        channel=contact.channel,
        text=contact.text,
        occurred_at=contact.occurred_at,
        attachments=contact.attachments,
    )


def _named(contact: Interaction) -> tuple[str, ...]:
    return tuple(media.ref for media in contact.media)


def _tracking_numbers(contact: Interaction) -> tuple[str, ...]:
    claimed = (contact.claim.tracking_number,) if contact.claim else ()
    return _union(contact.tracking_numbers, claimed)


def reclassify(draft: Draft, classification: Classification, rules: Rules) -> None:
    """What the case is about now; one that nobody has taken goes to the group for that."""
    if classification == draft.case.classification:
        return
    draft.set(classification=classification)
    if draft.case.status is CaseStatus.QUEUED:
        draft.set(group=group_of(classification, rules.tier(draft.case.customer), rules))
    draft.note(Classified())


def retarget(draft: Draft, before: Case, rules: Rules, now: datetime) -> None:
    """A case that became more urgent has less time, and what it used is used. Only answers go by channel: a customer
    who writes by another one has begun to wait anew, and is not late already."""
    urgency = [(c.classification.kind, c.classification.priority, rules.tier(c.customer)) for c in (before, draft.case)]
    if urgency[0] != urgency[1]:
        targets = rules.targets(draft.case)
        if before.channel is not draft.case.channel:
            targets = {kind: target for kind, target in targets.items() if kind not in ANSWERS}
        timekeeping.retarget(draft, targets, rules.calendar.hours, now)


def _answered_call(draft: Draft, contact: Interaction, rules: Rules) -> None:
    """Who picked up the phone has answered already: the clock is met when the ringing ended, in time or late."""
    if contact.call is not None and contact.call.answered:
        picked_up = _began(contact) + timedelta(seconds=contact.call.wait_seconds)
        due.fire(draft, rules.calendar, picked_up)
        timekeeping.answered(draft, picked_up)


def _began(contact: Interaction) -> datetime:
    """When the customer began to wait: at the acceptance of a message; a call is reported after its end."""
    if contact.call is not None and contact.call.answered:
        return min(contact.occurred_at, contact.received_at)
    return contact.received_at


def united(known: Customer, new: Customer) -> Customer:
    """One person by several handles. The owner of a parcel that nobody knew becomes the one who writes about it."""
    if known == new:
        return known
    if is_unknown(known):
        return new
    return known.model_copy(
        update={
            "contacts": _union(known.contacts, new.contacts),
            "name": known.name or new.name,
            **tier_of_both(known, new),
        }
    )


def _union(known: tuple[T, ...], new: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*known, *new)))
