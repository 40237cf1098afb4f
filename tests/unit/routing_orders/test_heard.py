"""The playbook worded to be heard: numbers, durations, signs (RO-10)."""

from dataclasses import replace

import pytest

from services.routing.ivr import heard
from tests.unit.routing_orders.test_playbook import BOOK

pytestmark = pytest.mark.req("RO-10")
ENTRY = BOOK.entries[0]


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (1, "一", "one"),
        (2, "二", "two"),
        (10, "十", "ten"),
        (12, "十二", "twelve"),
        (20, "二十", "twenty"),
        (36, "三十六", "thirty six"),
        (100, "一百", "one hundred"),
        (105, "一百零五", "one hundred and five"),
        (110, "一百一十", "one hundred and ten"),
        (1005, "一千零五", "one thousand and five"),
        (1050, "一千零五十", "one thousand and fifty"),
        (1440, "一千四百四十", "one thousand four hundred and forty"),
        (9999, "九千九百九十九", "nine thousand nine hundred and ninety nine"),
    ],
)
def test_numbers(number: int, zh: str, en: str) -> None:
    assert (heard.chinese(number), heard.english(number)) == (zh, en)


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_numbers_that_nobody_needs_are_refused(number: int) -> None:
    for read in (heard.chinese, heard.english):
        with pytest.raises(ValueError, match="between 1 and 9999"):
            read(number)


@pytest.mark.parametrize(
    ("hours", "business", "by_law", "zh", "en"),
    [
        (48, False, False, "大约两天内", "within about two days"),
        (24, False, False, "大约一天内", "within about one day"),
        (2, False, False, "大约两小时内", "within about two hours"),
        (1, False, False, "大约一小时内", "within about one hour"),
        (24, True, False, "大约二十四个工作小时内", "within about twenty four working hours"),
        (168, False, True, "七天内", "within seven days"),
    ],
)
def test_durations_and_what_a_law_sets_is_no_guess(hours: int, business: bool, by_law: bool, zh: str, en: str) -> None:
    entry = replace(ENTRY, hours=hours, business=business, by_law=by_law)
    assert (heard.duration(entry, "zh"), heard.duration(entry, "en")) == (zh, en)


def test_keys_and_signs() -> None:
    assert (heard.keys("02", "zh"), heard.keys("12", "en")) == ("零二", "one two")
    assert heard.clean("“代收/入柜”", "zh") == "代收或入柜"
    assert heard.clean("held/locker", "en") == "held or locker"
