"""A mail's Date is read as the standard library reads it, the usual form by a shorter way (IN-1)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.rfc5322 import mime
from services.intake.adapters.rfc5322.headers import date_of

pytestmark = pytest.mark.req("IN-1")
TWO = st.integers(0, 62).map("{:02}".format)
ZONES = st.sampled_from(["+0800", "-0000", "+0000", "-0530", "+2400", "+9999", "GMT", "EST", "", "+08:00"])


def theirs(date: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def ours(date: str) -> datetime | None:
    return date_of(mime.parse(f"From: li@mail.example\r\nDate: {date}\r\n\r\n".encode()))


@given(
    st.sampled_from(["Mon, ", "Fri, ", "", "Mon,", "五, "]),
    st.integers(0, 33),
    st.sampled_from(["Jan", "Feb", "Dec", "dec", "Mai"]),
    st.sampled_from(["2026", "2024", "1999", "26", "0050", "20260"]),
    st.tuples(TWO, TWO, TWO).map(":".join),
    ZONES,
)
def test_as_the_standard_library_reads_it(week: str, day: int, month: str, year: str, clock: str, zone: str) -> None:
    date = f"{week}{day} {month} {year} {clock} {zone}".strip()
    assert ours(date) == theirs(date)


def test_the_usual_form_and_a_comment_behind_it() -> None:
    taken = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    assert ours("Fri, 20 Nov 2026 15:30:00 +0800") == ours("Fri, 20 Nov 2026 15:30:00 +0800 (CST)") == taken
