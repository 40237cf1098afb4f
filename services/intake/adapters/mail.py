"""Mail (邮件): a message as SMTP delivered it, threaded by case number, Message-ID and References."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from email.message import Message
from typing import TypeAlias

from services.intake.adapters import mime
from services.intake.adapters.contact import accept_contact, interaction_id_of, originals
from services.intake.adapters.quoting import written
from services.intake.credentials import Credentials
from services.intake.customers import customer_of, email_address
from services.intake.delivery import Accepted, Adapter, Delivery, Reason, Rejected, Verified
from services.intake.extraction import case_number_in, numbers_in
from services.intake.gateways import Gateway
from services.intake.language import language_of
from shared.contracts.interactions import Attachment, Interaction
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

MAX_READ = 100_000
MAX_TEXT = 50_000
MAX_ATTACHMENTS = 100
_MESSAGE_ID = re.compile(r"<([^<>\s]{3,400})>", re.ASCII)
_OUR_ID = re.compile(r"\.(PC[0-9A-HJKMNP-TV-Z]{8})@([a-z0-9.-]+)$", re.ASCII | re.IGNORECASE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")

Mail: TypeAlias = "Message[str, str]"


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    """Mail is not signed. A mail is caused by its Message-ID; one without, by its content."""
    message = _parsed(delivery.body)
    own_id = message_id_of(message)
    mark = own_id or f"sha256:{hashlib.sha256(_content(delivery.body)).hexdigest()}"
    return Verified(f"gateway/{delivery.gateway.name}/{mark}", delivery.body, message)


def _content(body: bytes) -> bytes:
    """Without the header: its Received lines differ when the same mail comes again."""
    parts = _HEADER_END.split(body, maxsplit=1)
    return parts[1] if len(parts) == 2 and parts[1].strip() else body


def _parsed(body: bytes) -> Mail:
    try:
        return mime.parse(body)
    except mime.Unreadable as error:
        raise Rejected(Reason.MALFORMED, str(error)) from None


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    message: Mail = verified.parsed
    interaction_id = interaction_id_of(verified.cause)
    automatic = automatic_because(message, delivery)
    if automatic:
        traceparent = delivery.traceparent
        messages = originals(delivery, interaction_id, traceparent)
        return Accepted(interaction_id, messages, {"id": interaction_id}, suppressed=automatic)
    interaction = to_interaction(message, delivery, interaction_id, identity)
    return accept_contact(delivery, verified.cause, interaction)


def automatic_because(message: Mail, delivery: Delivery) -> str | None:
    """Why nobody wrote this mail (answering it could go on for ever), or None. RFC 3834."""
    submitted = mime.header(message, "Auto-Submitted").split(";")[0].strip().lower()
    sender = sender_of(message, delivery.return_path)
    if delivery.return_path == "" or message.get_content_type() == "multipart/report":
        return "bounce"
    if submitted not in ("", "no") or message.get("X-Autoreply") or message.get("X-Autorespond"):
        return "automatic reply"
    if mime.header(message, "Precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return "bulk mail"
    if sender[1] and sender[1].rpartition("@")[2] in delivery.gateway.domains:
        return "our own mail"
    return None


def to_interaction(message: Mail, delivery: Delivery, interaction_id: str, identity: IdentityKey) -> Interaction:
    """Raises `Rejected` where nobody can be answered, or the parts can't be read."""
    name, email = sender_of(message, delivery.return_path)
    if not email:
        raise Rejected(Reason.INVALID, "no sender: From holds no mail address")
    parts = _leaves(message)
    text = written(mime.text_of(parts)[:MAX_READ])[:MAX_TEXT]
    subject = mime.header(message, "Subject")[:500]
    found = numbers_in(f"{subject}\n{text}")
    return Interaction(
        interaction_id=interaction_id,
        channel=Channel.EMAIL,
        gateway=delivery.gateway.name,
        customer=customer_of(
            identity,
            unknown=interaction_id,
            name=name[:100] or None,
            email=email,
            language=language_of(f"{subject} {text}"),
        ),
        text=Personal(text),
        subject=Personal(subject) if subject else None,
        occurred_at=mime.date_of(message) or delivery.received_at,
        received_at=delivery.received_at,
        case_number=case_number_in(subject) or case_number_of_thread(message, delivery.gateway),
        message_id=message_id_of(message),
        tracking_numbers=found.tracking,
        order_numbers=found.orders,
        attachments=attachments_of(parts, interaction_id),
    )


def _leaves(message: Mail) -> list[mime.Leaf]:
    try:
        return list(mime.leaves(message))
    except mime.Unreadable as error:
        raise Rejected(Reason.MALFORMED, str(error)) from None


def sender_of(message: Mail, return_path: str | None) -> tuple[str, str | None]:
    """Name and address of From, else of Sender, else the envelope's."""
    for name in ("From", "Sender"):
        person, address = mime.address(mime.header(message, name))
        email = email_address(address)
        if email:
            return person.strip(), email
    return "", email_address(return_path or "")


def message_id_of(message: Mail) -> str | None:
    found = _MESSAGE_ID.search(mime.header(message, "Message-ID"))
    return f"<{found[1]}>" if found else None


def case_number_of_thread(message: Mail, gateway: Gateway) -> str | None:
    """Our own Message-IDs name the case; the latest one that the mail answers counts."""
    answered = _MESSAGE_ID.findall(mime.header(message, "In-Reply-To"))
    before = _MESSAGE_ID.findall(mime.header(message, "References"))
    return next(_case_numbers([*answered, *reversed(before)], gateway), None)


def _case_numbers(ids: Sequence[str], gateway: Gateway) -> Iterator[str]:
    for one in ids:
        ours = _OUR_ID.search(one)
        if ours and ours[2].lower() in gateway.domains:
            yield ours[1].upper()


def attachments_of(parts: Sequence[mime.Leaf], interaction_id: str) -> tuple[Attachment, ...]:
    files = [part for part in parts if not part.is_body]
    return tuple(
        Attachment(
            name=Personal((part.filename or f"part-{part.number}")[:255]),
            content_type=part.content_type[:100],
            size=len(part.content),
            sha256=part.sha256,
            ref=f"raw:{interaction_id}#{part.number}",
        )
        for part in files[:MAX_ATTACHMENTS]
    )


ADAPTER = Adapter(verify, normalise)
