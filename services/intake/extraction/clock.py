"""The time of day behind a date: 下午3点, 晚上八点半, 15:30, at 3:05 pm; and a part of the day alone (上午)."""

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple

from services.intake.extraction.numerals import integer

SHANGHAI = timezone(timedelta(hours=8))
_PART = r"凌晨|清晨|一大早|早上|早晨|一早|上午|中午|正午|下午|傍晚|晚上|晚间|夜里|半夜|早|晚"
_HOUR = r"(?:\d{1,2}|十[一二]?|二十[一二三]?|[一二两三四五六七八九])"
_HAN = re.compile(
    rf"(?:\s{{0,2}}的?({_PART}))?(?:\s{{0,2}}(?:大概|大约|差不多)?({_HOUR})(?:点钟?|时)(?!间|候|建议|问题|意见|要求)(半|一刻|三刻|\d{{1,2}}分|[零一二三四五]?十?[一二三四五六七八九]?分)?"
    r"|\s{0,2}(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?::[0-5]\d)?(?!\d))?"
)
_ENGLISH = re.compile(
    r"(?:\s(morning|afternoon|evening|night)\b)?(?:,?\s(?:(?:at|around|by|before|after)\s)?(?:(1[0-2]|0?[1-9])(?::([0-5]\d))?\s?([ap])\.?m\b\.?|([01]?\d|2[0-3]):([0-5]\d)\b))?",
    re.ASCII,
)
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}
_AFTERNOON = ("下午", "傍晚", "晚", "夜里")


class Said(NamedTuple):
    """A time of day, if one was said: where the words end, and the moment of that day."""

    end: int
    at: time | None = None
    next_day: bool = False


def han(text: str, end: int, part: str | None = None) -> Said:
    """What stands behind a Chinese day that ends at `end`; `part` is said by the day's own word (昨晚)."""
    m = _HAN.match(text, end)
    if m is None or m.end() == end:
        return Said(end)
    part = m[1] or part
    if m[4]:
        return _told(m.end(), int(m[4]), int(m[5]), part)
    hour = integer(m[2]) if m[2] else None
    if hour is None or hour > 24 or (m[2] == "一" and part in (None, "早", "晚") and not m[3]):
        # 明天早一点 is no time.
        return Said(m.end(1) if m[1] else end)
    return _told(m.end(), hour, _minutes(m[3]), part)


def _minutes(said: str | None) -> int:
    if not said:
        return 0
    return _QUARTERS.get(said) or integer(said.rstrip("分").lstrip("零") or "零") or 0


def _told(end: int, hour: int, minute: int, part: str | None) -> Said:
    evening = bool(part) and str(part).startswith(_AFTERNOON)
    night = bool(part) and (str(part).startswith("晚") or part == "半夜")
    if hour == 24 or (hour == 12 and night):
        return Said(end, time(0, min(minute, 59)), next_day=True)
    if hour <= 11 and (evening or (part == "中午" and hour < 6)) and not (night and hour < 5):
        hour += 12
    elif hour == 12 and part == "凌晨":
        hour = 0
    return Said(end, time(hour, minute)) if minute < 60 else Said(end)


def english(text: str, end: int) -> Said:
    m = _ENGLISH.match(text, end)
    if m is None or m.end() == end:
        return Said(end)
    if m[2]:
        return Said(m.end(), time(int(m[2]) % 12 + (12 if m[4] == "p" else 0), int(m[3] or 0)))
    return Said(m.end(), time(int(m[5]), int(m[6]))) if m[5] else Said(m.end())


def written(day: date, said: Said) -> str:
    """ISO 8601: the day, or the moment where one was said."""
    if said.at is None:
        return day.isoformat()
    moment = datetime.combine(day, said.at, SHANGHAI) + timedelta(days=said.next_day)
    return moment.isoformat(timespec="minutes")
