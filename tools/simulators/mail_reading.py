"""A raw mail as a person reads it: decoded headers, the text, the HTML, the names of attachments."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage


@dataclass(frozen=True)
class ReadableMail:
    subject: str
    sender: str
    recipient: str
    date: str
    text: str
    html: str
    attachments: tuple[str, ...]


def decoded(header: str) -> str:
    """`=?utf-8?b?…?=` as the words it stands for; what cannot be decoded stays as it came."""
    if "=?" not in header:
        return header
    try:
        return str(make_header(decode_header(header)))
    except (LookupError, UnicodeDecodeError, ValueError):
        return header


def readable(raw: bytes) -> ReadableMail:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return ReadableMail(
        subject=str(message.get("Subject", "")),
        sender=str(message.get("From", "")),
        recipient=str(message.get("To", "")),
        date=str(message.get("Date", "")),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(part.get_filename() or part.get_content_type() for part in message.iter_attachments()),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeDecodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
