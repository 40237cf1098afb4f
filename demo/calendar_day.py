"""Which day is played, and how fast: a Chinese workday from 07:00 to 23:00 in some minutes of real time."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import holidays

from demo.parcels import CHINA, Day
from shared.clock import Clock

OPENS, CLOSES = 7, 23


def workday(today: date) -> date:
    """Today, or the next day that is neither weekend nor holiday in China."""
    free = holidays.country_holidays("CN", years=(today.year, today.year + 1))
    day = today
    while day.weekday() >= 5 or day in free:
        day += timedelta(days=1)
    return day


def day_of(date_played: date) -> Day:
    midnight = datetime(date_played.year, date_played.month, date_played.day, tzinfo=CHINA)
    opens, closes = (midnight + timedelta(hours=hour) for hour in (OPENS, CLOSES))
    return Day(opens.astimezone(UTC), closes.astimezone(UTC))


def clock_for(day: Day, seconds: float, start_file: Path) -> Clock:
    """Stands still at the day's opening until `begin`; after the day's end it goes at the pace of real time."""
    rate = (day.closes - day.opens).total_seconds() / seconds
    return Clock(anchor_sim=day.opens, rate=rate, until_sim=day.closes, start_file=start_file)
