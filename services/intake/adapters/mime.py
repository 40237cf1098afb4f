"""Reading a mail's MIME: headers and bodies in whatever character set they claim or really are."""

import hashlib
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from quopri import decodestring

from services.intake.adapters.html_text import text_of_html

MAX_PARTS = 1000
MAX_LINES = 600_000
MAX_DEPTH = 50
MAX_HEADER_LINES = 20_000
MAX_HEADER = 8_000
MAX_ADDRESS = 2_000
"""Of one header that is taken apart: the standard library's readers of parameters are quadratic."""
_HEADER_LINE = re.compile(rb"\n[!-9;-~]{1,80}:")
# What senders name, and the larger set that contains it: GB18030 reads all of GB2312 and GBK.
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}
_GUESSES = ("utf-8", "gb18030")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""UTF-7 and broken headers leave halves of characters, which no JSON can hold."""

_NO_ESCAPE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates other than those that stand for an undecoded byte (surrogateescape)."""

_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", re.ASCII)


class Unreadable(Exception):
    """The bytes can't be taken for a mail; the message says why."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds content itself; `number` is its place among the leaves, from 0."""

    number: int
    content_type: str
    filename: str | None
    inline: bool
    content: bytes
    charset: str | None

    @property
    def is_body(self) -> bool:
        return self.inline and self.filename is None and self.content_type in ("text/plain", "text/html")

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def parse(body: bytes) -> "Message[str, str]":
    """The message as a tree. Raises `Unreadable` for what would cost minutes, or is no mail at all."""
    if body.count(b"\n") > MAX_LINES:
        raise Unreadable(f"more than {MAX_LINES} lines")
    if body.count(b"\n--") > MAX_PARTS * 20:
        raise Unreadable("too many parts")
    if sum(1 for _ in _HEADER_LINE.finditer(body)) > MAX_HEADER_LINES:
        raise Unreadable(f"more than {MAX_HEADER_LINES} header lines")
    try:
        # compat32 is fifteen times as fast as the newer policies.
        message = message_from_bytes(body, policy=compat32)
    except (MessageError, RecursionError, ValueError) as error:
        raise Unreadable(f"not a MIME message: {type(error).__name__}") from None
    if not message.keys():
        raise Unreadable("no header lines")
    _check_headers(message)
    return message


def leaves(message: "Message[str, str]") -> Iterator[Leaf]:
    """The leaves in order; an attached message is one leaf. Raises `Unreadable`."""
    for number, part in enumerate(_leaf_parts(message, 0)):
        if number >= MAX_PARTS:
            raise Unreadable(f"more than {MAX_PARTS} parts")
        # A multipart without its boundaries is what stands in it: text.
        content_type = "text/plain" if part.get_content_maintype() == "multipart" else part.get_content_type().lower()
        if not _MEDIA_TYPE.fullmatch(content_type):
            content_type = "application/octet-stream"
        name = part.get_filename()
        disposition = str(part.get("Content-Disposition") or "").strip().lower()
        yield Leaf(
            number=number,
            content_type=content_type,
            filename=decoded(name, _charset(part)) if name else None,
            inline=not disposition.startswith("attachment"),
            content=_content(part),
            charset=_charset(part),
        )


def _check_headers(part: "Message[str, str]") -> None:
    for name, value in part.raw_items():
        if name.lower() in ("content-type", "content-disposition") and len(str(value)) > MAX_HEADER:
            raise Unreadable(f"a {name} header of more than {MAX_HEADER} characters")


def _leaf_parts(part: "Message[str, str]", depth: int) -> "Iterator[Message[str, str]]":
    _check_headers(part)
    if depth > MAX_DEPTH:
        raise Unreadable(f"nested deeper than {MAX_DEPTH}")
    payload = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(payload, list):
        for child in payload:
            if isinstance(child, Message):
                yield from _leaf_parts(child, depth + 1)
    else:
        yield part


