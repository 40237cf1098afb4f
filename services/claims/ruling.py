"""A decision on the amount, and the one payment that follows from it (CL-7)."""

from datetime import datetime, timedelta

from services.claims.claim_file import ClaimFile, Ruling
from services.claims.lifecycle import Move
from services.claims.rulebook import RuleSet
from services.claims.turn import Turn
from shared.contracts.base import derived_id
from shared.contracts.claims import Award, Decided, Paid, Payout, PayoutRequested, PayoutRequestedChange
from shared.contracts.personal import Personal


def rule(turn: Turn, award: Award, by: tuple[str, ...], reason: Personal | None, rules: RuleSet, now: datetime) -> Turn:
    """Decide on `award.amount_fen` in all; what an earlier decision paid is deducted from the payment.

    The decision's id is derived from the claim and the number of the decision: it is the provider's idempotency key.
    """
    claim = turn.file.claim
    decision_id = derived_id(claim.claim_id, f"decision/{len(turn.file.rulings) + 1}")
    payable = max(0, award.amount_fen - turn.file.paid_fen)
    payout = Payout(decision_id=decision_id, amount_fen=payable, status="requested") if payable else None
    ruling = Ruling(
        decision_id=decision_id,
        by=by,
        award_fen=award.amount_fen,
        reason=reason,
        rule_set=rules.version,
        at=now,
        payout=payout,
    )
    turn = (
        turn.moved(_move(turn, award.amount_fen, payable))
        .with_file(rulings=(*turn.file.rulings, ruling), proposal=None)
        .with_claim(
            award=award, decided_by=", ".join(by), decided_at=now, review_reason=None, payout=payout or claim.payout
        )
        .noting(Decided(by=", ".join(by), reason=reason))
    )
    if payout is None:
        return turn.with_file(next_due=now + timedelta(hours=rules.deadlines.appeal_hours))
    return _ordered(turn, payout).with_file(next_due=now + timedelta(minutes=rules.deadlines.payout_check_minutes))


def _move(turn: Turn, award_fen: int, payable: int) -> Move:
    if payable == 0:
        return Move.UPHOLD if turn.file.paid_fen else Move.REJECT
    return Move.APPROVE if award_fen >= turn.file.claim.claimed_fen else Move.APPROVE_PARTLY


def _ordered(turn: Turn, payout: Payout) -> Turn:
    return turn.noting(PayoutRequestedChange()).paying(payout_order(turn.file, payout))


def payout_order(file: ClaimFile, payout: Payout) -> PayoutRequested:
    """The order as it was given: the same decision always gives the same body, as the provider demands."""
    claim = file.claim
    number = next(n for n, r in enumerate(file.rulings, start=1) if r.decision_id == payout.decision_id)
    assert claim.payee is not None, "a decision to pay is refused without a payee"
    return PayoutRequested(
        decision_id=payout.decision_id,
        claim_id=claim.claim_id,
        amount_fen=payout.amount_fen,
        payee=claim.payee,
        reference=f"{claim.number}-{number}",
    )


def with_payout(turn: Turn, payout: Payout) -> Turn:
    """The payout's new standing, on the claim and on the decision that it belongs to."""
    rulings = tuple(
        r.model_copy(update={"payout": payout}) if r.decision_id == payout.decision_id else r for r in turn.file.rulings
    )
    return turn.with_claim(payout=payout).with_file(rulings=rulings)


def paid(turn: Turn, payout: Payout, rules: RuleSet, now: datetime) -> Turn:
    return (
        with_payout(turn.moved(Move.PAY), payout)
        .with_claim(paid_at=now)
        .with_file(next_due=now + timedelta(hours=rules.deadlines.appeal_hours))
        .noting(Paid())
    )
