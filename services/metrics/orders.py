"""Work orders as figures: what became of them, who owes the next step, how long it took (RO-9). Pure.

Departments, partners and kinds come from routing's tables, which refuse any other: so many series there are. The
handler of a case is a person, and stands under one name for all of them.
"""

from collections.abc import Iterator
from datetime import datetime

from services.metrics import indicator as i
from services.metrics.labels import hour_of, label
from services.metrics.observing import Increments, observe
from services.metrics.readings import OrderChange, OrderStandingReading, OwnerReading, WorkOrderChangedReading
from services.metrics.shapes import Indicator
from shared.contracts.work_orders import OrderStatus, OwnerKind

OVER = (OrderStatus.COMPLETED, OrderStatus.CANCELLED)
ENDED_HIS_TURN = frozenset({"rejected", "returned", "cancelled"})
"""Changes that are counted for who owned it before: afterwards it is somebody else's, or nobody's."""

ENDS = frozenset({"completed", "cancelled"})

Held = tuple[str, str]
"""The labels of an owner: kind and name."""


def of_order(event: WorkOrderChangedReading) -> tuple[datetime, Increments]:
    """Counts the changes of a work order, and the difference between whose it was and whose it is.

    An event older than `before` can't say whose it was: it moves a gauge at an order's opening and at its end alone.
    """
    found: Increments = []
    for change in event.changes:
        _change(event, change, found)
    if event.before is not None or event.order.version == 1:
        found.extend(_difference(event, _open(event.before)))
    elif event.order.status in OVER and any(change.type in ENDS for change in event.changes):
        found.extend(_difference(event, held_by(event.order.owner)))
    return event.at, found


def _change(event: WorkOrderChangedReading, change: OrderChange, found: Increments) -> None:
    order = event.order
    if change.type not in i.ORDER_STEPS:
        return
    kind, name = held_by(_owner_at(event, change))
    found.append((i.WORK_ORDERS, (change.type, kind, label(order.kind)), 1))
    if change.type == "accepted":
        observe(found, i.WORK_ORDER_ACCEPTANCE, (kind, name), order.sent_at, order.accepted_at or event.at)
    elif change.type == "completed":
        in_time = "no" if order.overdue_at else "yes"
        found.append((i.WORK_ORDERS_COMPLETED, (kind, name, in_time), 1))
        observe(found, i.WORK_ORDER_COMPLETION, (kind, label(order.kind)), order.sent_at, order.ended_at or event.at)


def _owner_at(event: WorkOrderChangedReading, change: OrderChange) -> OwnerReading:
    if change.type in ENDED_HIS_TURN:
        return event.before.owner if event.before else event.order.owner
    return change.owner or event.order.owner


def _difference(event: WorkOrderChangedReading, stood: Held | None) -> Iterator[tuple[Indicator, tuple[str, ...], int]]:
    stands = _open(event.order)
    if stood == stands:
        return
    opened = str(hour_of(event.order.opened_at))
    if stood is not None:
        yield i.WORK_ORDERS_OPEN, (*stood, opened), -1
    if stands is not None:
        yield i.WORK_ORDERS_OPEN, (*stands, opened), 1


def _open(order: OrderStandingReading | None) -> Held | None:
    return None if order is None or order.status in OVER else held_by(order.owner)


def held_by(owner: OwnerReading) -> Held:
    """No name of a person, and no other names than the playbook's."""
    if owner.kind is OwnerKind.HANDLER:
        return owner.kind.value, "handler"
    return owner.kind.value, label(owner.name)
