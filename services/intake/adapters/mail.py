"""Mail (邮件): a message as SMTP delivered it, threaded by case number, Message-ID and References."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import orjson

from services.intake.adapters import delivery_report
from services.intake.adapters.automatic import automatic_because
from services.intake.adapters.contact import accept_contact, interaction_id_of, originals
from services.intake.adapters.files import Sent, attach_all
from services.intake.adapters.filetype import mismatch
from services.intake.adapters.quoting import is_forward, written
from services.intake.adapters.rfc5322 import mime
from services.intake.adapters.rfc5322.bodies import Bodies, bodies_of, text_of
from services.intake.adapters.rfc5322.headers import addresses, date_of, header, message_ids
from services.intake.adapters.rfc5322.mime import Mail
from services.intake.adapters.thread import case_number_of_id, case_number_of_thread
from services.intake.credentials import Credentials
from services.intake.customers import customer_of, email_address
from services.intake.delivery import Accepted, Adapter, Delivery, Reason, Rejected, Verified
from services.intake.extraction import case_number_in, numbers_in
from services.intake.language import language_of
from services.intake.objects.rules import object_rules
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

MAX_READ = 100_000
MAX_TEXT = 50_000
MAX_ATTACHMENTS = 100
MAX_NOTED = 20
YEARS = range(2000, 2101)
"""A Date outside of them comes from a clock that was never set."""

_MARKING = ("from", "sender", "to", "date", "subject")
_SURROGATES = re.compile("[\ud800-\udfff]")


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    """Mail is not signed. A mail is caused by its Message-ID; one without, by its content."""
    try:
        mail = mime.parse(delivery.body)
    except mime.Unreadable as error:
        raise Rejected(Reason.MALFORMED, str(error)) from None
    own_id = message_id_of(mail)
    return Verified(f"gateway/{delivery.gateway.name}/{own_id or _content_mark(mail)}", delivery.body, mail)


def _content_mark(mail: Mail) -> str:
    """Without the Received lines, which differ when the same mail comes again."""
    marking = "\n".join(mail.first(name) for name in _MARKING)
    content = marking.encode("utf-8", "surrogateescape") + b"\n\n" + mail.body
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    mail: Mail = verified.parsed
    interaction_id = interaction_id_of(verified.cause)
    sender = sender_of(mail, delivery.return_path)
    found = _bodies(mail)
    automatic = automatic_because(mail, sender[1], delivery.return_path, delivery.gateway.domains)
    if automatic:
        kept = _with_headers(delivery, _report_headers(mail, found, automatic, delivery.gateway.domains))
        messages = originals(kept, interaction_id, delivery.traceparent)
        return Accepted(interaction_id, messages, {"id": interaction_id}, suppressed=automatic)
    interaction = to_interaction(mail, found, sender, delivery, interaction_id, identity)
    attachments, files = attach_all(
        [_sent(leaf) for leaf in found.files[:MAX_ATTACHMENTS]], interaction_id, object_rules()
    )
    stored = interaction.model_copy(update={"attachments": attachments}) if attachments else interaction
    return accept_contact(_with_headers(delivery, _mismatch_headers(found)), verified.cause, stored, files)


def _sent(leaf: mime.Leaf) -> Sent:
    return Sent(leaf.number, leaf.filename or f"part-{leaf.number}", leaf.declared_type, leaf.content)


def _bodies(mail: Mail) -> Bodies:
    try:
        return bodies_of(mime.structure(mail))
    except mime.Unreadable as error:
        raise Rejected(Reason.MALFORMED, str(error)) from None


def _with_headers(delivery: Delivery, more: dict[str, str]) -> Delivery:
    """What was found out about an original is kept beside it, in the archive."""
    return replace(delivery, headers={**delivery.headers, **more}) if more else delivery


def _report_headers(mail: Mail, found: Bodies, automatic: str, domains: Sequence[str]) -> dict[str, str]:
    if automatic not in ("delivery report", "bounce"):
        return {"suppressed": automatic}
    report = delivery_report.report_of(mail, found, text_of(found)[:MAX_READ])
    told = {
        "failed": [[f.address, f.action, f.status] for f in report.failures],
        "message_id": report.returned,
        "case_number": case_number_of_id(report.returned or "", domains) or case_number_of_thread(mail, domains),
    }
    return {"suppressed": automatic, "delivery-report": _SURROGATES.sub("?", orjson.dumps(told).decode())}


def _mismatch_headers(found: Bodies) -> dict[str, str]:
    """Files that are not what their sender says, by the number of the part: `2 image/jpeg application/zip`."""
    noted = [
        f"{part.number} {part.declared_type} {actual}"
        for part in found.files[:MAX_ATTACHMENTS]
        if (actual := mismatch(part.content, part.declared_type)) is not None
    ]
    return {"mismatched-files": "; ".join(noted[:MAX_NOTED])} if noted else {}


def to_interaction(
    mail: Mail,
    found: Bodies,
    sender: tuple[str, str | None],
    delivery: Delivery,
    interaction_id: str,
    identity: IdentityKey,
) -> Interaction:
    """Raises `Rejected` where nobody can be answered."""
    name, email = sender
    if not email:
        raise Rejected(Reason.INVALID, "no sender: From holds no mail address")
    subject = header(mail, "Subject")[:500]
    text = written(text_of(found)[:MAX_READ], forwarded=is_forward(subject))[:MAX_TEXT]
    numbers = numbers_in(f"{subject}\n{text}")
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
        occurred_at=_sent_at(mail) or delivery.received_at,
        received_at=delivery.received_at,
        case_number=case_number_in(subject) or case_number_of_thread(mail, delivery.gateway.domains),
        message_id=message_id_of(mail),
        tracking_numbers=numbers.tracking,
        order_numbers=numbers.orders,
    )


def _sent_at(mail: Mail) -> datetime | None:
    date = date_of(mail)
    return date if date and date.year in YEARS else None


def sender_of(mail: Mail, return_path: str | None) -> tuple[str, str | None]:
    """Name and address of From, else of Sender, else the envelope's."""
    for field in ("from", "sender"):
        for person, address in addresses(mail, field):
            email = email_address(address)
            if email:
                return person.strip(), email
    return "", email_address(return_path or "")


def message_id_of(mail: Mail) -> str | None:
    found = message_ids(mail, "message-id")
    return f"<{found[0]}>" if found and len(found[0]) <= 400 else None


ADAPTER = Adapter(verify, normalise)
