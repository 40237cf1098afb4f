"""The played day's clock: it waits, runs fast, and goes on at the pace of real time afterwards."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from demo.calendar_day import clock_for, day_of, workday
from demo.parcels import CHINA
from shared.clock import Clock
from tools.stack.stack_file import ClockSetting

pytestmark = pytest.mark.req("SY-9")


def about(moment: datetime, expected: datetime, within: timedelta) -> bool:
    return abs(moment - expected) <= within


def test_the_day_waits_at_its_opening_until_it_begins(tmp_path: Path) -> None:
    day = day_of(date(2026, 11, 24))
    clock = clock_for(day, 120, tmp_path / "began")
    assert clock.now() == clock.now() == day.opens
    clock.begin(datetime.now(UTC) - timedelta(seconds=10))
    assert about(clock.now(), day.opens + timedelta(minutes=80), timedelta(minutes=30))
    assert clock.real_seconds(timedelta(hours=8)) == 60


def test_another_process_sees_the_same_beginning(tmp_path: Path) -> None:
    day = day_of(date(2026, 11, 24))
    clock = clock_for(day, 120, tmp_path / "began")
    told = ClockSetting.model_validate_json(ClockSetting.of(clock).model_dump_json()).clock
    began = datetime.now(UTC) - timedelta(seconds=30)
    clock.begin(began)
    assert told == clock
    assert told.began() == began


def test_after_the_day_time_goes_at_its_own_pace(tmp_path: Path) -> None:
    day = day_of(date(2026, 11, 24))
    clock = clock_for(day, 120, tmp_path / "began")
    clock.begin(datetime.now(UTC) - timedelta(seconds=130))
    assert about(clock.now(), day.closes + timedelta(seconds=10), timedelta(seconds=8))


def test_a_plain_clock_is_real_time() -> None:
    assert about(Clock().now(), datetime.now(UTC), timedelta(seconds=5))


def test_anchors_alone_begin_at_once() -> None:
    real = datetime.now(UTC)
    noon = datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert about(Clock(real, noon, 10.0).now(), noon, timedelta(minutes=2))


@pytest.mark.parametrize(
    ("today", "played"),
    [
        (date(2026, 11, 22), date(2026, 11, 23)),  # a Sunday
        (date(2026, 11, 24), date(2026, 11, 24)),
        (date(2026, 10, 1), date(2026, 10, 8)),  # the National Day holidays
    ],
)
def test_a_workday_is_played(today: date, played: date) -> None:
    assert workday(today) == played


def test_the_day_is_from_seven_to_eleven_in_china() -> None:
    day = day_of(date(2026, 11, 24))
    assert day.opens.astimezone(CHINA).hour == 7
    assert day.closes - day.opens == timedelta(hours=16)
