"""Disputes about who signed for a parcel (签收未收到, RO-13): what a case knows of one, and what befalls it."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant, Word


class DisputeStage(Word):
    RECEIPT_ASKED = "receipt_asked"  # 已向承运方索要签收回执
    RECEIPT_GIVEN = "receipt_given"  # 已取得本人签收回执
    REVERIFYING = "reverifying"  # 48 小时复核中
    SETTLED = "settled"  # 已有结论


class SignOff(Word):
    """How the parcel was signed for, as the carrier's receipt says."""

    IN_PERSON = "in_person"  # 本人签收
    PROXY = "proxy"  # 他人代收
    PICKUP_POINT = "pickup_point"  # 驿站、快递柜代收


class ReverifyReason(Word):
    PROXY = "proxy"  # 代收
    DAMAGED = "damaged"  # 签收时已破损
    NO_RECEIPT = "no_receipt"  # 承运方未提供回执
    CONTESTED = "contested"  # 收件人否认回执


class DisputeOutcome(Word):
    DELIVERED = "delivered"  # 已妥投收件人
    NOT_DELIVERED = "not_delivered"  # 未妥投
    PROXY_WITHOUT_CONSENT = "proxy_without_consent"  # 未经同意代收
    SOLVED_BY_HANDLER = "solved_by_handler"  # 客服与客户已解决, before the carrier's receipt came


class DisputeEvidence(Word):
    """What a re-verification rests on."""

    CAMERA = "camera"  # 监控或执法记录影像
    RECIPIENT_CALL = "recipient_call"  # 收件人回访通话


class SignDispute(Contract):
    """The dispute of a case as it stands. It names no signer: that stays in the work order's answer."""

    stage: DisputeStage
    opened_at: Instant
    tracking_number: str
    area: str | None = Field(None, description="place of the last scans, once the parcel's track is known")
    wanted: str | None = Field(None, description="role of the work order that is to be opened next, see signing.yaml")
    receipt_order: str | None = None
    reverify_order: str | None = None
    reason: ReverifyReason | None = None
    reverify_by: Instant | None = None
    late_at: Instant | None = Field(None, description="when the re-verification missed its time limit")
    outcome: DisputeOutcome | None = None
    evidence: tuple[DisputeEvidence, ...] = ()
    settled_at: Instant | None = None


DisputeMove = Literal["opened", "located", "receipt_given", "reverification_began", "reverification_late", "settled"]


class SignDisputeMoved(Contract):
    """A dispute was opened, its area became known, the carrier's receipt came, a re-verification began, was late, or
    ended."""

    type: Literal["sign_dispute"] = "sign_dispute"
    move: DisputeMove
    reason: ReverifyReason | None = None
    outcome: DisputeOutcome | None = None
    area: str | None = None
