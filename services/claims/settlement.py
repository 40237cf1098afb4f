"""What the payment provider answers, and what it does to the claim (CL-7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.claims.assess import to_person
from services.claims.claim_file import ClaimFile
from services.claims.lifecycle import Move
from services.claims.rulebook import RuleSet
from services.claims.ruling import paid, with_payout
from services.claims.turn import Turn
from services.claims.words import Text
from shared.contracts.claims import ClaimState, Payout, PayoutRefused

PayoutStatus = Literal["succeeded", "pending", "refused", "returned"]

REASONS: dict[PayoutStatus, Text] = {
    "refused": Text("支付机构拒绝付款，请核实收款账户", "the payment was refused: check the account"),
    "returned": Text("款项被退回，请核实收款账户", "the payment came back: check the account"),
}


@dataclass(frozen=True, slots=True)
class PayoutAnswered:
    """The provider's standing of the payment of one decision."""

    decision_id: str
    status: PayoutStatus
    provider_ref: str | None


def settle(file: ClaimFile, answer: PayoutAnswered, rules: RuleSet, now: datetime) -> Turn | None:
    """None: the answer says nothing new, or belongs to a decision that is not the latest."""
    payout = file.claim.payout
    if payout is None or payout.decision_id != answer.decision_id:
        return None
    turn = Turn.of(file)
    under_way = file.claim.state in (ClaimState.APPROVED, ClaimState.PARTLY_APPROVED)
    if answer.status == "succeeded" and under_way:
        return paid(turn, _standing(payout, "succeeded", answer), rules, now)
    if answer.status == "pending" and under_way:
        due = now + timedelta(minutes=rules.deadlines.payout_check_minutes)
        return with_payout(turn, _standing(payout, "pending", answer)).with_file(next_due=due)
    if answer.status in REASONS and (under_way or file.claim.state is ClaimState.PAID):
        return _lost(turn, _standing(payout, "refused", answer), REASONS[answer.status])
    return None


def _standing(payout: Payout, status: Literal["succeeded", "pending", "refused"], answer: PayoutAnswered) -> Payout:
    return payout.model_copy(update={"status": status, "provider_ref": answer.provider_ref})


def _lost(turn: Turn, payout: Payout, reason: Text) -> Turn:
    """No money arrived: a person looks at the account and decides again, under a new decision id."""
    turn = with_payout(turn.moved(Move.LOSE_PAYMENT), payout)
    turn = turn.with_claim(paid_at=None).noting(PayoutRefused(reason=reason.both))
    return to_person(turn, reason)
