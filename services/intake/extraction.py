"""Tracking numbers, order numbers and our case numbers in free text (IN-7, the part that threading needs)."""

import re
from dataclasses import dataclass

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
_BARE = _whole(r"\d{12,15}")
_ABOUT_PARCEL = re.compile(
    r"运单|快递|单号|包裹|物流|快件|邮件号|面单|顺丰|中通|圆通|申通|韵达|极兔|邮政|京东|"
    r"track|parcel|waybill|shipment|package|courier|consignment|\bAWB\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"(?:订单(?:编号|号码|号)?|order(?:\s{0,3}(?:number|no\.?|id|#))?|purchase(?:\s{0,3}(?:number|no\.?|id))?)"
    r"\s{0,3}(?:是|为|is)?\s{0,3}[:：#＃]?\s{0,3}[【\[(（]?\s{0,3}"
    r"((?=[A-Z0-9_-]*\d{3})[A-Z0-9][A-Z0-9_-]{4,38}[A-Z0-9])" + _END,
    re.ASCII | re.IGNORECASE,
)
_LONG_ORDER = _whole(r"\d{16,20}")
_CASE = re.compile(r"[\[【［]\s{0,3}(PC[0-9A-HJKMNP-TV-Z]{8})\s{0,3}[\]】］]", re.ASCII | re.IGNORECASE)
_CN_MOBILE = re.compile(r"(?:86|0086)?1[3-9]\d{9}", re.ASCII)
_CN_IDENTITY = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII)

_DIGIT = re.compile(r"[0-9]")
_NEAR = 24
MAX_NUMBERS = 20
MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Numbers:
    tracking: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()


_NONE = Numbers()


def numbers_in(text: str) -> Numbers:
    """Each number once, in order of appearance, in capitals.

    A bare number of 12 to 15 digits is a tracking number only near a word that says so; one of 16 to 20 digits
    is an order number; what follows the word for order is an order number.
    """
    text = text[:MAX_TEXT]
    if not _DIGIT.search(text):
        return _NONE
    orders = {m[1].upper(): m.start(1) for m in _ORDER.finditer(text)}
    tracking = {m[0].upper().rstrip("-"): m.start() for m in _CARRIER_NUMBER.finditer(text)}
    tracking |= {m[0].upper(): m.start() for m in _UPS.finditer(text) if re.search(r"\d{6}", m[0])}
    tracking |= {m[1].upper(): m.start(1) for m in _LABELLED.finditer(text) if m[1].upper() not in orders}
    for m in _BARE.finditer(text):
        if m[0] not in orders and _near_parcel_word(text, m):
            tracking.setdefault(m[0], m.start())
    orders |= {m[0]: m.start() for m in _LONG_ORDER.finditer(text) if m[0] not in orders}
    orders = {number: at for number, at in orders.items() if number not in tracking}
    return Numbers(_in_order(tracking), _in_order(orders))


def case_number_in(text: str) -> str | None:
    """Our case number in brackets, as we write it into subjects."""
    match = _CASE.search(text[:MAX_TEXT])
    return match[1].upper() if match else None


def _near_parcel_word(text: str, match: re.Match[str]) -> bool:
    return bool(_ABOUT_PARCEL.search(text[max(0, match.start() - _NEAR) : match.end() + _NEAR]))


def _in_order(places: dict[str, int]) -> tuple[str, ...]:
    found = (number for number in places if not _is_of_a_person(number))
    return tuple(sorted(found, key=lambda number: places[number])[:MAX_NUMBERS])


def _is_of_a_person(number: str) -> bool:
    """A mobile number or an identity card's: neither may become a key."""
    return bool(_CN_MOBILE.fullmatch(number) or _CN_IDENTITY.fullmatch(number))
