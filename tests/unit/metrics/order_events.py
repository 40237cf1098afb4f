"""Events of work orders as routing writes them: one that a partner gives back and a department completes late."""

from datetime import datetime, timedelta

from shared.contracts.personal import Personal
from shared.contracts.work_orders import (
    OrderAccepted,
    OrderChange,
    OrderCompleted,
    OrderNoted,
    OrderOpened,
    OrderOverdue,
    OrderRejected,
    OrderSent,
    OrderStanding,
    OrderStatus,
    Owner,
    OwnerKind,
    WorkOrder,
    WorkOrderChanged,
)

COURIER = Owner(kind=OwnerKind.PARTNER, name="courier")
AGENT = Owner(kind=OwnerKind.HANDLER, name="zhao.min")
HUB = Owner(kind=OwnerKind.DEPARTMENT, name="hub")
WORDS = Personal("不在本网点")


def order_life(start: datetime) -> list[WorkOrderChanged]:
    """Opened for the courier, rejected after 10 min, sent to the hub at 30, accepted at 45, completed at 300, late."""
    order = WorkOrder(
        order_id="o1",
        version=1,
        case_id="case-1",
        case_number="PC7K2M9Q4D",
        kind="trace",
        owner=COURIER,
        status=OrderStatus.OFFERED,
        opened_by="zhao.min",
        opened_at=start,
        sent_at=start,
        due_at=start + timedelta(hours=4),
    )
    events = [WorkOrderChanged(changes=(OrderOpened(by="zhao.min"),), order=order, at=start)]

    def then(minutes: float, *changes: OrderChange, **fields: object) -> None:
        before = events[-1].order
        at = start + timedelta(minutes=minutes)
        after = before.model_copy(update={"version": before.version + 1, **fields})
        stood = OrderStanding(owner=before.owner, status=before.status)
        events.append(WorkOrderChanged(changes=changes, order=after, at=at, before=stood))

    status, sent, late = OrderStatus, start + timedelta(minutes=30), start + timedelta(minutes=270)
    then(10, OrderRejected(by="courier", owner=AGENT, reason=WORDS), owner=AGENT, status=status.RETURNED)
    then(30, OrderSent(by="zhao.min", owner=HUB), owner=HUB, status=status.OFFERED, sent_at=sent, due_at=late)
    then(45, OrderAccepted(by="wu"), status=status.ACCEPTED, accepted_at=start + timedelta(minutes=45))
    then(60, OrderNoted(by="wu", text=WORDS), notes=1)
    done = OrderCompleted(by="wu", result=WORDS)
    ended = {"status": status.COMPLETED, "ended_at": start + timedelta(minutes=300), "overdue_at": late}
    then(300, OrderOverdue(owner=HUB), done, **ended)
    return events
