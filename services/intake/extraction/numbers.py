"""Tracking numbers, order numbers and our case numbers in free text: what threading needs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from services.intake.extraction.mark import Mark
from shared.contracts.interactions import FindingKind

# \w and \b take Han characters for letters: numbers stand right beside them, so the edges are ASCII by hand.
_START, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_START}(?:{pattern}){_END}", re.ASCII | re.IGNORECASE)


_CARRIER_NUMBER = _whole(
    "|".join(
        (
            r"SF\d{10,15}",  # 顺丰
            r"JD(?:[A-Z]{1,2})?\d{10,15}(?:-\d{1,3}-\d{1,3}-?)?",  # 京东
            r"(?:YT|YTO)\d{12,15}",  # 圆通
            r"(?:ZTO|STO|JT|DPK|DPL|BEST|LP|KK|UC|HB|CNJT|YDA?)\d{9,16}",
            r"TBA\d{12}",
            r"YWE?[A-Z]{0,3}\d{9,12}",
            r"[A-Z]{2}\d{9}(?:CN|US|GB|DE|FR|JP|HK|SG|NL|SE|BE|CH|ES|IT|KR|TW|MY|AU|CA|RU)",  # S10 of the postal union
        )
    )
)
_LABELLED = re.compile(
    r"(?:(?:快递|运单|物流|包裹|邮件)?单号|运单|快递|包裹|tracking|parcel|waybill|shipment|package|AWB)"
    r"(?:\s{0,3}(?:number|code|no\.?|id|#))?\s{0,3}(?:是|为|is)?\s{0,3}[:：#＃]?\s{0,3}[【\[(（]?\s{0,3}"
    r"((?=(?:[A-Z-]*\d){6})[A-Z0-9][A-Z0-9-]{6,32}[A-Z0-9])" + _END,
    re.ASCII | re.IGNORECASE,
)
_UPS = _whole(r"1Z[0-9A-Z]{16}")
_BARE_LENGTHS = (12, 15)
SHORTEST, LONGEST = 11, 20
"""Of what is a number by its shape alone; a carrier's is in one piece with its letters."""
_OF_ORDER = frozenset("订oOpP")
_OF_LABEL = frozenset("单运快包tTpPwWsSaA")
"""Letters without which the labels of above can't stand in a text."""
_ABOUT_PARCEL = re.compile(
    r"运单|快递|单号|包裹|物流|快件|邮件号|面单|顺丰|中通|圆通|申通|韵达|极兔|邮政|京东|"
    r"track|parcel|waybill|shipment|package|courier|consignment|\bAWB\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"(?:订单(?:编号|号码|号)?|(?:order(?:\s{0,3}(?:number|no\.?|id|#))?|purchase(?:\s{0,3}(?:number|no\.?|id))?)(?![a-z_]))"
    r"\s{0,3}(?:是|为|is)?\s{0,3}[:：#＃]?\s{0,3}[【\[(（]?\s{0,3}"
    r"((?=[A-Z0-9_-]*\d{3})[A-Z0-9][A-Z0-9_-]{4,38}[A-Z0-9])" + _END,
    re.ASCII | re.IGNORECASE,
)
_MARKED_ORDER = _whole(r"(?:ORD(?:ER)?(?:[-_]?(?:ID|NO))?|PO|SO)[-_]\d{4,20}")
_CASE = re.compile(r"[\[【［]\s{0,3}(PC[0-9A-HJKMNP-TV-Z]{8})\s{0,3}[\]】］]", re.ASCII | re.IGNORECASE)
_CN_MOBILE = re.compile(r"(?:86|0086)?1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"0\d{2,3}-\d{7,8}(?:-\d{1,6})?|[48]00-\d{3,4}-\d{3,4}", re.ASCII)
_CN_IDENTITY = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII)

_DIGIT = re.compile(r"[0-9]")
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_SERIAL = re.compile(r"[0-9](?:[A-Za-z_-]*[0-9]){2}")
"""Each number has three digits at least in one piece."""
_RUN = re.compile(r"[0-9A-Za-z](?<![0-9A-Za-z].)[0-9A-Za-z]*", re.DOTALL)
_NEAR = 24
MAX_NUMBERS = 20
MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Numbers:
    tracking: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()


_NONE = Numbers()


def numbers_in(text: str) -> Numbers:
    """Each number once, in order of appearance, in capitals."""
    text = text[:MAX_TEXT]
    if not _DIGIT.search(text):
        return _NONE
    marks = number_marks(text)
    return Numbers(_values(marks, FindingKind.TRACKING_NUMBER), _values(marks, FindingKind.ORDER_NUMBER))


@lru_cache(maxsize=4)
def number_marks(text: str) -> tuple[Mark, ...]:
    """Where the numbers stand, each at its first place, for a text that has digits. Asked twice for each contact:
    for its numbers, then for all that it says.

    A bare number of 12 to 15 digits is a tracking number only near a word that says so; one of 16 to 20 digits
    is an order number; what follows the word for order is an order number.
    """
    if not _SERIAL.search(text):
        return ()
    letters = frozenset(text)
    runs = [m for m in _RUN.finditer(text) if m.end() - m.start() >= SHORTEST]
    orders: dict[str, tuple[int, int]] = {}
    if not _OF_ORDER.isdisjoint(letters):
        orders |= {m[1].upper(): m.span(1) for m in _reversed(_ORDER, text)}
    if "-" in letters or "_" in letters:
        orders |= {m[0].upper(): m.span() for m in _reversed(_MARKED_ORDER, text)}
    lettered = [m.start() for m in reversed(runs) if not m[0].isdecimal()]
    tracking = {m[0].upper().rstrip("-"): m.span() for at in lettered if (m := _CARRIER_NUMBER.match(text, at))}
    tracking |= {m[0].upper(): m.span() for at in lettered if (m := _UPS.match(text, at)) and _SIX_DIGITS.search(m[0])}
    if not _OF_LABEL.isdisjoint(letters):
        tracking |= {m[1].upper(): m.span(1) for m in _reversed(_LABELLED, text) if m[1].upper() not in orders}
    bare = [m for m in runs if m[0].isdecimal()]
    for m in bare:
        if _BARE_LENGTHS[0] <= len(m[0]) <= _BARE_LENGTHS[1] and m[0] not in orders and _near_parcel_word(text, m):
            tracking.setdefault(m[0], m.span())
    orders |= {m[0]: m.span() for m in bare if _BARE_LENGTHS[1] < len(m[0]) <= LONGEST and m[0] not in orders}
    orders = {number: at for number, at in orders.items() if number not in tracking}
    return (*_marks(FindingKind.TRACKING_NUMBER, tracking), *_marks(FindingKind.ORDER_NUMBER, orders))


def _reversed(pattern: re.Pattern[str], text: str) -> Iterable[re.Match[str]]:
    """Last match first: of a number that stands twice, a dictionary then keeps the first place."""
    return reversed(list(pattern.finditer(text)))


def case_number_in(text: str) -> str | None:
    """Our case number in brackets, as we write it into subjects."""
    match = _CASE.search(text[:MAX_TEXT])
    return match[1].upper() if match else None


def _near_parcel_word(text: str, match: re.Match[str]) -> bool:
    return bool(_ABOUT_PARCEL.search(text[max(0, match.start() - _NEAR) : match.end() + _NEAR]))


def _marks(kind: FindingKind, places: dict[str, tuple[int, int]]) -> list[Mark]:
    found = (Mark(kind, n, at, min(end, at + len(n))) for n, (at, end) in places.items() if not _is_of_a_person(n))
    return sorted(found, key=lambda mark: mark.start)[:MAX_NUMBERS]


def _values(marks: Iterable[Mark], kind: FindingKind) -> tuple[str, ...]:
    return tuple(mark.value for mark in marks if mark.kind is kind)


def _is_of_a_person(number: str) -> bool:
    """A phone number or an identity card's: neither may become a key."""
    return any(p.fullmatch(number) for p in (_CN_MOBILE, _CN_IDENTITY, _LANDLINE))
