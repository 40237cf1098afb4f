"""A notice as an RFC 5322 message, built by hand: text and HTML, threaded to the customer's mail (NO-2). Pure.

The standard library's `email` package needs ten times as long for the same bytes; tests read these with it.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from struct import unpack_from

from shared.contracts.notices import NoticeRequested
from shared.contracts.pushes import PushRequested

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([^\s@<>\x00-\x20]{1,253})")
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>")
_LINE = 76  # characters of base64
_WORD = 45  # bytes that make an encoded word of 75 characters with its frame


class BadAddress(Exception):
    """The address cannot be written to; the message never holds the address."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mails come from; answers go to `address`, which intake's SMTP server reads."""

    name: str
    address: str
    domain: str


def envelope_address(address: str) -> str:
    """The address as SMTP takes it, an international domain in its ASCII form. Raises `BadAddress`."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None:
        raise BadAddress("the mail address is malformed")
    local, domain = address.strip().rsplit("@", 1)
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError as error:
        raise BadAddress("the mail address has an impossible domain") from error
    if not _DOMAIN.fullmatch(ascii_domain):
        raise BadAddress("the mail address has an impossible domain")
    return f"{local}@{ascii_domain}"


def message_id(notice: NoticeRequested, domain: str) -> str:
    """The same for every try of a notice, and naming its case, so that an answer finds it."""
    return f"<{notice.notice_id}.{notice.case_number or notice.case_id}@{domain}>"


def thread_id(notice: NoticeRequested, domain: str) -> str:
    """A common ancestor of all mails of a case: mail programs put them into one thread by it."""
    return f"<case.{notice.case_number or notice.case_id}@{domain}>"


def build(notice: NoticeRequested, html: str | None, recipient: str, sender: Sender, at: datetime) -> bytes:
    """The message's bytes with CRLF line ends, no line over 998 bytes, 7-bit throughout."""
    ids = f"Message-ID: {message_id(notice, sender.domain)}\r\n{_threading(notice, sender.domain)}"
    head = _head(ids, notice.subject.reveal(), notice.language, recipient, sender, at)
    text = _part("text/plain", notice.text.reveal())
    if html is None:
        return head + text
    boundary = f"=_{notice.notice_id}".encode("ascii")
    return b"".join(
        (
            head,
            b'Content-Type: multipart/alternative; boundary="', boundary, b'"\r\n\r\n--', boundary, b"\r\n",
            text, b"\r\n--", boundary, b"\r\n",
            _part("text/html", html), b"\r\n--", boundary, b"--\r\n",
        )
    )  # fmt: skip


def build_push(push: PushRequested, recipient: str, sender: Sender, at: datetime) -> bytes:
    """A mail to staff or a partner: text alone. Its Message-ID names no case, so that an answer to it is never taken
    for the customer's; `push-` tells it from a notice."""
    ids = f"Message-ID: <{push.push_id}@{sender.domain}>\r\nX-ParcelCare-Push: {push.kind}\r\n"
    head = _head(ids, push.subject.reveal(), push.language, recipient, sender, at)
    return head + _part("text/plain", push.text.reveal())


def _head(ids: str, subject: str, language: str, recipient: str, sender: Sender, at: datetime) -> bytes:
    return (
        f"Date: {_date(at.replace(microsecond=0))}\r\n"
        f"From: {_display_name(sender.name)} <{sender.address}>\r\n"
        f"To: {recipient}\r\n"
        f"Subject: {_words(subject)}\r\n"
        f"{ids}"
        f"Content-Language: {language}\r\n"
        # RFC 3834: no auto-responder answers it, and intake can tell it from a person's mail.
        "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n"
        "MIME-Version: 1.0\r\n"
    ).encode("ascii")


@lru_cache(maxsize=10)
def _date(at: datetime) -> str:
    return format_datetime(at)


def _threading(notice: NoticeRequested, domain: str) -> str:
    root = thread_id(notice, domain)
    theirs = notice.in_reply_to or ""
    if not _MESSAGE_ID.fullmatch(theirs):
        return f"In-Reply-To: {root}\r\nReferences: {root}\r\n"
    return f"In-Reply-To: {theirs}\r\nReferences: {root}\r\n {theirs}\r\n"


def _part(content_type: str, text: str) -> bytes:
    lines = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    frame = f"Content-Type: {content_type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return frame.encode("ascii") + _folded(b64encode(lines))


def _folded(data: bytes) -> bytes:
    """In lines of 76, cut by one call: a slice for each line takes three times as long."""
    full = len(data) // _LINE
    lines = unpack_from(f"{_LINE}s" * full, data)
    rest = data[full * _LINE :]
    return b"\r\n".join((*lines, rest, b"") if rest else (*lines, b""))


@lru_cache(maxsize=10)
def _display_name(name: str) -> str:
    words = _words(name)
    return words if words.startswith("=?") or words.replace(" ", "").isalnum() else f'"{words}"'


def _words(text: str) -> str:
    """A header's text: printable ASCII as it is, anything else in RFC 2047 words of at most 75 characters."""
    text = " ".join(text.split())
    if text.isascii() and text.isprintable() and len(text) <= 60 and "=?" not in text:
        return text
    if len(whole := text.encode("utf-8", "replace")) <= _WORD:
        return f"=?utf-8?b?{b64encode(whole).decode()}?="
    chunks, current = [], b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(current) + len(encoded) > _WORD:
            chunks.append(current)
            current = b""
        current += encoded
    chunks.append(current)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)
