"""Days as they are named, relative to the day of speaking: 前天, 上周三, 3号, last Tuesday, Nov 3rd."""

from datetime import date, timedelta

FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)


def shifted(today: date, days: int) -> date | None:
    """The day so many days later; None outside of the years that we know."""
    if abs(days) > 36_525:
        return None
    return known(today + timedelta(days=days))


def known(day: date) -> date | None:
    return day if FIRST <= day <= LAST else None


def of(year: int, month: int, day: int) -> date | None:
    """None where the calendar has no such day."""
    try:
        return known(date(year, month, day))
    except ValueError:
        return None


AHEAD_DAYS = 90


def in_its_year(today: date, month: int, day: int) -> date | None:
    """A day without its year is the latest that lies at most three months ahead: what was is spoken of more than
    what will be, and in January 12月30号 is last year's."""
    days = [found for year in (today.year + 1, today.year, today.year - 1) if (found := of(year, month, day))]
    return next((found for found in days if (found - today).days <= AHEAD_DAYS), None)


def weekday(today: date, number: int, weeks: int) -> date | None:
    """Monday is 0; weeks begin on Monday: 上周三 is the Wednesday of the week before (weeks −1)."""
    return shifted(today, number - today.weekday() + 7 * weeks)


def last(today: date, number: int) -> date | None:
    """last Tuesday: the latest before today."""
    return shifted(today, -((today.weekday() - number - 1) % 7 + 1))


def next_(today: date, number: int) -> date | None:
    """next Tuesday: the first after today."""
    return shifted(today, (number - today.weekday() - 1) % 7 + 1)


def month(today: date, months: int) -> tuple[int, int]:
    """Year and month, so many months later."""
    years, index = divmod(today.month - 1 + months, 12)
    return today.year + years, index + 1


def week_of(day: date) -> str:
    """ISO 8601: 2026-W46."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
