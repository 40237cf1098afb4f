"""The one decision on a work order: what a person's move, or the end of its time limit, makes of it (RO-9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.routing.refusals import IllegalMove, NotAllowed
from services.routing.workorders.kinds import OrderRules, answered, filled_in
from shared.contracts.parcels import Node
from shared.contracts.personal import Personal
from shared.contracts.work_orders import (
    HandoverField,
    OrderAccepted,
    OrderCancelled,
    OrderChange,
    OrderCompleted,
    OrderNoted,
    OrderOpened,
    OrderOverdue,
    OrderRejected,
    OrderReturned,
    OrderSent,
    OrderStatus,
    OrderWarned,
    Owner,
    OwnerKind,
    WorkOrder,
)

NOTES_MAX = 100


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves it. `handles`: the handler of the case or a senior; `owns`: the department or partner whose it is."""

    name: str
    handles: bool = False
    owns: Owner | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """`order_id` and the case's ids are given; the time limit is the kind's, unless the playbook says another."""

    mover: Mover
    order_id: str
    case_id: str
    case_number: str
    kind: str
    owner: Owner
    handover: tuple[HandoverField, ...]
    node: Node | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Again, to this owner, after it came back."""

    mover: Mover
    owner: Owner
    handover: tuple[HandoverField, ...] = ()
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    mover: Mover


@dataclass(frozen=True, slots=True)
class Return:
    """With a reason: a rejection before it was accepted, a return after. `handler`: to whom it goes back."""

    mover: Mover
    reason: Personal
    handler: str


@dataclass(frozen=True, slots=True)
class Note:
    mover: Mover
    text: Personal


@dataclass(frozen=True, slots=True)
class Complete:
    """`answer`: the fields that the kind of the order asks for."""

    mover: Mover
    result: Personal
    answer: tuple[HandoverField, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    mover: Mover
    reason: Personal


@dataclass(frozen=True, slots=True)
class TimeUp:
    """Time passed."""


Move = Send | Accept | Return | Note | Complete | Cancel
Event = Open | Move | TimeUp


@dataclass(frozen=True, slots=True)
class Decided:
    """The order after one decision, and its changes in order."""

    order: WorkOrder
    changes: tuple[OrderChange, ...]


HELD = frozenset({OrderStatus.OFFERED, OrderStatus.ACCEPTED})
OPEN = HELD | {OrderStatus.RETURNED}
POSSIBLE: Mapping[type[Any], frozenset[OrderStatus]] = {
    Send: frozenset({OrderStatus.RETURNED}),
    Accept: frozenset({OrderStatus.OFFERED}),
    Return: HELD,
    Note: OPEN,
    Complete: frozenset({OrderStatus.ACCEPTED}),
    Cancel: OPEN,
}
STATUS_ZH: Mapping[OrderStatus, str] = {
    OrderStatus.OFFERED: "待接收",
    OrderStatus.ACCEPTED: "处理中",
    OrderStatus.RETURNED: "已退回",
    OrderStatus.COMPLETED: "已完成",
    OrderStatus.CANCELLED: "已撤销",
}


def decide(state: WorkOrder | None, event: Event, rules: OrderRules, now: datetime) -> Decided | None:
    """What follows, or None: nothing. Pure. Raises `refusals.ActRefused` where the move is not possible."""
    if isinstance(event, Open):
        return None if state is not None else _opened(event, rules, now)
    if state is None:
        raise IllegalMove("no_such_order", "There is no such work order.", "协作工单不存在。")
    late = _overdue(state, now)
    if isinstance(event, TimeUp):
        return late or _warned(state, now)
    order = late.order if late else state
    if order.status not in POSSIBLE[type(event)]:
        raise IllegalMove(
            "wrong_status",
            f"Not possible while the work order is {order.status.value}.",
            f"协作工单当前状态（{STATUS_ZH[order.status]}）不允许此操作。",
        )
    _must_be_whose_turn(order, event)
    fields, change = _DO[type(event)](order, event, rules, now)
    after = order.model_copy(update={**fields, "moved_by": event.mover.name, "version": state.version + 1})
    return Decided(after, (*(late.changes if late else ()), change))


def next_due(order: WorkOrder) -> datetime | None:
    """When its owner is reminded or its time limit ends, whichever comes next; None where both are over, or nobody
    works on it any more."""
    return _warning(order) or _end(order)


def _warning(order: WorkOrder) -> datetime | None:
    """None where its owner was reminded, or is the handler, who sees it on the desk."""
    awaited = order.status in HELD and order.warned_at is None and order.overdue_at is None
    return order.warn_at if awaited else None


def _end(order: WorkOrder) -> datetime | None:
    return order.due_at if order.status in OPEN and order.overdue_at is None else None


def _overdue(order: WorkOrder, now: datetime) -> Decided | None:
    end = _end(order)
    if end is None or end > now:
        return None
    after = order.model_copy(update={"overdue_at": end, "version": order.version + 1})
    return Decided(after, (OrderOverdue(owner=order.owner),))


def _warned(order: WorkOrder, now: datetime) -> Decided | None:
    at = _warning(order)
    if at is None or at > now:
        return None
    after = order.model_copy(update={"warned_at": at, "version": order.version + 1})
    return Decided(after, (OrderWarned(owner=order.owner),))


def _must_be_whose_turn(order: WorkOrder, event: Move) -> None:
    """The owner answers it; the case's handler sends and cancels it; both may note."""
    mover = event.mover
    owns = mover.owns is not None and mover.owns == order.owner
    if isinstance(event, Send | Cancel):
        allowed = mover.handles
    elif isinstance(event, Note):
        allowed = owns or mover.handles
    else:
        allowed = owns
    if not allowed:
        raise NotAllowed("not_yours", "The next step of this work order is not yours.", "该协作工单当前不由您处理。")


