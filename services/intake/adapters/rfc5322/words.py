"""Header text in Unicode: encoded words (RFC 2047), and 8-bit characters that nothing declares."""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from functools import lru_cache
from quopri import decodestring

from services.intake.adapters.rfc5322.charset import decode

MAX_RAW = 20_000
"""Characters of one header that are read."""

_NO_ESCAPE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates other than those that stand for an undecoded byte (surrogateescape)."""

_CODED = re.compile(r"=\?|[\r\n\x1b]|~\{")
"""What ASCII needs not to be plain: an encoded word, a fold, an escape of ISO 2022 or HZ."""

_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([BbQq])\?([^?]*)\?=", re.ASCII)
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")
_FOLDS = re.compile(r"[\r\n]+[ \t]*")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@lru_cache(maxsize=16)
def decoded(raw: str, hint: str | None = None) -> str:
    """On one line; `hint` is what the mail's body is in. The fields of a mail are asked for again and again.

    Neighbouring words of one character set are joined before they are decoded: senders split characters.
    """
    if raw.isascii() and not _CODED.search(raw):
        return raw[:MAX_RAW].strip()
    flat = _BETWEEN.sub(r"\1\2", _FOLDS.sub(" ", _NO_ESCAPE.sub("\ufffd", raw[:MAX_RAW])))
    pieces: list[tuple[bytes, str | None]] = []
    end = 0
    for word in _WORD.finditer(flat):
        pieces.append((_bytes(flat[end : word.start()]), None))
        content, charset = _word_content(word[2], word[3]), word[1].lower()
        if len(pieces) > 1 and not pieces[-1][0] and pieces[-2][1] == charset:
            pieces[-2:] = [(pieces[-2][0] + content, charset)]
        else:
            pieces.append((content, charset))
        end = word.end()
    pieces.append((_bytes(flat[end:]), None))
    return "".join(_text(content, charset, hint) for content, charset in pieces if content).strip()


def _text(content: bytes, charset: str | None, hint: str | None) -> str:
    return decode(content, charset or (None if content.isascii() else hint))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _word_content(encoding: str, text: str) -> bytes:
    raw = _bytes(text)
    if encoding in "qQ":
        return decodestring(raw.replace(b"_", b"=20"))
    digits = _NOT_BASE64.sub(b"", raw)
    try:
        return a2b_base64(digits + b"=" * (-len(digits) % 4))
    except Base64Error:
        return raw
