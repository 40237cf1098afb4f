"""Reading a record: no bytes can make the parser raise, and a reason never shows a value (SY-3, SY-5)."""

from typing import Any

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.base import Contract
from shared.messaging.message import Incoming
from shared.messaging.record import REPLAY_GROUP_HEADER, Malformed, Skipped, cloud_event_parser


class Amount(Contract):
    amount: int


HEADERS = [("ce_id", b"1"), ("ce_type", b"t"), ("ce_time", b"2026-11-22T08:00:00+08:00")]
parse = cloud_event_parser({"t": Amount}, "group")


def record(value: bytes | None, headers: list[tuple[str, Any]], key: bytes | None = b"k") -> Any:
    return ConsumerRecord("topic", 0, 7, 1, 0, key, value, None, 0, 0, tuple(headers))


@pytest.mark.req("SY-3")
@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (b"{", HEADERS, "json_invalid"),
        (b'{"amount": "x"}', HEADERS, "amount: int_parsing"),
        (b"{}", HEADERS, "amount: missing"),
        (None, HEADERS, "value is null"),
        (b'{"amount": 1}', [*HEADERS, ("x", b"\xff")], "header x is not UTF-8"),
        (b'{"amount": 1}', [*HEADERS, ("x", None)], "header x is null"),
        (b'{"amount": 1}', HEADERS[1:], "header missing: ce_id"),
        (b'{"amount": 1}', [*HEADERS[:2], ("ce_time", b"2026-11-22T08:00:00")], "ce_time"),
        (b'{"amount": 1}', [*HEADERS[:2], ("ce_time", b"9999-12-31T23:59:59-08:00")], "ce_time"),
        (b'{"amount": 1}', [*HEADERS[:2], ("ce_time", b"0001-01-01T00:00:00+08:00")], "ce_time"),
    ],
)
def test_what_cannot_be_read_is_malformed_with_its_reason(value: bytes | None, headers: Any, reason: str) -> None:
    parsed = parse(record(value, headers))
    assert isinstance(parsed, Malformed)
    assert reason in parsed.reason


@pytest.mark.req("SY-3")
def test_a_good_record_a_newer_type_and_a_replay_for_another_group() -> None:
    good = parse(record(b'{"amount": 3, "newer": true}', HEADERS))
    assert isinstance(good, Incoming)
    assert (good.event.amount, good.key, good.offset) == (3, "k", 7)
    assert good.time.isoformat() == "2026-11-22T00:00:00+00:00"
    newer = [HEADERS[0], ("ce_type", b"t2"), HEADERS[2]]
    assert isinstance(parse(record(b"{}", newer)), Skipped)
    assert isinstance(parse(record(b'{"amount": 1}', [*HEADERS, (REPLAY_GROUP_HEADER, b"other")])), Skipped)
    assert isinstance(parse(record(b'{"amount": 1}', [*HEADERS, (REPLAY_GROUP_HEADER, b"group")])), Incoming)


@pytest.mark.req("SY-3")
@given(
    value=st.none() | st.binary(max_size=60),
    extra=st.lists(st.tuples(st.sampled_from(["ce_id", "ce_type", "ce_time", "x"]), st.none() | st.binary(max_size=9))),
    key=st.none() | st.binary(max_size=9),
)
def test_no_bytes_make_the_parser_raise(value: bytes | None, extra: Any, key: bytes | None) -> None:
    assert isinstance(parse(record(value, [*HEADERS, *extra], key)), Incoming | Malformed | Skipped)


@pytest.mark.req("SY-5")
def test_a_reason_names_the_field_and_not_its_value() -> None:
    parsed = parse(record(b'{"amount": "call 13800138000"}', HEADERS))
    assert isinstance(parsed, Malformed)
    assert parsed.reason == "amount: int_parsing"
