"""Dates in digits (2026-11-03 15:00) and in English (yesterday, last Tuesday, Nov 3rd, 3 days ago)."""

import re
from collections.abc import Iterator
from datetime import date

from services.intake.extraction import calendar, clock
from services.intake.extraction.mark import Mark
from shared.contracts.interactions import FindingKind

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNTS = {word: n for n, word in enumerate(_WORDS)} | {"a": 1, "an": 1}
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(3[01]|[12]\d|0?[1-9])"
_NAMED = {
    "the day before yesterday": -2,
    "day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tomorrow": 1,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
}

_ISO = re.compile(
    r"(?<![\d.a-z/-])(20\d\d)([-/.])(1[0-2]|0?[1-9])\2(3[01]|[12]\d|0?[1-9])(?![\d-])(?:(?:t|\s{0,2})(?=\d\d?:\d\d))?"
)
_YEAR = re.compile(r"20\d\d[-/.]")
_MARK = re.compile(
    r"day|tomorrow|tonight|morning|afternoon|evening|last |this |next |ago\b|\d(?:st|nd|rd|th)\b|" + "|".join(_MONTHS)
)
_NEAR_DAY = re.compile("yesterday|today|tomorrow|tonight|last night|this (?:mor|aft|eve)")
_OF_WEEK = re.compile("(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:last|next|this|on)\\s[mtwfs]", re.ASCII)
_RELATIVE = re.compile(rf"\b({'|'.join(sorted(_NAMED, key=len, reverse=True))})\b", re.ASCII)
_WEEKDAY = re.compile(
    r"\b(?:(last|next|this|on)\s)?(monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
    r"|\b(last|next|this|on)\s(mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b",
    re.ASCII,
)
_PERIOD = re.compile(r"\b(last|next|this)\s(week|month)\b", re.ASCII)
_MONTH_DAY = re.compile(
    rf"\b{_MONTH}\.?\s?{_DAY}(st|nd|rd|th)?\b(?![:.]\d|\s(?:people|items|pieces))(?:,?\s(20\d\d)\b)?", re.ASCII
)
_DAY_MONTH = re.compile(rf"(?<![\d.:/-]){_DAY}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}\b\.?(?:,?\s(20\d\d)\b)?", re.ASCII)
_AGO = re.compile(rf"\b(\d{{1,3}}|{'|'.join(_COUNTS)})\s(day|week|month)s?\sago\b", re.ASCII)
_PERIODS = {"last": -1, "this": 0, "next": 1}


def in_digits(text: str) -> Iterator[Mark]:
    """For a text that has digits."""
    for m in _ISO.finditer(text) if _YEAR.search(text) else ():
        day = calendar.of(int(m[1]), int(m[3]), int(m[4]))
        if day:
            said = clock.han(text, m.end())
            end = said.end if said.at else m.start() + len(m[0].rstrip("t "))
            yield Mark(FindingKind.DATE, clock.written(day, said), m.start(), end)


def english(text: str, today: date, *, digit: bool) -> Iterator[Mark]:
    """For a text in lower case that has Latin letters."""
    if not _MARK.search(text):
        return
    for m in _RELATIVE.finditer(text) if _NEAR_DAY.search(text) else ():
        yield from _day(text, m, calendar.shifted(today, _NAMED[m[1]]))
    first = _OF_WEEK.search(text)
    for m in _WEEKDAY.finditer(text, max(0, first.start() - len("last "))) if first else ():
        yield from _day(text, m, _weekday(today, m[1] or m[3], m[2] or m[4]))
    if digit:
        yield from _in_months(text, today)
    if "week" in text or "month" in text:
        yield from _periods(text, today)
    if " ago" in text:
        yield from _ago(text, today)


def _in_months(text: str, today: date) -> Iterator[Mark]:
    for m in _MONTH_DAY.finditer(text):
        # "may 3" is a month only where the day is written as one.
        if m[1] != "may" or m[3] or m[4]:
            yield from _day(text, m, _month_day(today, m[1], m[2], m[4]))
    for m in _DAY_MONTH.finditer(text):
        yield from _day(text, m, _month_day(today, m[2], m[1], m[3]))


def _weekday(today: date, which: str | None, name: str) -> date | None:
    number = _WEEKDAYS.index(name[:3])
    if which == "last":
        return calendar.last(today, number)
    if which == "next":
        return calendar.next_(today, number)
    return calendar.weekday(today, number, 0)


def _month_day(today: date, month: str, day: str, year: str | None) -> date | None:
    number = _MONTHS.index(month[:3]) + 1
    return calendar.of(int(year), number, int(day)) if year else calendar.in_its_year(today, number, int(day))


def _periods(text: str, today: date) -> Iterator[Mark]:
    for m in _PERIOD.finditer(text):
        year, month = calendar.month(today, _PERIODS[m[1]])
        monday = calendar.weekday(today, 0, _PERIODS[m[1]])
        week = calendar.week_of(monday) if monday else ""
        yield Mark(FindingKind.DATE, week if m[2] == "week" else f"{year}-{month:02}", m.start(), m.end())


def _ago(text: str, today: date) -> Iterator[Mark]:
    for m in _AGO.finditer(text):
        count = int(m[1]) if m[1].isdigit() else _COUNTS[m[1]]
        year, month = calendar.month(today, -count)
        day = calendar.shifted(today, -count * (7 if m[2] == "week" else 1))
        if day:
            value = f"{year}-{month:02}" if m[2] == "month" else day.isoformat()
            yield Mark(FindingKind.DATE, value, m.start(), m.end())


def _day(text: str, m: re.Match[str], day: date | None) -> Iterator[Mark]:
    if day is not None:
        said = clock.english(text, m.end())
        yield Mark(FindingKind.DATE, clock.written(day, said), m.start(), said.end)
