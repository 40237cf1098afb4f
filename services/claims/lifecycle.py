"""The life cycle (CL-10): one table of legal moves; everything else is refused, with the reason."""

from enum import StrEnum

from services.claims.words import Text
from shared.contracts.claims import ClaimState

S = ClaimState


class Move(StrEnum):
    ASK = "ask"
    REVIEW = "review"
    APPROVE = "approve"
    APPROVE_PARTLY = "approve_partly"
    REJECT = "reject"
    UPHOLD = "uphold"
    PAY = "pay"
    LOSE_PAYMENT = "lose_payment"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    APPEAL = "appeal"


MOVES: dict[tuple[ClaimState, Move], ClaimState] = {
    (S.DRAFT, Move.ASK): S.AWAITING_EVIDENCE,
    (S.DRAFT, Move.REVIEW): S.IN_REVIEW,
    (S.DRAFT, Move.WITHDRAW): S.WITHDRAWN,
    (S.AWAITING_EVIDENCE, Move.ASK): S.AWAITING_EVIDENCE,
    (S.AWAITING_EVIDENCE, Move.REVIEW): S.IN_REVIEW,
    (S.AWAITING_EVIDENCE, Move.WITHDRAW): S.WITHDRAWN,
    (S.IN_REVIEW, Move.ASK): S.AWAITING_EVIDENCE,
    (S.IN_REVIEW, Move.REVIEW): S.IN_REVIEW,
    (S.IN_REVIEW, Move.APPROVE): S.APPROVED,
    (S.IN_REVIEW, Move.APPROVE_PARTLY): S.PARTLY_APPROVED,
    (S.IN_REVIEW, Move.REJECT): S.REJECTED,
    (S.IN_REVIEW, Move.UPHOLD): S.PAID,
    (S.IN_REVIEW, Move.WITHDRAW): S.WITHDRAWN,
    (S.APPROVED, Move.PAY): S.PAID,
    (S.APPROVED, Move.LOSE_PAYMENT): S.IN_REVIEW,
    (S.PARTLY_APPROVED, Move.PAY): S.PAID,
    (S.PARTLY_APPROVED, Move.LOSE_PAYMENT): S.IN_REVIEW,
    (S.PAID, Move.LOSE_PAYMENT): S.IN_REVIEW,
    (S.PAID, Move.APPEAL): S.IN_REVIEW,
    (S.PAID, Move.CLOSE): S.CLOSED,
    (S.REJECTED, Move.APPEAL): S.IN_REVIEW,
    (S.REJECTED, Move.CLOSE): S.CLOSED,
}

STATES: dict[ClaimState, Text] = {
    S.DRAFT: Text("草稿（核实包裹信息中）", "a draft (the parcel's facts are being looked up)"),
    S.AWAITING_EVIDENCE: Text("待补材料", "awaiting evidence"),
    S.IN_REVIEW: Text("审理中", "in review"),
    S.APPROVED: Text("已核准，赔付进行中", "approved, its payment is under way"),
    S.PARTLY_APPROVED: Text("部分核准，赔付进行中", "partly approved, its payment is under way"),
    S.REJECTED: Text("已驳回", "rejected"),
    S.PAID: Text("已赔付", "paid"),
    S.CLOSED: Text("已结案", "closed"),
    S.WITHDRAWN: Text("已撤回", "withdrawn"),
}

MOVE_NAMES: dict[Move, Text] = {
    Move.ASK: Text("要求补充材料", "ask for evidence"),
    Move.REVIEW: Text("进入审理", "go into review"),
    Move.APPROVE: Text("核准", "be approved"),
    Move.APPROVE_PARTLY: Text("部分核准", "be approved in part"),
    Move.REJECT: Text("驳回", "be rejected"),
    Move.UPHOLD: Text("维持原决定", "have its decision upheld"),
    Move.PAY: Text("赔付", "be paid"),
    Move.LOSE_PAYMENT: Text("登记赔付失败", "have its payment refused"),
    Move.CLOSE: Text("结案", "be closed"),
    Move.WITHDRAW: Text("撤回", "be withdrawn"),
    Move.APPEAL: Text("申诉", "be appealed"),
}


class Refused(Exception):
    """What was asked is not allowed now; `reason` says why, for the person who asked."""

    def __init__(self, reason: Text, four_eyes: bool = False) -> None:
        super().__init__(reason.en)
        self.reason = reason
        self.four_eyes = four_eyes


def after(state: ClaimState, move: Move) -> ClaimState:
    """The state after the move. Raises `Refused`."""
    if (state, move) in MOVES:
        return MOVES[state, move]
    now, wish = STATES[state], MOVE_NAMES[move]
    raise Refused(Text(f"该理赔{now.zh}，不能{wish.zh}", f"the claim is {now.en} and cannot {wish.en}"))
