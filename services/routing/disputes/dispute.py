"""What a dispute about who signed goes through (RO-13): receipt asked, given or missing, re-verified, settled. Pure."""

from collections.abc import Collection
from datetime import datetime

from services.routing.disputes import outcome
from services.routing.disputes.answer import Found, Receipt, found_in, receipt_in
from services.routing.disputes.area import area_of
from services.routing.disputes.rules import CANCEL, RECEIPT, REVERIFICATION, DisputeRules
from services.routing.draft import Draft
from services.routing.life import is_over
from services.routing.refusals import IllegalMove
from services.routing.rules import Rules
from shared.contracts.cases import Case, Reopened
from shared.contracts.sign_disputes import (
    DisputeEvidence,
    DisputeOutcome,
    DisputeStage,
    ReverifyReason,
    SignDispute,
    SignDisputeMoved,
)
from shared.contracts.work_orders import WorkOrder

MISSING = frozenset({"rejected", "returned", "overdue", "cancelled"})
"""What a receipt's order may come to without a receipt."""

CONTESTABLE = frozenset({DisputeOutcome.DELIVERED, DisputeOutcome.SOLVED_BY_HANDLER})


def is_open(case: Case) -> bool:
    return case.sign_dispute is not None and case.sign_dispute.stage is not DisputeStage.SETTLED


def must_not_be_verified(case: Case) -> None:
    """Raises `IllegalMove` while a re-verification runs: its outcome decides what the customer is told."""
    if case.sign_dispute is not None and case.sign_dispute.stage is DisputeStage.REVERIFYING:
        raise IllegalMove(
            "sign_dispute_open",
            "The delivery is being verified again: its outcome must be recorded first.",
            "签收复核尚未完成，请先登记复核结论。",
        )


def own_orders(case: Case) -> frozenset[str]:
    """The receipt that was asked for: a case that its handler solved without it need not wait for it."""
    asked = case.sign_dispute.receipt_order if case.sign_dispute else None
    return frozenset({asked} if asked else ())


def settle(draft: Draft, rules: DisputeRules, now: datetime) -> None:
    """After every change of a case: a dispute begins, learns its area, ends with its case, or begins again."""
    case = draft.case
    if case.sign_dispute is None:
        if rules.tags.isdisjoint(case.classification.tags) or not case.tracking_numbers or is_over(case):
            return
        _open(draft, now)
    elif is_over(case):
        _rest(draft, now)
    elif case.sign_dispute.outcome in CONTESTABLE and any(isinstance(c, Reopened) for c in draft.changes):
        draft.set(sign_dispute=_put(case, stage=DisputeStage.RECEIPT_GIVEN, outcome=None, settled_at=None, evidence=()))
        _verify_again(draft, ReverifyReason.CONTESTED)
    _locate(draft, rules)


def hear(draft: Draft, order: WorkOrder, moves: Collection[str], rules: Rules, now: datetime) -> None:
    """News of a work order of the case, where it is one of the dispute's."""
    dispute = draft.case.sign_dispute
    if dispute is None:
        return
    kinds = {asked.kind: name for name, asked in rules.disputes.orders.items()}
    name = kinds.get(order.kind)
    if dispute.stage is DisputeStage.SETTLED:
        return
    if name == RECEIPT and ("opened" in moves or order.order_id == dispute.receipt_order):
        _hear_receipt(draft, order, moves, rules.disputes)
    elif name == REVERIFICATION and ("opened" in moves or order.order_id == dispute.reverify_order):
        _hear_verification(draft, order, moves, rules, now)


def _open(draft: Draft, now: datetime) -> None:
    tracking_number = draft.case.tracking_numbers[0]
    dispute = SignDispute(
        stage=DisputeStage.RECEIPT_ASKED, opened_at=now, tracking_number=tracking_number, wanted=RECEIPT
    )
    draft.set(sign_dispute=dispute)
    draft.note(SignDisputeMoved(move="opened"))


