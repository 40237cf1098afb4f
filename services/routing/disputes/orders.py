"""Opens the work orders that disputes about who signed want, and cancels those that nobody needs any more (RO-13)."""

from collections.abc import Mapping

import structlog

from services.routing.disputes.rules import CANCEL, Asked, DisputeRules
from services.routing.due import SYSTEM
from services.routing.refusals import ActRefused
from services.routing.store import CaseStore
from services.routing.workorders.coordinator import Coordinator, RuleMove
from services.routing.workorders.kinds import OrderRules
from services.routing.workorders.order import Cancel, Mover, Open
from shared.contracts.base import derived_id
from shared.contracts.cases import Case
from shared.contracts.personal import Personal
from shared.contracts.sign_disputes import ReverifyReason
from shared.contracts.work_orders import HandoverField

log = structlog.get_logger()

AT_ONCE = 100
BY_RULE = Mover(SYSTEM, handles=True)
SOLVED = Personal("工单已解决，无需再提供 / the case is solved, no longer needed")


WHY: Mapping[ReverifyReason, str] = {
    ReverifyReason.PROXY: "回执显示为他人或代收点签收 / the receipt names somebody else or a pick-up point",
    ReverifyReason.DAMAGED: "回执显示签收时已破损 / the receipt says that it was damaged",
    ReverifyReason.NO_RECEIPT: "承运方未按时提供回执 / the carrier gave no receipt in time",
    ReverifyReason.CONTESTED: "收件人对签收结论有异议 / the recipient contests what was said",
}


class DisputeOrders:
    """A case says what it wants; its order is opened in one transaction with the case, so it is wanted no more."""

    def __init__(self, cases: CaseStore, coordinator: Coordinator, rules: DisputeRules) -> None:
        self._cases = cases
        self._coordinator = coordinator
        self._rules = rules

    async def move_all(self) -> None:
        """Until nothing more is wanted, or somebody else was at a case: then with the next round."""
        while wanting := await self._cases.wanting_orders(AT_ONCE):
            moved = [await self._move(case_id) for case_id in wanting]
            if not all(moved) or len(wanting) < AT_ONCE:
                return

    async def _move(self, case_id: str) -> bool:
        """One case that can't be moved must not hold up the others."""
        try:
            return await self._coordinator.move_by_rule(case_id, self._wanted)
        except ActRefused as refused:
            log.error("dispute_order_refused", case_id=case_id, reason=refused.code)
        except Exception:
            log.exception("dispute_order_failed", case_id=case_id)
        return False

    def _wanted(self, case: Case) -> RuleMove | None:
        return wanted_move(case, self._rules, self._coordinator.order_rules)


def wanted_move(case: Case, rules: DisputeRules, orders: OrderRules) -> RuleMove | None:
    """What the case's dispute wants now; None: nothing any more."""
    dispute = case.sign_dispute
    if dispute is None or dispute.wanted is None:
        return None
    if dispute.wanted == CANCEL:
        return RuleMove(dispute.receipt_order, Cancel(BY_RULE, SOLVED))
    asked = rules.orders[dispute.wanted]
    order_id = derived_id(case.case_id, f"sign-dispute/{dispute.wanted}/{case.version}")
    opening = Open(
        mover=BY_RULE,
        order_id=order_id,
        case_id=case.case_id,
        case_number=case.number,
        kind=asked.kind,
        owner=asked.owner,
        handover=_handover(case, asked, orders),
        node=case.parcel.node if case.parcel else None,
    )
    return RuleMove(None, opening)


def _handover(case: Case, asked: Asked, orders: OrderRules) -> tuple[HandoverField, ...]:
    dispute = case.sign_dispute
    assert dispute is not None
    known = {"problem": asked.problem, "support": asked.support, "tracking": dispute.tracking_number}
    if dispute.area is not None:
        known["last_place"] = dispute.area
    if dispute.reason is not None:
        known["progress"] = WHY[dispute.reason]
    fields = orders.kinds[asked.kind].fields
    return tuple(HandoverField(name=name, value=Personal(known[name])) for name in fields if name in known)
