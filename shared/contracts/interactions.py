"""interactions.v1: one contact on one channel, normalised (IN-3)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Fen, Instant, Word
from shared.contracts.media import MediaFault, MediaKind, PlatformMedia
from shared.contracts.parcels import Node
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal


class ClaimKind(Word):
    """What a customer demands compensation for (CL-1)."""

    LOSS = "loss"
    DAMAGE = "damage"
    SHORTAGE = "shortage"
    DELAY = "delay"
    WRONG_DELIVERY = "wrong_delivery"
    RETURN_DISPUTE = "return_dispute"
    COLD_CHAIN = "cold_chain"


class EvidenceKind(Word):
    """Evidence of a claim (CL-2): 货值证明, 损失照片, 运输合同, 内外包装, 序列号."""

    PROOF_OF_VALUE = "proof_of_value"
    DAMAGE_PHOTO = "damage_photo"
    WAYBILL = "waybill"
    PACKAGING = "packaging"
    SERIAL_NUMBER = "serial_number"


class Attachment(Contract):
    """A file of a contact, kept by intake.

    `ref` says where: object:<sha256> in the object store (IN-4), raw:<interaction id>#<part> within the original.
    """

    name: Personal
    content_type: str
    size: int = Field(ge=0, description="bytes")
    sha256: str
    ref: str
    evidence: EvidenceKind | None = None
    declared_type: str | None = Field(None, description="what its sender calls it, where the content is something else")
    refused: Literal["type", "size", "malware"] | None = Field(
        None, description="why it is kept within the original only"
    )


class ClaimForm(Contract):
    """What a claim form says (理赔申请); amounts in fen."""

    kind: ClaimKind
    tracking_number: str
    claimed_fen: Fen
    goods: str | None = None
    payee: Personal | None = None


class Call(Contract):
    """A phone contact: ring count, waiting and talking time in seconds; `answered` false is a missed call."""

    call_id: str
    rings: int = Field(ge=0)
    wait_seconds: int = Field(ge=0)
    talk_seconds: int = Field(ge=0)
    answered: bool
    recording_ref: str | None = Field(None, description="media:…, one of the contact's or of an earlier one's `media`")
    recording_refs: tuple[str, ...] = Field((), description="all of them, where a call has more than one")


class FindingKind(Word):
    """What can be read in a contact's text (IN-7)."""

    TRACKING_NUMBER = "tracking_number"
    ORDER_NUMBER = "order_number"
    AMOUNT = "amount"
    DATE = "date"
    PHONE = "phone"
    ADDRESS = "address"
    GOODS_TYPE = "goods_type"
    EXCEPTION_NODE = "exception_node"
    WISHED_SOLUTION = "wished_solution"


class Solution(Word):
    """What a customer wants done (预期解决方案)."""

    REFUND = "refund"  # 退款
    RETURN = "return"  # 退货
    EXCHANGE = "exchange"  # 换货
    REPAIR = "repair"  # 维修
    RESHIP = "reship"  # 补发
    REDELIVERY = "redelivery"  # 重新派送
    EXPEDITE = "expedite"  # 催办
    ADDRESS_CHANGE = "address_change"  # 改地址
    CANCELLATION = "cancellation"  # 取消订单、拦截
    COMPENSATION = "compensation"  # 赔偿
    PRICE_DIFFERENCE = "price_difference"  # 补差价
    INVOICE = "invoice"  # 发票
    APOLOGY = "apology"  # 道歉


class Finding(Contract):
    """What `text[start:end]` of a contact says (positions in Unicode code points), each value of a kind once.

    Phones (E.164) and addresses are in `personal`, everything else in `value`: a number in capitals; an amount in
    hundredths of `currency` (fen, cents); a date in ISO 8601, as exact as it was said (2026-11, 2026-W46,
    2026-11-03, 2026-11-19T15:00+08:00); a code of goods, node or solution.
    """

    kind: FindingKind
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    value: str | None = None
    personal: Personal | None = None
    currency: str | None = None


class Interaction(Contract):
    """One contact (联系). The ce_id equals `interaction_id`; the raw body is fetched from intake by that id."""

    interaction_id: str
    channel: Channel
    gateway: str
    customer: Customer
    text: Personal
    subject: Personal | None = None
    occurred_at: Instant
    received_at: Instant
    case_number: str | None = Field(None, description="case that the customer refers to")
    message_id: str | None = Field(None, description="RFC 5322 Message-ID, for threading the answer")
    tracking_numbers: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    media: tuple[PlatformMedia, ...] = Field((), description="files that the platform only names; they follow")
    claim: ClaimForm | None = None
    call: Call | None = None
    follows: str | None = Field(None, description="interaction that this one adds to: a transcript that came later")
    originals: tuple[str, ...] = Field((), description="ids of the originals, where the contact came in several")
    found: tuple[Finding, ...] = ()
    goods_type: str | None = Field(None, description="货物类型: a code of intake's vocabulary")
    exception_node: Node | None = Field(None, description="异常节点: where the text says that something is wrong")
    wished_solution: Solution | None = Field(None, description="预期解决方案: what the customer asks for first")


class MediaStored(Contract):
    """A file that a contact only named is in our store now; it follows its contact in the same partition."""

    interaction_id: str
    ref: str = Field(description="as the contact's `media` names it")
    kind: MediaKind
    attachment: Attachment
    stored_at: Instant


class MediaFailed(Contract):
    """A file that a contact named can't be had; nobody tries any more."""

    interaction_id: str
    ref: str
    kind: MediaKind
    fault: MediaFault
    failed_at: Instant


INTERACTION_RECEIVED = "parcelcare.interaction.received"
MEDIA_STORED = "parcelcare.interaction.media-stored"
MEDIA_FAILED = "parcelcare.interaction.media-failed"
TYPES: dict[str, type[Contract]] = {
    INTERACTION_RECEIVED: Interaction,
    MEDIA_STORED: MediaStored,
    MEDIA_FAILED: MediaFailed,
}