def _rest(draft: Draft, now: datetime) -> None:
    """The case is over: so is its dispute, and nobody need answer any more."""
    case = draft.case
    wanted = CANCEL if own_orders(case) & frozenset(case.open_orders) else None
    if is_open(case):
        _end(draft, DisputeOutcome.SOLVED_BY_HANDLER, (), now)
    if draft.case.sign_dispute is not None and draft.case.sign_dispute.wanted != wanted:
        draft.set(sign_dispute=_put(draft.case, wanted=wanted))


def _locate(draft: Draft, rules: DisputeRules) -> None:
    case = draft.case
    dispute = case.sign_dispute
    if dispute is None or dispute.area is not None or case.parcel is None:
        return
    area = area_of(case.parcel, rules.area_nodes)
    if area is not None:
        draft.set(sign_dispute=_put(case, area=area))
        draft.note(SignDisputeMoved(move="located", area=area))


def _hear_receipt(draft: Draft, order: WorkOrder, moves: Collection[str], rules: DisputeRules) -> None:
    if "opened" in moves:
        draft.set(sign_dispute=_put(draft.case, receipt_order=order.order_id, wanted=None))
    if "completed" in moves:
        _take_receipt(draft, receipt_in(order), rules)
    elif MISSING.intersection(moves):
        _verify_again(draft, ReverifyReason.NO_RECEIPT)


def _take_receipt(draft: Draft, receipt: Receipt, rules: DisputeRules) -> None:
    draft.note(SignDisputeMoved(move="receipt_given"))
    if receipt.sign_off in rules.doubtful:
        _verify_again(draft, ReverifyReason.PROXY)
    elif receipt.goods_state in rules.doubtful_goods:
        _verify_again(draft, ReverifyReason.DAMAGED)
    elif draft.case.sign_dispute is not None and draft.case.sign_dispute.stage is DisputeStage.RECEIPT_ASKED:
        draft.set(sign_dispute=_put(draft.case, stage=DisputeStage.RECEIPT_GIVEN))


def _verify_again(draft: Draft, reason: ReverifyReason) -> None:
    """Once: what else is doubtful changes nothing while it runs."""
    dispute = draft.case.sign_dispute
    if dispute is not None and dispute.stage is not DisputeStage.REVERIFYING:
        began = {"stage": DisputeStage.REVERIFYING, "reason": reason, "wanted": REVERIFICATION}
        fresh = {"reverify_order": None, "reverify_by": None, "late_at": None}
        draft.set(sign_dispute=_put(draft.case, **began, **fresh))
        draft.note(SignDisputeMoved(move="reverification_began", reason=reason))


def _hear_verification(draft: Draft, order: WorkOrder, moves: Collection[str], rules: Rules, now: datetime) -> None:
    if "opened" in moves:
        _verify_again(draft, ReverifyReason.CONTESTED)
        draft.set(sign_dispute=_put(draft.case, reverify_order=order.order_id, reverify_by=order.due_at, wanted=None))
    if "overdue" in moves:
        draft.set(sign_dispute=_put(draft.case, late_at=order.overdue_at))
        draft.note(SignDisputeMoved(move="reverification_late"))
    if "completed" in moves:
        found: Found = found_in(order)
        _end(draft, found.outcome, found.evidence, now)
        outcome.make_claim(draft, found.outcome, rules, now)
    elif "cancelled" in moves:
        draft.set(sign_dispute=_put(draft.case, wanted=REVERIFICATION, reverify_order=None))


def _end(draft: Draft, how: DisputeOutcome, evidence: Collection[DisputeEvidence], now: datetime) -> None:
    ended = {"stage": DisputeStage.SETTLED, "outcome": how, "settled_at": now, "wanted": None}
    draft.set(sign_dispute=_put(draft.case, **ended, evidence=tuple(evidence)))
    draft.note(SignDisputeMoved(move="settled", outcome=how))


def _put(case: Case, **fields: object) -> SignDispute:
    assert case.sign_dispute is not None
    return case.sign_dispute.model_copy(update=fields)
