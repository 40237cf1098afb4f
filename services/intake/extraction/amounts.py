"""Amounts of money (¥12.5, 12块5, 两千三, 3k, $15.99) in hundredths of their currency: fen, cents."""

import re
from collections.abc import Iterator
from decimal import Decimal

from services.intake.extraction.mark import Mark
from services.intake.extraction.numerals import DIGITS, HAN_NUMBER, integer
from shared.contracts.interactions import FindingKind

_CURRENCIES = {
    "CNY": ("¥", "￥", "rmb", "cny", "人民币", "yuan"),
    "USD": ("$", "us$", "usd", "美元", "美金", "dollar", "dollars", "bucks"),
    "HKD": ("hk$", "hkd", "港币", "港元"),
    "EUR": ("€", "eur", "欧元", "euro", "euros"),
    "GBP": ("£", "gbp", "英镑", "pounds"),
    "JPY": ("jpy", "日元", "円"),
}
_CURRENCY_OF = {sign: currency for currency, signs in _CURRENCIES.items() for sign in signs}
_TIMES = {"百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000, "": 1}
MOST = 10**12

_NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,10}(?:\.\d{1,2})?)(?![\d])"
_YUAN = r"元钱?(?![旦素宵件桥器宝气老])|块钱?|圆(?![通形圈])"
_AFTER = r"rmb|cny|usd|hkd|eur|gbp|jpy|人民币|港[币元]|美[元金]|欧元|英镑|日元|円|yuan|dollars?|euros?|pounds|bucks"
# What may stand behind 块 where it is money, not a piece of something (三块电池).
_PIECE = re.compile(r"(?![^\W\d_了的吧呢吗啊哦多左右运邮手优退赔补差就都还才和到以怎为而给每上])")
_SMALL = r"[1-9](?:毛|角)?|[一二三四五六七八九](?:毛|角)?|[0-9]{2}"

_SIGNED = re.compile(
    rf"(?<![a-z])(¥|￥|rmb|cny|人民币|us\$|hk\$|\$|usd|hkd|€|eur|£|gbp|jpy)\s{{0,2}}[:：]?\s?{_NUMBER}(?:\s?([kw万千](?![a-z])))?(?:\s?元)?",
    re.ASCII,
)
_COUNTED = re.compile(
    rf"(?<![\d.a-z_\]])(?<![a-z]-){_NUMBER}\s?([kw万千百]?)\s?(?:({_AFTER})(?![a-z])|({_YUAN})({_SMALL})?)", re.ASCII
)
_HAN = re.compile(
    rf"({HAN_NUMBER}(?<!{HAN_NUMBER}{HAN_NUMBER}){HAN_NUMBER}{{0,13}})(?:(港[币元]|美[元金]|欧元|英镑|日元)|({_YUAN})({_SMALL})?)"
)
_SMALL_CHANGE = re.compile("(?<![0-9.块元])([1-9]|[一二两三四五六七八九])[毛角]钱")
_SPOKEN = re.compile(
    rf"(?<!{HAN_NUMBER})(?<!第)([一二两三四五六七八九]{HAN_NUMBER}*[百千万][一二三四五六七八九])(?![^\W\d_了的吧呢吗啊多左买卖付花退赔])"
)
_SHORT = re.compile(rf"(?<![\d.a-z_/-]){_NUMBER}([kw万])(?![a-z0-9屏电显高分视码片像])", re.ASCII)
_MONEY_WORD = re.compile(
    r"赔|钱|价|退款|费|付|花|买|卖|值|补偿|损失|金额|refund|pay|paid|cost|price|worth|claim|compensat"
)
_NAMED = re.compile(
    r"(?:金额|价格|总价|原价|现价|售价|单价|实付|付款|付了|花了|运费|邮费|货值|价值|差价|赔偿|赔付|赔|补偿|退款|便宜|降了|"
    r"paid|costs?|price|worth|refund|amount|total)"
    r"(?:金额|一共|至少|应该|了|我|你|是|为|共|约|[:：]|\s|of|is|was|me|only){0,4}"
    rf"(?<![\d.]){_NUMBER}(?=\s?(?:[,，。.!！?？;；)）]|了|吧|$|\n))(?!\.\d)",
    re.ASCII,
)
_NAME = re.compile("[额价付了费值赔偿款宜]|paid|cost|price|worth|refund|amount|total")
_CURRENCY_MARK = re.compile(r"[¥￥$€£元块圆円镑币金]|rmb|cny|usd|hkd|eur|gbp|jpy|yuan|dollar|pounds|bucks")
_SHORT_MARK = re.compile("[0-9][kw万]")
HAN_LETTERS = frozenset("元块百千万币金镑圆毛角")
"""Each amount in Chinese numerals has one of them."""
_HAN_SCALE = re.compile("[百千万]")
NEAR = 12


