"""Business hours (营业时间): when a desk works, what counts as its time, and when that time will have passed (RO-6).

A week of spans in local time, days that are closed (holidays) and days that work like another weekday (调休补班).
Time outside of the spans does not exist for a clock. Everything here is in UTC at the edge; the zone decides what a
day is, also where its clocks change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
HORIZON = timedelta(days=1100)
"""A calendar without an open minute for so long is a mistake; the loader refuses one that has none in its week."""

Span = tuple[int, int]
"""Minutes since local midnight, the end not included; 1440 is the next midnight."""
Day = tuple[Span, ...]


class NeverOpen(ValueError):
    """The calendar has no more business hours within three years."""


@dataclass(frozen=True)
class BusinessHours:
    """`week` begins on Monday. `special` says of single days what they are instead of their weekday (empty: closed)."""

    name: str
    zone: ZoneInfo
    week: tuple[Day, ...]
    special: Mapping[date, Day] = field(default_factory=dict, hash=False)

    @property
    def always(self) -> bool:
        """Around the clock, every day: its time is plain time."""
        return not self.special and all(day == ((0, DAY_MINUTES),) for day in self.week)

    def is_open(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self._day(self._date(at)))

    def next_open(self, at: datetime) -> datetime:
        """`at` itself where it lies in business hours, else when they next begin. Raises `NeverOpen`."""
        return next(max(start, at) for start, _ in self._from(at))

    def closing(self, at: datetime) -> datetime:
        """When the business hours end that hold `at`, or that follow it; never before `at`. Raises `NeverOpen`."""
        return next(end for _, end in self._from(at))

    def add(self, at: datetime, duration: timedelta) -> datetime:
        """When `duration` of business time has passed since `at`. Raises `NeverOpen`.

        The earliest such moment: a duration that ends with the day ends then, and not with the next morning.
        """
        if self.always or not duration:
            return at + duration
        left = duration
        for start, end in self._from(at):
            begin = max(start, at)
            if left <= end - begin:
                return begin + left
            left -= end - begin
        raise NeverOpen(self.name)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The business time between two moments; zero where `end` is not the later."""
        if end <= start:
            return timedelta()
        if self.always:
            return end - start
        passed, day, last = timedelta(), self._date(start), self._date(end)
        while day <= last:
            for opens, closes in self._day(day):
                passed += max(timedelta(), min(closes, end) - max(opens, start))
            day += timedelta(days=1)
        return passed

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans that end after `at`, in order."""
        day = self._date(at)
        end = day + HORIZON
        while day < end:
            yield from (span for span in self._day(day) if span[1] > at)
            day += timedelta(days=1)
        raise NeverOpen(f"{self.name}: no business hours within {HORIZON.days} days")

    def _date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _day(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        spans = self.special.get(day)
        return _in_utc(day, self.week[day.weekday()] if spans is None else spans, self.zone)


@lru_cache(maxsize=4096)
def _in_utc(day: date, spans: Day, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    found = ((_moment(day, start, zone), _moment(day, end, zone)) for start, end in spans)
    return tuple(span for span in found if span[0] < span[1])


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minutes, DAY_MINUTES)
    local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    return local.astimezone(UTC)


ALWAYS = BusinessHours("always", ZoneInfo("Asia/Shanghai"), (((0, DAY_MINUTES),),) * 7)
