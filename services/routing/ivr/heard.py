"""The playbook worded to be heard: durations and digits in words, and no signs that a voice would spell out. Pure."""

from services.routing.playbook import Entry

_ZH = "零一二三四五六七八九"
_EN = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
MOST = 9999
"""Hours of the playbook are fewer: 60 days."""


def duration(entry: Entry, language: str) -> str:
    """How long it takes, as one says it: 大约两天内; what a law sets is said without "about"."""
    in_days = entry.hours % 24 == 0 and not entry.business
    count = entry.hours // 24 if in_days else entry.hours
    if language == "zh":
        unit = "天" if in_days else "个工作小时" if entry.business else "小时"
        return f"{'' if entry.by_law else '大约'}{counted(count)}{unit}内"
    unit = ("day" if in_days else "working hour" if entry.business else "hour") + ("" if count == 1 else "s")
    return f"within {'' if entry.by_law else 'about '}{english(count)} {unit}"


def counted(count: int) -> str:
    """A number before what is counted: two is 两."""
    return "两" if count == 2 else chinese(count)


def chinese(number: int) -> str:
    """1 to 9999 as it is read: 十二, 一百零五. Raises `ValueError` beyond."""
    _must_fit(number)
    said, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if gap else "") + _ZH[digit] + name
        gap = bool(said) and not digit
    return said[1:] if said.startswith("一十") else said


def english(number: int) -> str:
    """1 to 9999 as it is read: twelve, one hundred and five. Raises `ValueError` beyond."""
    _must_fit(number)
    for unit, name in ((1000, "thousand"), (100, "hundred")):
        if number >= unit:
            rest = number % unit
            link = " and " if 0 < rest < 100 else " "
            return f"{english(number // unit)} {name}" + (f"{link}{english(rest)}" if rest else "")
    if number < 20:
        return _EN[number]
    return _TENS[number // 10] + (f" {_EN[number % 10]}" if number % 10 else "")


def _must_fit(number: int) -> None:
    if not 0 < number <= MOST:
        raise ValueError(f"{number} is not between 1 and {MOST}")


def keys(digits: str, language: str) -> str:
    """Keys to press, one by one: 零一, zero one."""
    return "".join(_ZH[int(d)] for d in digits) if language == "zh" else " ".join(_EN[int(d)] for d in digits)


def clean(text: str, language: str) -> str:
    """Without quotation marks; a stroke between two words is "or"."""
    for mark in '“”‘’「」"':
        text = text.replace(mark, "")
    return text.replace("/", "或" if language == "zh" else " or ")
