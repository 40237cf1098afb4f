"""RO-6: business hours, with lunch breaks, holidays, make-up workdays and time zones."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing import clocks
from services.routing.clocks import Target
from services.routing.hours import BusinessHours, NeverOpen
from services.routing.hours_file import calendars_of
from services.routing.rule_file import RuleFile
from services.routing.rule_files import DIRECTORY
from shared.contracts.cases import ClockKind, ClockState

pytestmark = pytest.mark.req("RO-6")


@cache
def calendars() -> dict[str, BusinessHours]:
    return dict(calendars_of(RuleFile.read(DIRECTORY / "calendars.yaml", None)))


def cn(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "end"),
    [
        ("office", "2026-11-11T09:00", 3, "2026-11-11T12:00"),
        ("office", "2026-11-11T11:00", 2, "2026-11-11T14:30"),  # over lunch
        ("office", "2026-11-11T12:30", 1, "2026-11-11T14:30"),  # in the break
        ("office", "2026-11-13T17:00", 2, "2026-11-16T10:00"),  # over the weekend
        ("office", "2026-09-30T17:00", 2, "2026-10-08T10:00"),  # the National Day's week
        ("office", "2026-10-09T17:00", 2, "2026-10-10T10:00"),  # a Saturday that is worked
        ("office", "2026-02-13T17:00", 2, "2026-02-14T10:00"),  # before the Spring Festival
        ("office", "2026-02-14T17:00", 2, "2026-02-24T10:00"),
        ("desk", "2026-11-11T21:30", 1, "2026-11-12T08:30"),
        ("desk", "2026-10-01T10:00", 1, "2026-10-01T11:00"),
        ("always", "2026-11-14T23:30", 24, "2026-11-15T23:30"),
        ("hong-kong", "2026-11-14T12:30", 1, "2026-11-16T09:30"),  # Saturday until one
        ("hong-kong", "2026-10-01T10:00", 1, "2026-10-02T10:00"),  # a holiday there, too
    ],
)
def test_when_so_much_business_time_has_passed(calendar: str, start: str, hours: int, end: str) -> None:
    found = calendars()[calendar]
    assert found.add(cn(start), timedelta(hours=hours)) == cn(end)
    assert found.elapsed(cn(start), cn(end)) == timedelta(hours=hours)


def test_a_zone_whose_clocks_change_loses_and_gains_its_hour() -> None:
    from zoneinfo import ZoneInfo

    london = BusinessHours("london", ZoneInfo("Europe/London"), (((0, 1440),),) * 7, {date(2030, 1, 1): ()})
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    for day, hours in ((spring, 23), (autumn, 25)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)
        assert london.elapsed(midnight, midnight + timedelta(hours=hours)) == timedelta(hours=hours)
    assert london.add(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), timedelta(hours=2)).hour == 2


def test_a_calendar_that_never_opens_again_says_so() -> None:
    shut = BusinessHours("shut", calendars()["desk"].zone, ((),) * 7)
    with pytest.raises(NeverOpen):
        shut.next_open(cn("2026-11-11T12:00"))


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)).map(lambda t: t.replace(tzinfo=UTC))
names = st.sampled_from(["desk", "office", "outlet", "duty", "hong-kong", "always"])
spans = st.timedeltas(timedelta(), timedelta(hours=60)).map(lambda d: timedelta(seconds=int(d.total_seconds())))


@given(names, moments, moments, moments)
def test_elapsed_time_is_additive(name: str, one: datetime, two: datetime, three: datetime) -> None:
    hours = calendars()[name]
    start, middle, end = sorted((one, two, three))
    assert hours.elapsed(start, end) == hours.elapsed(start, middle) + hours.elapsed(middle, end)
    assert timedelta() <= hours.elapsed(start, end) <= end - start


@given(names, moments, spans)
def test_adding_and_measuring_agree(name: str, at: datetime, span: timedelta) -> None:
    hours = calendars()[name]
    end = hours.add(at, span)
    assert hours.elapsed(at, end) == span
    assert hours.is_open(hours.next_open(at))


@given(names, moments, spans, st.lists(st.tuples(spans, spans), max_size=4))
def test_a_pause_never_takes_time_and_never_gives_business_time(
    name: str, at: datetime, limit: timedelta, pauses: list[tuple[timedelta, timedelta]]
) -> None:
    hours = calendars()[name]
    clock = clocks.start(ClockKind.RESOLUTION, Target(limit, limit * 0.7, "t", hours), at)
    end, now, used = clock.due_at, at, timedelta()
    for runs, stands in pauses:
        used += hours.elapsed(now, now + runs)
        now += runs
        if now >= clock.due_at:
            break
        paused = clocks.pause(clock, now)
        assert paused is not None
        now += stands
        resumed = clocks.resume(paused, hours, now)
        assert resumed is not None
        assert resumed.due_at >= clock.due_at
        assert hours.elapsed(now, resumed.due_at) == limit - used
        clock = resumed
    assert clock.due_at >= end


@given(names, moments, spans, spans, spans)
def test_another_limit_counts_what_was_used(
    name: str, at: datetime, limit: timedelta, other: timedelta, after: timedelta
) -> None:
    hours = calendars()[name]
    clock = clocks.start(ClockKind.RESOLUTION, Target(limit, limit * 0.7, "t", hours), at)
    now = at + after
    if now >= clock.due_at:
        return
    found = clocks.retarget(clock, Target(other, other * 0.7, "u", hours), hours, now)
    assert found is not None
    used = hours.elapsed(at, now)
    assert hours.elapsed(now, found.due_at) == max(timedelta(), other - used)
    assert (found.rule, found.limit_seconds) == ("u", other.total_seconds())


def test_a_clock_that_was_answered_or_missed_gets_no_other_limit() -> None:
    target = Target(timedelta(hours=1), timedelta(minutes=40), "t")
    clock = clocks.start(ClockKind.RESOLUTION, target, cn("2026-11-11T12:00"))
    other = Target(timedelta(hours=2), timedelta(minutes=80), "u")
    for state in (ClockState.MET, ClockState.BREACHED):
        done = clock.model_copy(update={"state": state})
        assert clocks.retarget(done, other, target.hours, cn("2026-11-11T12:10")) is None