def _opened(event: Open, rules: OrderRules, now: datetime) -> Decided:
    if not event.mover.handles:
        raise NotAllowed("not_yours", "Only the handler of the case opens work orders.", "仅工单处理人可发起协作工单。")
    rules.must_know(event.kind, event.owner)
    handover = filled_in(rules, event.kind, event.handover)
    order = WorkOrder(
        order_id=event.order_id,
        version=1,
        case_id=event.case_id,
        case_number=event.case_number,
        kind=event.kind,
        owner=event.owner,
        status=OrderStatus.OFFERED,
        handover=handover,
        node=event.node,
        opened_by=event.mover.name,
        opened_at=now,
        sent_at=now,
        moved_by=event.mover.name,
        **rules.times_of(event.kind, event.hours, now),
    )
    return Decided(order, (OrderOpened(by=event.mover.name),))


Effect = tuple[dict[str, Any], OrderChange]


def _send(order: WorkOrder, event: Send, rules: OrderRules, now: datetime) -> Effect:
    rules.must_know(order.kind, event.owner)
    fields = {
        "owner": event.owner,
        "status": OrderStatus.OFFERED,
        "handover": filled_in(rules, order.kind, event.handover or order.handover),
        "sent_at": now,
        **rules.times_of(order.kind, event.hours, now),
        "warned_at": None,
        "overdue_at": None,
        "accepted_by": None,
        "accepted_at": None,
        "reason": None,
    }
    return fields, OrderSent(by=event.mover.name, owner=event.owner)


def _accept(order: WorkOrder, event: Accept, rules: OrderRules, now: datetime) -> Effect:
    fields = {"status": OrderStatus.ACCEPTED, "accepted_by": event.mover.name, "accepted_at": now}
    return fields, OrderAccepted(by=event.mover.name)


def _return(order: WorkOrder, event: Return, rules: OrderRules, now: datetime) -> Effect:
    owner = Owner(kind=OwnerKind.HANDLER, name=event.handler)
    fields = {"status": OrderStatus.RETURNED, "owner": owner, "reason": event.reason}
    made = OrderRejected if order.status is OrderStatus.OFFERED else OrderReturned
    return fields, made(by=event.mover.name, owner=owner, reason=event.reason)


def _note(order: WorkOrder, event: Note, rules: OrderRules, now: datetime) -> Effect:
    if order.notes >= NOTES_MAX:
        raise IllegalMove("too_many_notes", f"At most {NOTES_MAX} notes.", f"进展备注最多 {NOTES_MAX} 条。")
    return {"notes": order.notes + 1}, OrderNoted(by=event.mover.name, text=event.text)


def _complete(order: WorkOrder, event: Complete, rules: OrderRules, now: datetime) -> Effect:
    answer = answered(rules, order.kind, event.answer)
    fields = {"status": OrderStatus.COMPLETED, "result": event.result, "answer": answer, "ended_at": now}
    return fields, OrderCompleted(by=event.mover.name, result=event.result, answer=answer)


def _cancel(order: WorkOrder, event: Cancel, rules: OrderRules, now: datetime) -> Effect:
    fields = {"status": OrderStatus.CANCELLED, "reason": event.reason, "ended_at": now}
    return fields, OrderCancelled(by=event.mover.name, reason=event.reason)


_DO: Mapping[type[Any], Callable[..., Effect]] = {
    Send: _send,
    Accept: _accept,
    Return: _return,
    Note: _note,
    Complete: _complete,
    Cancel: _cancel,
}
