"""A visitor's message or form as a contact of the channel web: a session proves who sent it (IN-1, IN-4, IN-6)."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.intake.adapters.contact import accept_contact, interaction_id_of
from services.intake.adapters.edge import Edge, Line, OrderNumber, Text, TrackingNumber, read_json, require_media_type
from services.intake.adapters.web import WebContact, WebForm, WebPerson, to_interaction
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, FieldError, Reason, Rejected, Verified
from services.intake.objects.kept import ref_of
from services.intake.webchat.seals import Receipt, SealBroken, Session, receipt_of, session_of
from shared.contracts.interactions import Attachment, EvidenceKind
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

MAX_FILES = 10
MONTH_S = 30 * 24 * 3600
ClientId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Topic = Literal["chat", "claim", "complaint", "return", "exchange", "repair"]
SUBJECTS: dict[Topic, tuple[str, str]] = {
    "claim": ("理赔申请", "Claim"),
    "complaint": ("投诉", "Complaint"),
    "return": ("退货申请", "Return request"),
    "exchange": ("换货申请", "Exchange request"),
    "repair": ("维修申请", "Repair request"),
}
"""What stands above a form's text, for the agent and for what reads the text."""


class VisitorFile(Edge):
    """A file that was uploaded before, by its receipt."""

    receipt: Annotated[str, Field(min_length=1, max_length=2000)]
    name: Annotated[str, Field(min_length=1, max_length=255)]
    evidence: EvidenceKind | None = None


class VisitorMessage(Edge):
    """`id` is made by the browser: the same id is the same message. `age_s`: how long ago it was written, by the
    browser's own clock, which may be wrong but not by much in how it runs. `website` is a trap for robots: no person
    sees the field."""

    id: ClientId
    topic: Topic = "chat"
    language: Literal["zh", "en"]
    customer: WebPerson
    text: Text = ""
    tracking_numbers: Annotated[tuple[TrackingNumber, ...], Field(max_length=20)] = ()
    order_numbers: Annotated[tuple[OrderNumber, ...], Field(max_length=20)] = ()
    goods: Line | None = None
    form: WebForm | None = None
    files: Annotated[tuple[VisitorFile, ...], Field(max_length=MAX_FILES)] = ()
    age_s: Annotated[int, Field(ge=0, le=MONTH_S)] = 0
    website: Annotated[str, Field(max_length=0)] = ""

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if not (self.customer.phone or self.customer.email):
            raise ValueError("a phone number or a mail address is needed, so that the answer can reach you")
        if (self.topic == "claim") != (self.form is not None):
            raise ValueError("a claim has a form, and nothing else has one")
        if not self.text.strip() and self.form is None and not self.files:
            raise ValueError("text, form or files are needed")
        return self

    def to_contact(self, delivery: Delivery) -> WebContact:
        chinese, english = SUBJECTS.get(self.topic, ("", ""))
        goods = f"\n{'商品：' if self.language == 'zh' else 'Goods: '}{self.goods}" if self.goods else ""
        return WebContact.model_construct(
            customer=self.customer.model_copy(update={"language": self.language}),
            text=self.text + goods,
            subject=(chinese if self.language == "zh" else english) or None,
            case_number=None,
            tracking_numbers=self.tracking_numbers,
            order_numbers=self.order_numbers,
            occurred_at=delivery.received_at - timedelta(seconds=self.age_s),
            form=self.form,
            attachments=(),
        )


def cause_of(session: Session, client_id: str) -> str:
    """Nobody but this visitor can name his messages, and each attempt at one is the same."""
    return f"gateway/{session.gateway}/{session.visitor}/{client_id}"


def session_in(delivery: Delivery, secret: str) -> Session:
    """Raises `Rejected` (401)."""
    scheme, _, token = delivery.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise SealBroken("a session is needed")
        origin = delivery.headers.get("origin", "")
        return session_of(token, secret, delivery.gateway.name, origin, delivery.arrived_at)
    except SealBroken as error:
        raise Rejected(Reason.SESSION, str(error)) from None


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_media_type(delivery.headers, "application/json")
    secret = credentials.of(delivery.gateway).hmac_secret or ""
    session = session_in(delivery, secret)
    sent = read_json(VisitorMessage, delivery.body)
    receipts = tuple(_receipt(n, file, secret, session, delivery) for n, file in enumerate(sent.files))
    return Verified(cause_of(session, sent.id), delivery.body, (sent, receipts))


def _receipt(place: int, file: VisitorFile, secret: str, session: Session, delivery: Delivery) -> Receipt:
    try:
        return receipt_of(file.receipt, secret, session, delivery.arrived_at)
    except SealBroken as error:
        fault = FieldError(f"/files/{place}/receipt", str(error))
        raise Rejected(Reason.INVALID, "a file has no valid receipt", [fault]) from None


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    sent, receipts = verified.parsed
    interaction_id = interaction_id_of(verified.cause)
    attachments = tuple(_attachment(file, receipt) for file, receipt in zip(sent.files, receipts, strict=True))
    contact, at = sent.to_contact(delivery), delivery.received_at
    interaction = to_interaction(contact, delivery.gateway, interaction_id, at, identity, attachments)
    # The visitor's handle stays out: nobody checked the numbers typed here, and handles named together merge people.
    return accept_contact(delivery, verified.cause, interaction)


def _attachment(file: VisitorFile, receipt: Receipt) -> Attachment:
    return Attachment(
        name=Personal(file.name),
        content_type=receipt.content_type,
        size=receipt.size,
        sha256=receipt.sha256,
        ref=ref_of(receipt.sha256),
        evidence=file.evidence,
    )


ADAPTER = Adapter(verify, normalise)
