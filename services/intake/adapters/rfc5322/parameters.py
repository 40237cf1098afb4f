"""Parameters of a MIME header (RFC 2045, 2231), as senders really write them: raw bytes, bare spaces, cut characters.

A reader of its own: the standard library's is quadratic, and loses 8-bit names before anybody can ask what they are
written in.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from services.intake.adapters.rfc5322.charset import decode
from services.intake.adapters.rfc5322.words import decoded

MAX_HEADER = 20_000
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_ESCAPED = re.compile(r"(?<![\udc80-\udcff])\\(.)", re.DOTALL)
"""Not behind a high byte: there the backslash is the second half of a Chinese character (Big5, GBK)."""

_VALUE = re.compile(r"\s*([^\s;/]+)(?:\s*/\s*([^\s;]+))?")
_COMMENTS = re.compile(r"\([^()]*\)")
_COMMENT = re.compile(r"\s+\([^()]*\)\s*$")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_FOLDS = re.compile(r"[\r\n]+[ \t]*")


@lru_cache(maxsize=64)
def value_of(raw: str) -> str:
    """What stands before the parameters, in lower case and without spaces or comments."""
    if not raw:
        return ""
    found = _VALUE.match(_COMMENTS.sub("", raw[:MAX_HEADER]))
    return f"{found[1]}/{found[2]}".lower() if found and found[2] else (found[1] if found else "").lower()


@lru_cache(maxsize=64)
def parameters(raw: str) -> Mapping[str, str]:
    """By name in lower case; values still hold raw bytes as surrogates unless RFC 2231 says what they are."""
    if not raw:
        return {}
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    flat = _FOLDS.sub(" ", raw[:MAX_HEADER]).strip()
    if ";" not in flat:
        # Some writers forget it.
        flat = flat.replace(" ", ";", 1)
    for match in _PARAMETER.finditer(flat):
        section = _SECTION.fullmatch(match[1].lower())
        value = _unquoted(match[2])
        if section and (section[2] or section[3]):
            sections.setdefault(section[1], {}).setdefault(int(section[2] or 0), (value, bool(section[3])))
        else:
            plain.setdefault(match[1].lower(), value)
    return {**plain, **{name: _joined(parts) for name, parts in sections.items()}}


def readable(value: str, hint: str | None) -> str:
    """A value in Unicode: encoded words, which RFC 2047 forbids here and everybody writes, and raw bytes."""
    return decoded(value, hint)


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        return _ESCAPED.sub(r"\1", value[1:].removesuffix('"'))
    return _COMMENT.sub("", value).strip()


def _joined(parts: Mapping[int, tuple[str, bool]]) -> str:
    """The sections in order, joined as bytes before they are decoded: senders cut characters."""
    content, charset = b"", None
    for place, number in enumerate(sorted(parts)):
        value, is_encoded = parts[number]
        if is_encoded and place == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("utf-8", "surrogateescape")
        content += unquote_to_bytes(raw) if is_encoded else raw
    return decode(content, (charset or "").strip().lower())
