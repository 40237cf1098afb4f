"""work-orders.v1: the change-sets of a work order (协作工单), each with the order as it stands after them (RO-9)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant, Word
from shared.contracts.parcels import Node
from shared.contracts.personal import Personal


class OwnerKind(Word):
    DEPARTMENT = "department"  # 部门
    PARTNER = "partner"  # 合作方
    HANDLER = "handler"  # 工单处理人: the case's own handler, to whom a returned order goes back


class Owner(Contract):
    """Who owes the next step: a department or partner of the playbook, or the handler of the case."""

    kind: OwnerKind
    name: str = Field(min_length=1, max_length=60)


class OrderStatus(Word):
    OFFERED = "offered"  # 待接收
    ACCEPTED = "accepted"  # 处理中
    RETURNED = "returned"  # 已退回
    COMPLETED = "completed"  # 已完成
    CANCELLED = "cancelled"  # 已撤销


class HandoverField(Contract):
    """One field of the hand-over (交接单)."""

    name: str
    value: Personal


class WorkOrder(Contract):
    """A step of a case owed by somebody else; `version` grows by one with each change-set."""

    order_id: str
    version: int = Field(ge=1)
    case_id: str
    case_number: str
    kind: str = Field(description="a kind of work_orders.yaml")
    owner: Owner
    status: OrderStatus
    handover: tuple[HandoverField, ...] = ()
    node: Node | None = None
    opened_by: str
    opened_at: Instant
    sent_at: Instant = Field(description="when the present owner got it")
    due_at: Instant
    warn_at: Instant | None = Field(None, description="when its owner is reminded; None: older than this field")
    warned_at: Instant | None = Field(None, description="set once per time limit")
    overdue_at: Instant | None = Field(None, description="set once per time limit")
    accepted_by: str | None = None
    accepted_at: Instant | None = None
    ended_at: Instant | None = None
    reason: Personal | None = Field(None, description="why it was rejected, returned or cancelled")
    result: Personal | None = None
    answer: tuple[HandoverField, ...] = Field((), description="fields that the kind asks of who completes it")
    notes: int = Field(0, ge=0, description="how many notes of progress there are")
    moved_by: str | None = Field(None, description="who made the latest move; None: older than this field")


class OrderStanding(Contract):
    """Whose a work order was before a change-set, and how it stood: what a counter must take away again."""

    owner: Owner
    status: OrderStatus


class OrderOpened(Contract):
    type: Literal["opened"] = "opened"
    by: str


class OrderSent(Contract):
    """Sent again, by the handler to whom it had come back."""

    type: Literal["sent"] = "sent"
    by: str
    owner: Owner


class OrderAccepted(Contract):
    type: Literal["accepted"] = "accepted"
    by: str


class OrderRejected(Contract):
    """Not accepted: it is the handler's again."""

    type: Literal["rejected"] = "rejected"
    by: str
    owner: Owner
    reason: Personal


class OrderReturned(Contract):
    """Accepted, and then given back: it is the handler's again."""

    type: Literal["returned"] = "returned"
    by: str
    owner: Owner
    reason: Personal


class OrderNoted(Contract):
    type: Literal["noted"] = "noted"
    by: str
    text: Personal


class OrderCompleted(Contract):
    type: Literal["completed"] = "completed"
    by: str
    result: Personal
    answer: tuple[HandoverField, ...] = ()


class OrderWarned(Contract):
    """Its time limit soon ends, and the owner has not completed it."""

    type: Literal["warned"] = "warned"
    owner: Owner


class OrderOverdue(Contract):
    type: Literal["overdue"] = "overdue"
    owner: Owner


class OrderCancelled(Contract):
    type: Literal["cancelled"] = "cancelled"
    by: str
    reason: Personal


OrderChange = Annotated[
    OrderOpened
    | OrderSent
    | OrderAccepted
    | OrderRejected
    | OrderReturned
    | OrderNoted
    | OrderCompleted
    | OrderWarned
    | OrderOverdue
    | OrderCancelled,
    Field(discriminator="type"),
]


class WorkOrderChanged(Contract):
    """One decision on a work order: its changes in order, all or none, and the order after them."""

    changes: tuple[OrderChange, ...] = Field(min_length=1)
    order: WorkOrder
    at: Instant
    link: Personal | None = Field(
        None, description="where its owner answers, signed; for that owner alone (docs/decisions/0019)"
    )
    before: OrderStanding | None = Field(
        None, description="None: it was opened just now, or this was written before the field"
    )


WORK_ORDER_CHANGED = "parcelcare.work-order.changed"
TYPES: dict[str, type[Contract]] = {WORK_ORDER_CHANGED: WorkOrderChanged}
