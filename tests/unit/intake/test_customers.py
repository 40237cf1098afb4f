"""Handles of a person: E.164, mail addresses, and the customer they stand for (IN-5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.customers import UNKNOWN, customer_of, e164, email_address
from tests.unit.intake.given import IDENTITY


@pytest.mark.req("IN-5")
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+86 138-0013-8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("86 138 0013 8000", "+8613800138000"),
        ("13800138000", "+8613800138000"),
        ("１３８ ００１３ ８０００", "+8613800138000"),
        ("010-62511234", "+861062511234"),
        ("075588886666", "+8675588886666"),
        ("(0755) 8888 6666", "+8675588886666"),
        ("（0755）88886666", "+8675588886666"),
        ("+86 755 8888 6666", "+8675588886666"),
        ("008675588886666", "+8675588886666"),
        ("0755-8888 6666 转 123", "+8675588886666;ext=123"),
        ("0755-88886666转123", "+8675588886666;ext=123"),
        ("0755-88886666 分机：123", "+8675588886666;ext=123"),
        ("0755-88886666 ext. 12", "+8675588886666;ext=12"),
        ("0755-88886666x12", "+8675588886666;ext=12"),
        ("021-61234567#12", "+862161234567;ext=12"),
        ("0755-88886666-123", "+8675588886666;ext=123"),
        ("+8675588886666;ext=123", "+8675588886666;ext=123"),
        ("17012345678转1234", "+8617012345678;ext=1234"),
        ("13812345678-1234", "+8613812345678;ext=1234"),
        ("138 1234 5678-9012", "+8613812345678;ext=9012"),
        ("+86 138 1234 5678-9012", "+8613812345678;ext=9012"),
        ("13812345678-13912345678", None),
        ("(021)61234567-12", "+862161234567;ext=12"),
        ("0755-8888 6666-123", "+8675588886666;ext=123"),
        ("+86-21-61234567-12", "+862161234567;ext=12"),
        ("010-6251-1234", "+861062511234"),
        ("tel:+86-138-0013-8000", "+8613800138000"),
        ("tel:+86-755-88886666;ext=12", "+8675588886666;ext=12"),
        ("sip:13800138000@10.0.0.1:5060", "+8613800138000"),
        ("sip:alice@pbx.example", None),
        ("+852 5123 4567", "+85251234567"),
        ("00852-51234567", "+85251234567"),
        ("+886 912 345 678", "+886912345678"),
        ("+853 6612 3456", "+85366123456"),
        ("88886666", None),
        ("8888666", None),
        ("88886666 转 123", None),
        ("51234567", None),
        ("400-811-1111", None),
        ("+86 400 811 1111", None),
        ("400-811-1111 转 2", None),
        ("800 810 8888", None),
        ("1010 8888", None),
        ("95338", None),
        ("010-95338", None),
        ("95311 转 1", None),
        ("12306", None),
        ("10086", None),
        ("+1 800 234 5678", None),
        ("14912345678901", None),
        ("138****5678", None),
        ("0755-8888**** 转 123", None),
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
