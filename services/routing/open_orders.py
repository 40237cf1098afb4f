"""The work orders that a case waits for: it is neither resolved nor closed before, and hears of each (RO-9)."""

from collections.abc import Sequence
from datetime import datetime

from services.routing import due, moves
from services.routing.disputes import dispute
from services.routing.draft import Draft
from services.routing.life import is_over
from services.routing.refusals import IllegalMove
from services.routing.rules import Rules
from shared.contracts.cases import Case, OrderMove, WorkOrderMoved
from shared.contracts.work_orders import OrderStatus, WorkOrder

OVER = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED})
WAKING = frozenset({"rejected", "returned", "completed", "overdue"})
"""Moves after which the handler has to act: a case that waits for the customer waits no longer."""

BY_TIME = frozenset({"warned", "overdue"})
"""What nobody did: any other move is somebody's work on the case, and ends its silence (RO-8)."""


def must_be_none(case: Case) -> None:
    """Raises `IllegalMove` where somebody still owes the case something."""
    if count := len(frozenset(case.open_orders) - dispute.own_orders(case)):
        raise IllegalMove(
            "work_orders_open",
            f"{count} work order(s) are open: complete or cancel them first.",
            f"尚有 {count} 个协作工单未完成，请先完成或撤销。",
        )


def hear(case: Case, order: WorkOrder, moved: Sequence[OrderMove], rules: Rules, now: datetime) -> Draft:
    """The case after news of one of its orders. Raises `IllegalMove` where the case is over."""
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    if is_over(draft.case) and order.order_id not in dispute.own_orders(case):
        raise IllegalMove("case_over", "The case is resolved or closed.", "工单已解决或关闭，不能再发起协作工单。")
    others = tuple(known for known in case.open_orders if known != order.order_id)
    draft.set(open_orders=others if order.status in OVER else (*others, order.order_id))
    for move in moved:
        draft.note(
            WorkOrderMoved(order_id=order.order_id, kind=order.kind, move=move, owner=order.owner.name),
        )
    if set(moved) - BY_TIME and not _by_itself(order, moved):
        moves.handled(draft, order.moved_by or "", now)
    if WAKING & set(moved):
        moves.wake(draft, rules.calendar.hours, now)
    dispute.hear(draft, order, moved, rules, now)
    return draft


def _by_itself(order: WorkOrder, moved: Sequence[OrderMove]) -> bool:
    """Opened by a rule: nobody has done anything about the case yet."""
    return order.opened_by == due.SYSTEM and tuple(moved) == ("opened",)
