"""A small day that the tests share: drawn once, from one seed."""

from datetime import date

import pytest

from demo.calendar_day import day_of
from demo.parcels import Day
from demo.schedule import Sizes, Timetable, timetable


@pytest.fixture(scope="session")
def day() -> Day:
    return day_of(date(2026, 11, 24))


@pytest.fixture(scope="session")
def plan(day: Day) -> Timetable:
    return timetable(7, "t", day, Sizes(customers=450, contacts=600, scans=6000))
