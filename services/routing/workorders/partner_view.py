"""A work order as its owner sees it by the signed link, who has no account (RO-9). Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.routing.playbook import Book
from services.routing.workorders.kinds import OrderRules
from services.routing.workorders.order import OPEN
from shared.contracts.personal import Personal
from shared.contracts.work_orders import OrderStatus, Owner, OwnerKind, WorkOrder, WorkOrderChanged


class PartnerEvent(BaseModel):
    what: str
    at: datetime
    text: Personal | None = None


class FormField(BaseModel):
    """A field of the answer: `choices` by value where it takes one of a few, `time` where it takes a time."""

    name: str
    title: str
    required: bool
    choices: dict[str, str] = {}
    time: bool = False


class PartnerView(BaseModel):
    """What its owner sees: no name of an agent, nothing of the customer but what the hand-over holds."""

    order_id: str
    version: int
    case_number: str
    kind: str
    title: str
    partner: str = Field(description="the partner, or the department, whose it is")
    status: OrderStatus
    handover: dict[str, Personal]
    due_at: datetime
    overdue: bool
    moves: tuple[str, ...]
    form: tuple[FormField, ...] = Field(description="what who completes it fills in")
    answer: dict[str, Personal]
    history: tuple[PartnerEvent, ...]


def view_of(
    order: WorkOrder, history: Sequence[WorkOrderChanged], owner: Owner, rules: OrderRules, book: Book, language: str
) -> PartnerView:
    party = book.party(owner)
    events = [
        PartnerEvent(what=change.type, at=changed.at, text=_said(change))
        for changed in history
        for change in changed.changes
    ]
    return PartnerView(
        order_id=order.order_id,
        version=order.version,
        case_number=order.case_number,
        kind=order.kind,
        title=rules.kinds[order.kind].title[language],
        partner=party.title[language] if party else owner.name,
        status=order.status,
        handover={rules.fields[field.name][language]: field.value for field in order.handover},
        due_at=order.due_at,
        overdue=order.overdue_at is not None and order.status in OPEN,
        moves=_moves(order),
        form=_form(rules, order.kind, language),
        answer={rules.fields[field.name][language]: field.value for field in order.answer},
        history=tuple(events),
    )


def _form(rules: OrderRules, kind: str, language: str) -> tuple[FormField, ...]:
    form = rules.kinds[kind].answer
    return tuple(
        FormField(
            name=name,
            title=rules.fields[name][language],
            required=name in form.required,
            choices={value: words[language] for value, words in rules.choices.get(name, {}).items()},
            time=name in rules.times,
        )
        for name in form.fields
    )


def _moves(order: WorkOrder) -> tuple[str, ...]:
    possible = {OrderStatus.OFFERED: ("accept", "note", "return"), OrderStatus.ACCEPTED: ("complete", "note", "return")}
    return possible.get(order.status, ()) if order.owner.kind is not OwnerKind.HANDLER else ()


def may_see(order: WorkOrder, history: Sequence[WorkOrderChanged], owner: Owner) -> bool:
    """Its owner, or who gave it back as long as nobody else has it."""
    if order.owner.kind is OwnerKind.HANDLER:
        owners = [h.order.owner for h in history if h.order.owner.kind is not OwnerKind.HANDLER]
        return bool(owners) and owners[-1] == owner
    return order.owner == owner


def _said(change: Any) -> Personal | None:
    for name in ("text", "reason", "result"):
        if (said := getattr(change, name, None)) is not None:
            assert isinstance(said, Personal)
            return said
    return None
