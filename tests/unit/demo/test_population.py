"""The people: visibly made up, each reachable by handles of their own."""

import random
import re

import pytest

from demo.population import ENGLISH_SHARE, population

pytestmark = pytest.mark.req("SY-9")
PEOPLE = population(random.Random(3), 1500)
TEST_PHONE = re.compile(r"\+86199000\d{5}|\+1\d{3}55501\d{2}")


def test_handles_are_test_handles() -> None:
    assert [p.phone for p in PEOPLE if not TEST_PHONE.fullmatch(p.phone)] == []
    assert [p.email for p in PEOPLE if not re.search(r"@example\.(com|cn|org|net)$", p.email)] == []


def test_nobody_shares_a_handle() -> None:
    assert len({p.phone for p in PEOPLE}) == len({p.email for p in PEOPLE}) == len(PEOPLE)


def test_about_one_in_seven_writes_english() -> None:
    share = sum(p.language == "en" for p in PEOPLE) / len(PEOPLE)
    assert ENGLISH_SHARE - 0.03 < share < ENGLISH_SHARE + 0.03


def test_people_write_differently() -> None:
    assert len({p.habits for p in PEOPLE}) > 0.9 * len(PEOPLE)
    assert {p.habits.stops for p in PEOPLE} == {"full", "spaces", "lines", "none", "shouting"}
    assert any(p.tier == "vip" for p in PEOPLE)
