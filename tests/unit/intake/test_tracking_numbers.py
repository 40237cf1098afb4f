"""Tracking numbers by form and check digit, measured on numbers of real labels (IN-7)."""

import csv
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake import check_digits
from services.intake.tracking_numbers import courier_of, fits, recognised
from tests.unit.intake.given import SHARED_DATA

pytestmark = pytest.mark.req("IN-7")
NUMBERS = SHARED_DATA / "tracking" / "tracking_numbers.csv"
ACCEPTED_AT_LEAST, REFUSED_AT_LEAST = 0.98, 0.95


@pytest.mark.parametrize(
    ("number", "courier"),
    [
        ("SF1234567890123", "shunfeng"),
        ("603034372704", "shunfeng"),
        ("YT1234567890123", "yuantong"),
        ("73190553102532", "zhongtong"),
        ("227213764418", "shentong"),
        ("773012345678901", "shentong"),
        ("4310508235533", "yunda"),
        ("JT1234567890123", "jtexpress"),
        ("JD0076810060555", "jd"),
        ("jd0076810060555-1-2-", "jd"),
        ("JDVA12345678901", "jd"),
        ("DPK123456789012", "debangwuliu"),
        ("1012345678901", "ems"),
        ("LP00123456789012", "cainiao"),
        ("EA123456785CN", "s10"),
        ("1Z 5R8 939 03 5756 7127", "ups"),
        ("TBA502887274000", "amazon"),
    ],
)
def test_forms(number: str, courier: str) -> None:
    assert fits(number, courier)


@pytest.mark.parametrize(
    ("number", "courier"),
    [
        ("SF1234567890123", "shunfeng"),
        ("1Z5R89390357567127", "ups"),
        ("RB123456785GB", "s10"),
        ("603034372704", None),  # 顺丰 and others: twelve digits
        ("RB123456786GB", None),
        ("hello", None),
        ("", None),
    ],
)
def test_a_courier_is_named_where_the_form_leaves_no_doubt(number: str, courier: str | None) -> None:
    assert courier_of(number) == courier


@pytest.mark.parametrize(
    "number", ["RB123456785GB", "1Z5R89390357567127", "986578788855", "3318810025", "320595463938"]
)
def test_one_wrong_digit_is_no_number_of_that_courier(number: str) -> None:
    form = next(f for f in recognised(number) if f.checked)
    last = max(place for place, c in enumerate(number) if c.isdigit())
    wrong = number[:last] + str((int(number[last]) + 1) % 10) + number[last + 1 :]
    assert not any(f.checked and f.name == form.name for f in recognised(wrong))


@given(st.text(max_size=80))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert courier_of(text) is None or recognised(text)


@given(st.text("0123456789", min_size=8, max_size=8), st.integers(0, 7), st.integers(1, 9))
def test_s10_sees_every_wrong_digit_but_where_ten_and_zero_are_one(serial: str, at: int, step: int) -> None:
    wrong = serial[:at] + str((int(serial[at]) + step) % 10) + serial[at + 1 :]
    same = check_digits.s10(serial) == check_digits.s10(wrong)
    assert not same or check_digits.s10(serial) in "05"


@pytest.mark.skipif(not NUMBERS.exists(), reason="the shared data is not here")
def test_numbers_of_real_labels() -> None:
    right: Counter[tuple[str, bool]] = Counter()
    all_of: Counter[tuple[str, bool]] = Counter()
    for row in csv.DictReader(NUMBERS.open()):
        valid = row["valid"] == "1"
        all_of[row["courier"], valid] += 1
        right[row["courier"], valid] += fits(row["number"], row["courier"]) == valid
    report = "\n".join(f"{c} {'valid' if v else 'invalid'}: {right[c, v]}/{n}" for (c, v), n in sorted(all_of.items()))
    for valid, at_least in ((True, ACCEPTED_AT_LEAST), (False, REFUSED_AT_LEAST)):
        share = sum(right[k] for k in all_of if k[1] == valid) / sum(all_of[k] for k in all_of if k[1] == valid)
        assert share >= at_least, report
    assert min(right[k] / n for k, n in all_of.items() if k[1]) >= ACCEPTED_AT_LEAST, report
