"""Phone numbers: mobiles, landlines with their area code, service lines, abroad; as E.164, with ;ext= an extension."""

import re
from collections.abc import Iterator

from services.intake.customers import e164
from services.intake.extraction.mark import Mark
from shared.contracts.interactions import FindingKind

_MOBILE = re.compile(
    r"(?<![\da-z.+_-])(?<!\d )(?<![a-z]/)"
    r"((?:\+86|0086|\(\+?86\)|86)[\s-]?)?(1[3-9]\d)([\s-]?)(\d{4})\3(\d{4})(?![\da-z_]|[.-][\da-z])",
    re.ASCII,
)
# The least that a number of such a kind has; it begins with its letter, so a text without is skipped in C.
_MOBILE_DIGITS = re.compile(r"1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}", re.ASCII)
_AREA_APART = re.compile(r"[0-9](?=[)）\s-])", re.ASCII)
_LANDLINE = re.compile(
    r"(?<![\da-z.+_-])(?:(?:\+86|0086)[\s-]?[(（]?0?|[(（]?0)(10|2\d|[3-9]\d{2})(?:[)）]\s?|[\s-])(\d{7,8}|\d{3,4}[\s-]\d{4})"
    r"(?:\s?(?:转|分机号?|ext\.?|x|-)\s?[:：]?\s?(\d{1,6}))?(?![\da-z_])",
    re.ASCII,
)
_GLUED = re.compile(r"(?<![\da-z.+_-])0(10|2\d|[3-9]\d{2})(\d{7,8})(?![\da-z_-])", re.ASCII)
_SERVICE = re.compile(r"(?<![\da-z.+_-])([48]00)[\s-]?(\d{3})[\s-]?(\d{4})(?![\da-z_-])", re.ASCII)
_ABROAD = re.compile(r"\+(?!86)[1-9][\d\s().-]{6,18}\d(?![\da-z])", re.ASCII)
_AMERICAN = re.compile(
    r"(?<![\da-z.+_-])(?:\(([2-9]\d\d)\)\s?|([2-9]\d\d)[-.])(\d{3})[-. ](\d{4})(?![\da-z_-])", re.ASCII
)
_LONG_ENOUGH = re.compile(r"\d[\d\s().（）-]{5,}\d", re.ASCII)
_LABEL = re.compile(r"(?:单号|单编?号|订单|编号|order|no\.?|number|id|#)\s?[:：#]?\s?$", re.ASCII)
_CALL = re.compile(r"电话|座机|固话|联系|拨|打|tel|phone|call", re.ASCII)
NEAR = 10


def phones(text: str) -> Iterator[Mark]:
    """For a text in lower case that has digits. What is labelled as an order's number is none."""
    if not _LONG_ENOUGH.search(text):
        return
    for m in _MOBILE.finditer(text) if _MOBILE_DIGITS.search(text) else ():
        if not _labelled(text, m) or m[1]:
            yield _mark(m, f"+86{m[2]}{m[4]}{m[5]}")
    if "0" in text or "+" in text:
        yield from _landlines(text)
    if "400" in text or "800" in text:
        for m in _SERVICE.finditer(text):
            if not _labelled(text, m):
                yield _mark(m, f"+86{m[1]}{m[2]}{m[3]}")
    if "+" in text:
        for m in _ABROAD.finditer(text):
            yield from _valid(m, m[0], None)
    if "-" in text or "." in text or "(" in text:
        for m in _AMERICAN.finditer(text):
            yield from _valid(m, f"+1{m[1] or m[2]}{m[3]}{m[4]}", None)


def _landlines(text: str) -> Iterator[Mark]:
    """Without anything between area code and number, only where calling is spoken of."""
    for m in _LANDLINE.finditer(text) if _AREA_APART.search(text) else ():
        yield from _valid(m, f"+86{m[1]}{''.join(c for c in m[2] if c.isdigit())}", m[3])
    for m in _GLUED.finditer(text) if _CALL.search(text) else ():
        if _CALL.search(text, max(0, m.start() - NEAR), m.start()):
            yield from _valid(m, f"+86{m[1]}{m[2]}", None)


def _labelled(text: str, m: re.Match[str]) -> bool:
    return bool(_LABEL.search(text[max(0, m.start() - NEAR) : m.start()]))


def _valid(m: re.Match[str], number: str, extension: str | None) -> Iterator[Mark]:
    found = e164(number)
    if found:
        yield _mark(m, f"{found};ext={extension}" if extension else found)


def _mark(m: re.Match[str], number: str) -> Mark:
    return Mark(FindingKind.PHONE, number, m.start(), m.end())
