"""calendars.yaml: business hours by name; holidays and make-up workdays come from the holidays package (RO-6)."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from services.routing.decision_table import RuleError
from services.routing.hours import ALWAYS, DAY_MINUTES, BusinessHours, Day, Span
from services.routing.rule_file import RuleFile

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS_AHEAD = 3
"""Holidays are looked up from the year of `valid_from` to so many years later: longer than any clock runs."""

Calendars = Mapping[str, BusinessHours]


def calendars_of(part: RuleFile) -> Calendars:
    """By name, `always` among them. Raises `RuleError` with file and cell."""
    rows = part.get("calendars", dict)
    if ALWAYS.name in rows:
        raise RuleError(part.file, f"calendars.{ALWAYS.name}", "is built in; choose another name")
    return {ALWAYS.name: ALWAYS} | {str(name): _calendar(part, str(name), row) for name, row in rows.items()}


def _calendar(part: RuleFile, name: str, row: Any) -> BusinessHours:
    where = f"calendars.{name}"
    if not isinstance(row, dict):
        raise RuleError(part.file, where, "is not a mapping")
    unknown = set(row) - {"timezone", "week", "holidays", "makeup_like", "closed", "open"}
    if unknown:
        raise RuleError(part.file, f"{where}.{min(unknown)}", "is not known")
    week = _week(part, where, part.get("week", dict, row))
    special = dict(_holidays(part, where, row, week))
    special |= dict.fromkeys(_dates(part, f"{where}.closed", row.get("closed") or []), ())
    for day, like in (row.get("open") or {}).items():
        (known,) = _dates(part, f"{where}.open", [day])
        special[known] = week[WEEKDAYS.index(part.choice(f"{where}.open", like, WEEKDAYS))]
    return BusinessHours(name, _zone(part, where, part.get("timezone", str, row)), week, special)


def _zone(part: RuleFile, where: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RuleError(part.file, f"{where}.timezone", str(error)) from error


def _week(part: RuleFile, where: str, row: Mapping[str, Any]) -> tuple[Day, ...]:
    days: dict[int, Day] = {}
    for days_named, texts in row.items():
        cell = f"{where}.week.{days_named}"
        spans = _spans(part, cell, texts)
        for number in _weekdays(part, cell, str(days_named)):
            if number in days:
                raise RuleError(part.file, cell, f"{WEEKDAYS[number]} stands twice")
            days[number] = spans
    if not any(days.values()):
        raise RuleError(part.file, f"{where}.week", "is never open")
    return tuple(days.get(number, ()) for number in range(7))


def _weekdays(part: RuleFile, cell: str, text: str) -> range:
    first, _, last = text.partition("-")
    start, end = (WEEKDAYS.index(part.choice(cell, day, WEEKDAYS)) for day in (first, last or first))
    if end < start:
        raise RuleError(part.file, cell, f"{text} runs backwards")
    return range(start, end + 1)


def _spans(part: RuleFile, cell: str, texts: Any) -> Day:
    if not isinstance(texts, list):
        raise RuleError(part.file, cell, 'must be a list like ["09:00-18:00"]')
    spans = tuple(_span(part, cell, text) for text in texts)
    for before, after in pairwise(spans):
        if after[0] < before[1]:
            raise RuleError(part.file, cell, "spans overlap or are out of order")
    return spans


def _span(part: RuleFile, cell: str, text: Any) -> Span:
    start, dash, end = str(text).partition("-")
    found = _minutes(start), _minutes(end)
    if not dash or found[0] is None or found[1] is None or found[0] >= found[1]:
        raise RuleError(part.file, cell, f'{text!r} is not a span like "09:00-18:00"')
    return found[0], found[1]


def _minutes(text: str) -> int | None:
    hours, colon, minutes = text.strip().partition(":")
    if not (colon and len(minutes) == 2 and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        return None
    found = int(hours) * 60 + int(minutes)
    return found if found <= DAY_MINUTES else None


def _dates(part: RuleFile, cell: str, values: Any) -> Iterator[date]:
    if not isinstance(values, list):
        raise RuleError(part.file, cell, "must be a list of dates")
    for value in values:
        if not isinstance(value, date):
            raise RuleError(part.file, cell, f"{value!r} is not a date like 2026-02-17")
        yield value


def _holidays(part: RuleFile, where: str, row: Mapping[str, Any], week: tuple[Day, ...]) -> Iterator[tuple[date, Day]]:
    country = row.get("holidays")
    if country is None:
        return
    start = part.day("valid_from")
    assert start is not None, "checked when the file was read"
    years = range(start.year, start.year + YEARS_AHEAD + 1)
    try:
        found = holidays.country_holidays(str(country), years=years)
    except NotImplementedError as error:
        raise RuleError(part.file, f"{where}.holidays", f"{country!r} is no country that is known") from error
    like = part.choice(f"{where}.makeup_like", row.get("makeup_like", "mon"), WEEKDAYS)
    yield from ((day, ()) for day in found)
    worked = week[WEEKDAYS.index(like)]
    yield from ((day, worked) for day in found.weekend_workdays if day.year in years)
