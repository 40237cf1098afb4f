"""Web chat and forms (网页咨询、理赔申请表): Standard Webhooks JSON, types chat.message and form.submitted."""

import base64
import binascii
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from services.intake.adapters.contact import accept_contact, interaction_id_of
from services.intake.adapters.edge import (
    CaseNumber,
    Edge,
    EdgeInstant,
    Line,
    OrderNumber,
    Text,
    TrackingNumber,
    read_json,
    require_media_type,
)
from services.intake.adapters.files import Sent, attach
from services.intake.adapters.person import Person
from services.intake.adapters.signed import verify_signature
from services.intake.credentials import Credentials
from services.intake.customers import e164, email_address
from services.intake.delivery import Accepted, Adapter, Delivery, FieldError, Reason, Rejected, ToKeep, Verified
from services.intake.extraction import case_number_in, numbers_in
from services.intake.gateways import Gateway
from services.intake.objects.faults import ObjectFault
from services.intake.objects.rules import object_rules
from shared.contracts.interactions import Attachment, ClaimForm, ClaimKind, EvidenceKind, Interaction
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey


def _phone(value: str) -> str:
    number = e164(value)
    if number is None:
        raise ValueError("not a phone number: write it nationally (China) or as +country and number")
    return number


def _email(value: str) -> str:
    address = email_address(value)
    if address is None:
        raise ValueError("not a mail address")
    return address


class WebPerson(Person):
    """Typed into a form, so a wrong handle is told to the person at once."""

    phone: Annotated[str, Field(max_length=40), AfterValidator(_phone)] | None = None
    email: Annotated[str, Field(max_length=254), AfterValidator(_email)] | None = None

    def handles(self) -> tuple[str | None, str | None]:
        return self.phone, self.email


class WebForm(Edge):
    """A claim form (理赔申请); `claimed` is yuan with at most two decimals, as a string."""

    kind: ClaimKind
    tracking_number: TrackingNumber
    claimed: Annotated[str, Field(pattern=r"^[0-9]{1,10}(\.[0-9]{1,2})?$", examples=["199.00"])]
    goods: Line | None = None
    payee: Line | None = None

    def to_claim(self) -> ClaimForm:
        return ClaimForm(
            kind=self.kind,
            tracking_number=self.tracking_number,
            claimed_fen=int(Decimal(self.claimed) * 100),
            goods=self.goods,
            payee=Personal(self.payee) if self.payee else None,
        )


def _decodable(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    return value


class WebAttachment(Edge):
    name: Annotated[str, Field(min_length=1, max_length=255)]
    content_type: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}$")]
    content_base64: Annotated[str, AfterValidator(_decodable)]
    evidence: EvidenceKind | None = None

    def sent(self, part: int, pointer: str = "") -> Sent:
        content = base64.b64decode(self.content_base64)
        return Sent(part, self.name, self.content_type.lower(), content, self.evidence, pointer)


class WebContact(Edge):
    """What a customer wrote, with the form and the files beside it."""

    customer: WebPerson = Field(default_factory=WebPerson)
    text: Text = ""
    subject: Line | None = None
    case_number: CaseNumber | None = None
    tracking_numbers: Annotated[tuple[TrackingNumber, ...], Field(max_length=50)] = ()
    order_numbers: Annotated[tuple[OrderNumber, ...], Field(max_length=50)] = ()
    occurred_at: EdgeInstant
    form: WebForm | None = None
    attachments: Annotated[tuple[WebAttachment, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text.strip() and self.form is None and not self.attachments:
            raise ValueError("text, form or attachments are needed")
        return self


class WebDelivery(Edge):
    """The body of a webhook of the web gateway."""

    type: Literal["chat.message", "form.submitted"]
    timestamp: EdgeInstant
    data: WebContact


def to_interaction(
    contact: WebContact,
    gateway: Gateway,
    interaction_id: str,
    received_at: datetime,
    identity: IdentityKey,
    attachments: tuple[Attachment, ...],
) -> Interaction:
    """`attachments`: what became of the contact's files, which differs by the way it came."""
    text = contact.text.strip()
    found = numbers_in(f"{contact.subject}\n{text}" if contact.subject else text)
    of_form = (contact.form.tracking_number,) if contact.form else ()
    return Interaction(
        interaction_id=interaction_id,
        channel=Channel.WEB,
        gateway=gateway.name,
        customer=contact.customer.to_customer(identity, interaction_id, text),
        text=Personal(text),
        subject=Personal(contact.subject) if contact.subject else None,
        occurred_at=contact.occurred_at,
        received_at=received_at,
        case_number=contact.case_number or case_number_in(f"{contact.subject or ''} {text}"),
        tracking_numbers=_once(*contact.tracking_numbers, *of_form, *found.tracking),
        order_numbers=_once(*contact.order_numbers, *found.orders),
        attachments=attachments,
        claim=contact.form.to_claim() if contact.form else None,
    )


def _once(*numbers: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(numbers))


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_media_type(delivery.headers, "application/json")
    return verify_signature(delivery, credentials)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    sent = read_json(WebDelivery, verified.payload)
    interaction_id = interaction_id_of(verified.cause)
    attached = [_attached(n, file) for n, file in enumerate(sent.data.attachments)]
    attachments = tuple(attachment for attachment, _ in attached)
    interaction = to_interaction(
        sent.data, delivery.gateway, interaction_id, delivery.received_at, identity, attachments
    )
    return accept_contact(delivery, verified.cause, interaction, tuple(file for _, file in attached))


def _attached(place: int, file: WebAttachment) -> tuple[Attachment, ToKeep]:
    """Who sends a form is told at once what is not taken."""
    pointer = f"/data/attachments/{place}/content_base64"
    try:
        return attach(file.sent(place, pointer), object_rules())
    except ObjectFault as fault:
        raise Rejected(Reason.INVALID, "a file can't be taken", [FieldError(pointer, str(fault))]) from None


ADAPTER = Adapter(verify, normalise)