def with_digits(text: str) -> Iterator[Mark]:
    """For a text in lower case that has digits."""
    if _CURRENCY_MARK.search(text):
        yield from _with_currency(text)
    for m in _NAMED.finditer(text) if _NAME.search(text) else ():
        yield from _mark(m.start(1), m.end(1), _decimal(m[1], ""), "CNY")
    for m in _SHORT.finditer(text) if _SHORT_MARK.search(text) else ():
        if m.span() == (0, len(text.strip())) or _about_money(text, m):
            yield from _mark(m.start(), m.end(), _decimal(m[1], m[2]), "CNY")


def _with_currency(text: str) -> Iterator[Mark]:
    for m in _SIGNED.finditer(text):
        yield from _mark(m.start(), m.end(), _decimal(m[2], m[3]), _CURRENCY_OF[m[1]])
    for m in _COUNTED.finditer(text):
        if m[3]:
            yield from _mark(m.start(), m.end(), _decimal(m[1], m[2]), _CURRENCY_OF[m[3]])
        elif _is_money(text, m, 4):
            yield from _mark(m.start(), m.end(), _decimal(m[1], m[2]) + _fraction(m[5]), "CNY")


def in_numerals(text: str) -> Iterator[Mark]:
    """Amounts in Chinese numerals; a text without any of `HAN_LETTERS` has none."""
    for m in _SMALL_CHANGE.finditer(text):
        yield from _mark(m.start(), m.end(), _fraction(m[1]), "CNY")
    for m in _HAN.finditer(text):
        number = integer(m[1])
        if number is None or (m[3] and not _is_money(text, m, 3)):
            continue
        yield from _mark(m.start(), m.end(), number + _fraction(m[4]), _CURRENCY_OF[m[2]] if m[2] else "CNY")
    if _HAN_SCALE.search(text):
        for m in _SPOKEN.finditer(text):
            yield from _mark(m.start(), m.end(), Decimal(integer(m[1]) or 0), "CNY")


def _is_money(text: str, m: re.Match[str], unit: int) -> bool:
    """块 alone is also a piece (两块电池) and 一块 means together; 元 and 块钱 are always money."""
    if m[unit] != "块" or m[unit + 1]:
        return m[unit] != "块" or m[1] != "一" or bool(m[unit + 1])
    return m[1] != "一" and bool(_PIECE.match(text, m.end()))


def _about_money(text: str, m: re.Match[str]) -> bool:
    return bool(_MONEY_WORD.search(text, max(0, m.start() - NEAR), m.end() + NEAR))


def _decimal(number: str, scale: str | None) -> Decimal:
    return Decimal(number.replace(",", "")) * _TIMES[scale or ""]


def _fraction(tail: str | None) -> Decimal:
    """What follows 块: 12块5, 12块5毛, 12块50."""
    if not tail:
        return Decimal(0)
    digits = tail.rstrip("毛角")
    number = integer(digits) if digits.isascii() else DIGITS[digits]
    return Decimal(number or 0) / (100 if len(digits) == 2 else 10)


def _mark(start: int, end: int, amount: Decimal, currency: str) -> Iterator[Mark]:
    hundredths = int(amount * 100)
    if hundredths <= MOST:
        yield Mark(FindingKind.AMOUNT, str(hundredths), start, end, currency)
