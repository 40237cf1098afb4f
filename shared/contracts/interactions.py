"""interactions.v1: one contact on one channel, normalised (IN-3)."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.base import Contract, Fen, Instant
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal


class ClaimKind(StrEnum):
    """What a customer demands compensation for (CL-1)."""

    LOSS = "loss"
    DAMAGE = "damage"
    SHORTAGE = "shortage"
    DELAY = "delay"
    WRONG_DELIVERY = "wrong_delivery"
    RETURN_DISPUTE = "return_dispute"
    COLD_CHAIN = "cold_chain"


class EvidenceKind(StrEnum):
    """Evidence of a claim (CL-2): 货值证明, 损失照片, 运输合同, 内外包装, 序列号."""

    PROOF_OF_VALUE = "proof_of_value"
    DAMAGE_PHOTO = "damage_photo"
    WAYBILL = "waybill"
    PACKAGING = "packaging"
    SERIAL_NUMBER = "serial_number"


class Attachment(Contract):
    """A file that came with a contact: kept by intake, referred to by `ref` (raw:<interaction id>#<part>)."""

    name: Personal
    content_type: str
    size: int = Field(ge=0, description="bytes")
    sha256: str
    ref: str
    evidence: EvidenceKind | None = None


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
    recording_ref: str | None = None
    recording_refs: tuple[str, ...] = Field((), description="all of them, where a call has more than one")


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
    claim: ClaimForm | None = None
    call: Call | None = None
    follows: str | None = Field(None, description="interaction that this one adds to: a transcript that came later")
    originals: tuple[str, ...] = Field((), description="ids of the originals, where the contact came in several")


INTERACTION_RECEIVED = "parcelcare.interaction.received"
TYPES: dict[str, type[Contract]] = {INTERACTION_RECEIVED: Interaction}