def _content(part: "Message[str, str]") -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        inner = payload[0] if payload else None
        return _written_out(inner) if isinstance(inner, Message) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _written_out(message: "Message[str, str]") -> bytes:
    """An attached message. The library can't write every broken one that it reads: then its header and text."""
    try:
        return message.as_bytes(policy=compat32)
    except (UnicodeError, LookupError, TypeError, ValueError):
        lines = [f"{name}: {value}" for name, value in message.raw_items()]
        return "\n".join([*lines, "", str(message.get_payload())]).encode("utf-8", "surrogateescape")


def _charset(part: "Message[str, str]") -> str | None:
    value = part.get_param("charset")
    if isinstance(value, tuple):
        value = value[2]
    return str(value).strip().lower()[:40] if value else None


def text_of(parts: list[Leaf]) -> str:
    """The text a person wrote: the plain bodies, else the HTML ones without their markup."""
    plain = [decode(p.content, p.charset) for p in parts if p.is_body and p.content_type == "text/plain"]
    if any(t.strip() for t in plain):
        return "\n".join(plain)
    html = [decode(p.content, p.charset) for p in parts if p.is_body and p.content_type == "text/html"]
    return "\n".join(text_of_html(text) for text in html)


def decode(content: bytes, charset: str | None) -> str:
    """Bytes as text: as declared where that fits, else as UTF-8 or GB18030, else with marks for what is broken."""
    declared = _SUPERSETS.get(charset or "", charset)
    candidates = [c for c in (declared, *_GUESSES) if c]
    for candidate in candidates:
        try:
            return _SURROGATE.sub("\ufffd", content.decode(candidate))
        except (LookupError, ValueError):
            continue
    return _SURROGATE.sub("\ufffd", _replacing(content, declared))


def _replacing(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def header(message: "Message[str, str]", name: str) -> str:
    """A header in Unicode on one line; "" where there is none."""
    wanted = name.lower()
    raw = next((value for key, value in message.raw_items() if key.lower() == wanted), "")
    return decoded(str(raw), _charset(message))


_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([BbQq])\?([^?]*)\?=", re.ASCII)
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")


def decoded(raw: str, hint: str | None = None) -> str:
    """A raw header value in Unicode: encoded words (RFC 2047), and 8-bit characters that nothing declares.

    Neighbouring words of one character set are joined before they are decoded: senders split characters.
    """
    flat = _BETWEEN.sub(r"\1\2", re.sub(r"[\r\n]+[ \t]*", " ", _NO_ESCAPE.sub("\ufffd", raw)))
    pieces: list[tuple[bytes, str | None]] = []
    end = 0
    for word in _WORD.finditer(flat):
        pieces.append((flat[end : word.start()].encode("utf-8", "surrogateescape"), None))
        content, charset = _word_content(word[2], word[3]), word[1].lower()
        if len(pieces) > 1 and not pieces[-1][0] and pieces[-2][1] == charset:
            pieces[-2:] = [(pieces[-2][0] + content, charset)]
        else:
            pieces.append((content, charset))
        end = word.end()
    pieces.append((flat[end:].encode("utf-8", "surrogateescape"), None))
    text = "".join(decode(content, charset) if charset else _unlabelled(content, hint) for content, charset in pieces)
    return text.strip()


def _word_content(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return decodestring(raw.replace(b"_", b"=20"))
    try:
        return a2b_base64(raw + b"=" * (-len(raw) % 4))
    except Base64Error:
        return raw


def _unlabelled(content: bytes, hint: str | None) -> str:
    """UTF-8 can hardly be mistaken; else what the mail's body is in is likeliest."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return decode(content, hint)


def address(raw: str) -> tuple[str, str]:
    """Name and address of the first mailbox; ("", "") where there is none."""
    try:
        return parseaddr(raw[:MAX_ADDRESS])
    except RecursionError:
        return "", ""


def date_of(message: "Message[str, str]") -> datetime | None:
    """The Date header in UTC, or None where it is missing, wrong or from another age."""
    try:
        value = parsedate_to_datetime(header(message, "Date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC) if 2000 <= aware.year <= 2100 else None
