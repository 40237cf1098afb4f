"""Handles of a person: E.164, mail addresses, and the customer they stand for (IN-5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.customers import UNKNOWN, customer_of, e164, email_address
from tests.unit.intake.given import IDENTITY


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("86 138 0013 8000", "+8613800138000"),
        ("010-62511234", "+861062511234"),
        ("+1 (415) 867-5309", "+14158675309"),
        ("138****8000", None),
        ("12345", None),
        ("1-800-FLOWERS", None),
        ("anonymous", None),
        ("一三八", None),
        ("", None),
    ],
)
def test_phone_numbers(text: str, number: str | None) -> None:
    assert e164(text) == number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Li@Mail.Example ", "li@mail.example"),
        ("li+shop@mail.example", "li+shop@mail.example"),
        ("李雷@mail.example", None),
        ("li@mail", None),
        ("li@mail.example\r\nBcc: x@y.example", None),
        ("a" * 65 + "@mail.example", None),
        ("", None),
    ],
)
def test_mail_addresses(text: str, address: str | None) -> None:
    assert email_address(text) == address


@given(st.text())
def test_no_text_breaks_the_readers_of_handles(text: str) -> None:
    number, address = e164(text), email_address(text)
    assert number is None or number.startswith("+")
    assert address is None or "@" in address


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_an_id_is_opaque_and_the_same_for_the_same_phone(phone: str) -> None:
    number = e164(phone)
    one = customer_of(IDENTITY, unknown="a", phone=number)
    two = customer_of(IDENTITY, unknown="b", phone=number, email="li@mail.example")
    assert one.customer_id == two.customer_id
    assert phone not in one.customer_id


def test_nobody_is_not_somebody_else() -> None:
    one = customer_of(IDENTITY, unknown="a", name="李雷")
    assert one.customer_id.startswith(UNKNOWN)
    assert one.customer_id != customer_of(IDENTITY, unknown="b", name="李雷").customer_id
    assert len(one.customer_id) <= 64
