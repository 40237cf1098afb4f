"""Bytes of a mail as text: in the character set that they are in, whatever they are labelled with."""

import re
from codecs import lookup
from functools import lru_cache

from services.intake.adapters.rfc5322.iso2022cn import decode_iso2022cn
from services.intake.adapters.rfc5322.likeness import likeness

SAMPLE = 600
"""Bytes that are looked at to tell character sets apart; enough for any of them, and a mail may be megabytes."""

# What senders name, and the larger set that contains it: GB18030 reads all of GB2312 and GBK.
_SUPERSETS = {
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "gb_2312", "x-gbk", "cp936", "euc-cn", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5", "x-x-big5", "cp950", "big5hkscs"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "latin1", "iso8859-1", "us-ascii", "ascii", "ansi_x3.4-1968"), "cp1252"),
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "utf8": "utf-8",
    "hz-gb-2312": "hz",
    "x-unknown": "",
    "unknown-8bit": "",
    "default": "",
}
_CHINESE = ("utf-8", "gb18030", "big5hkscs")
_WESTERN = frozenset({"cp1252", "iso-8859-15", "windows-1252"})
"""Labels that programs give without looking: whatever is not English then stands for something else."""

_STATEFUL = frozenset({"utf-7", "hz", "iso-2022-jp", "iso-2022-kr", "utf-16", "utf-16le", "utf-16be", "utf-32"})
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HZ = re.compile(rb"~\{(?:[!-w][!-~])+~\}")
_ESCAPES = (
    (re.compile(rb"\x1b\$[)*][AGHE]"), "iso-2022-cn"),
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b\$[@B(]"), "iso2022_jp_2"),
)
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
"""Codecs of Python that are no character sets; some take the square of the length."""

_HIGH = re.compile(rb"[\x80-\xff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""UTF-7 and broken headers leave halves of characters, which no JSON can hold."""

_LABEL_BONUS = 0.15
"""By which the declared set wins over a likelier one: the label is wrong rarely, a short text is unlike any often."""

_NEITHER, _CLEARLY, _BEYOND_DOUBT, _CERTAIN = 0.1, 0.35, 0.6, 0.75
_FEW = 0.25
_SHORT = 40
_ENOUGH = 4
"""Bytes: two letters of Greek may well be one common character of Chinese."""


def decode(content: bytes, declared: str | None) -> str:
    """Never raises; what is broken in the best of the sets is marked (U+FFFD)."""
    label = _SUPERSETS.get(declared or "", declared or "")
    if not _known(label):
        label = ""
    text = _decoded(content, label)
    return _SURROGATE.sub("\ufffd", text.removeprefix("\ufeff"))


def _decoded(content: bytes, label: str) -> str:
    for mark, charset in _BOMS:
        if content.startswith(mark):
            return content.decode(charset, "replace")
    if label in _STATEFUL and (text := _strict(content, label)) is not None:
        return text
    if not _HIGH.search(content):
        return _seven_bit(content)
    # Text that happens to be valid UTF-8 as well is a few characters long: then the other sets are weighed too.
    if (text := _strict(content, "utf-8")) is not None and (label == "utf-8" or len(content) > _SHORT):
        return text
    return _strict_or_marked(content, _best(_sample(content), label))


def _seven_bit(content: bytes) -> str:
    for escape, charset in _ESCAPES:
        if escape.search(content):
            return decode_iso2022cn(content) if charset == "iso-2022-cn" else content.decode(charset, "replace")
    if _HZ.search(content):
        return _strict_or_marked(content, "hz")
    return content.decode("ascii", "replace")


def _sample(content: bytes) -> bytes:
    """From the first byte that tells anything."""
    first = _HIGH.search(content)
    return content[first.start() if first else 0 :][:SAMPLE]


def _best(sample: bytes, label: str) -> str:
    """The set in which the bytes are likeliest to have been written."""
    if label in _CHINESE or not label:
        return _likeliest_chinese(sample, label)
    chinese = _likeliest_chinese(sample, "")
    # Every byte is a letter of a western set, so fitting says nothing: only what is clearly Chinese, or UTF-8, is not.
    needed = _CLEARLY if label in _WESTERN else _BEYOND_DOUBT
    if _strict(_whole(sample), "utf-8") is not None:
        return "utf-8"
    return chinese if _fit(sample, chinese) > needed and len(sample) >= _ENOUGH else label


def _likeliest_chinese(sample: bytes, label: str) -> str:
    if label in _CHINESE and _fit(sample, label) > _CERTAIN:
        return label
    fits = {charset: _fit(sample, charset) + _LABEL_BONUS * (charset == label) for charset in _CHINESE}
    best = max(_CHINESE, key=lambda charset: fits[charset])
    if not label:
        # Nothing of the three: a western program that did not say so.
        return "cp1252" if _looks_western(sample, fits[best]) else best
    return best if fits[best] > _CLEARLY or _strict(_whole(sample), best) is not None else label


def _looks_western(sample: bytes, chinese: float) -> bool:
    """Nothing of the three fits, or a few letters among many of ASCII would be rare characters."""
    among = len(_HIGH.findall(sample)) / len(sample)
    return chinese <= _NEITHER or (chinese <= _CLEARLY and among < _FEW)


def _fit(sample: bytes, charset: str) -> float:
    """From -∞ (broken) over 0 (nothing known) to 1 (all of it is common Chinese)."""
    text = sample.decode(charset, "replace")
    broken = text[:-1].count("\ufffd")
    utf8 = 0.3 if charset == "utf-8" and not broken else 0.0
    return likeness(text) + utf8 - 8 * broken / max(1, len(_HIGH.findall(sample)))


def _whole(sample: bytes) -> bytes:
    """Without the character that the end of the sample may have cut."""
    if len(sample) < SAMPLE:
        return sample
    for back in range(1, 4):
        if len(sample) >= back and sample[-back] >= 0xC0:
            return sample[:-back]
    return sample


def _strict_or_marked(content: bytes, charset: str) -> str:
    text = _strict(content, charset)
    return text if text is not None else content.decode(charset, "replace")


def _strict(content: bytes, charset: str) -> str | None:
    try:
        return content.decode(charset)
    except (LookupError, ValueError):
        return None


@lru_cache(maxsize=256)
def _known(charset: str) -> bool:
    """Whether it is a character set that Python reads text in."""
    try:
        name = lookup(charset).name
        return name not in _NO_CHARSETS and isinstance(b"a".decode(charset, "replace"), str)
    except (LookupError, ValueError):
        return False
