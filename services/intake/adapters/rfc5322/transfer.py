"""Transfer encodings (RFC 2045): the bytes of a part, of what can be read where not all can."""

import binascii
import re

_DIGITS = re.compile(rb"[A-Za-z0-9+/]+")
_PADDING = re.compile(rb"=+")
_BLANKS = re.compile(rb"[\s=]+")


def content_of(raw: bytes, encoding: str) -> bytes:
    """Never raises."""
    if encoding == "base64":
        return _base64(raw)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uuencoded(raw)
    return raw


def _base64(raw: bytes) -> bytes:
    try:
        return binascii.a2b_base64(raw.translate(None, b" \t\r\n"), strict_mode=True)
    except binascii.Error:
        return _broken_base64(raw)


def _broken_base64(raw: bytes) -> bytes:
    """Each run up to its padding; what is no digit is passed over, unless it is so much that this is no base64."""
    runs = [b"".join(_DIGITS.findall(piece)) for piece in _PADDING.split(raw)]
    foreign = len(_BLANKS.sub(b"", raw)) - sum(map(len, runs))
    if foreign * 10 > len(raw):
        return raw
    return b"".join(map(_run, runs))


def _run(digits: bytes) -> bytes:
    whole = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def _uuencoded(raw: bytes) -> bytes:
    lines = raw.splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if begin is None:
        return raw
    pieces: list[bytes] = []
    for line in lines[begin + 1 :]:
        if line.strip() in (b"end", b""):
            break
        pieces.append(_uu_line(line))
    return b"".join(pieces)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Some encoders fill the last group with rubbish: its length says how much counts.
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""
