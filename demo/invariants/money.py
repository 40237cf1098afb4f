"""Paid is what was decided, to the fen, decision by decision."""

from demo.invariants.finding import Evidence, Finding, finding


def amounts_are_equal(evidence: Evidence) -> Finding:
    """Every line of the statement is a decision's order, to the fen."""
    ordered = {order.reference: order.amount_fen for order in evidence.seen.orders.values()}
    broken = (
        f"{line.reference}: paid {line.amount_fen}, ordered {ordered.get(line.reference)}"
        for line in evidence.statement
        if ordered.get(line.reference) != line.amount_fen
    )
    return finding(
        "paid_other_amount",
        "付款与决定金额不一致",
        "payment that no decision ordered, or of another amount",
        "money",
        len(evidence.statement),
        broken,
    )


def orders_are_paid(evidence: Evidence) -> Finding:
    known = {line.reference for line in evidence.statement}
    settled = [order for order in evidence.seen.orders.values() if evidence.settled(order.seen_at)]
    return finding(
        "ordered_not_paid",
        "已决定但未付款",
        "decided, but not paid",
        "money",
        len(settled),
        (order.reference for order in settled if order.reference not in known),
    )


def orders_are_decisions(evidence: Evidence) -> Finding:
    """An order to pay has a decision in claims.v1, of the same amount; the first one pays the whole award."""
    broken = []
    for order in evidence.seen.orders.values():
        payout = evidence.seen.payouts.get(order.decision_id)
        if payout is None:
            broken.append(f"{order.reference}: no decision")
        elif payout["amount_fen"] != order.amount_fen:
            broken.append(f"{order.reference}: ordered {order.amount_fen}, decided {payout['amount_fen']}")
        elif (
            order.reference.endswith("-1")
            and payout["award_fen"] is not None
            and _first_differs(evidence, order.claim_id, payout["award_fen"], order.amount_fen)
        ):
            broken.append(f"{order.reference}: ordered {order.amount_fen}, awarded {payout['award_fen']}")
    return finding(
        "order_without_decision",
        "付款指令没有对应的决定",
        "order to pay without an equal decision",
        "money",
        len(evidence.seen.orders),
        broken,
    )


def _first_differs(evidence: Evidence, claim_id: str, award_fen: int, ordered_fen: int) -> bool:
    orders = sum(order.claim_id == claim_id for order in evidence.seen.orders.values())
    return orders == 1 and award_fen != ordered_fen


def paid_claims_have_payments(evidence: Evidence) -> Finding:
    moved = {line.payout_id for line in evidence.statement if line.moved_money}
    paid = [p for p in evidence.seen.payouts.values() if p["status"] == "succeeded"]
    return finding(
        "said_paid_but_not",
        "宣称已赔付但无付款记录",
        "said to be paid, but the statement has no payment",
        "money",
        len(paid),
        (str(p["decision_id"]) for p in paid if p.get("provider_ref") not in moved),
    )
