"""Dead letters by group and class of reason (ME-1, SY-3)."""

import pytest
from aiokafka import ConsumerRecord

from services.metrics.deadletters import DeadLetterBoard, reason_class
from shared.messaging.deadletter import Origin, dead_letter
from tests.unit.metrics.events import START

pytestmark = pytest.mark.req("ME-1")


def record(key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]) -> "ConsumerRecord[bytes, bytes]":
    return ConsumerRecord(
        topic="dead-letters.v1",
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=len(key),
        serialized_value_size=0,
        headers=tuple(headers),
    )


def letter(
    group: str, reason: str, offset: int, headers: tuple[tuple[str, bytes | None], ...] = ()
) -> "ConsumerRecord[bytes, bytes]":
    origin = Origin("cases.v1", 0, offset, b"k", b"{", headers)
    dead = dead_letter(origin, group=group, reason=reason, source="x", now=START)
    return record(dead.key.encode(), dead.value, dead.headers())


def test_letters_are_counted_until_they_are_replayed_or_dropped() -> None:
    board = DeadLetterBoard()
    first, second = letter("routing", "case.version: missing", 1), letter("routing", "value is null", 2)
    for one in (first, second, first, letter("claims", "InvalidEvent: no such claim", 3)):
        board.apply(one)
    assert board.counts() == {("routing", "schema"): 1, ("routing", "value"): 1, ("claims", "InvalidEvent"): 1}
    assert first.key is not None
    board.apply(record(first.key, None, []))
    assert board.counts() == {("routing", "value"): 1, ("claims", "InvalidEvent"): 1}


def test_original_headers_may_be_anything() -> None:
    board = DeadLetterBoard()
    board.apply(letter("routing", "header x is not UTF-8", 1, (("x", b"\xff\xfe"), ("y", None))))
    assert board.counts() == {("routing", "header"): 1}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("header ce_id is null", "header"),
        ("header missing: ce_id, ce_type", "header"),
        ("value is larger than 1000 bytes", "value"),
        ("case.customer.customer_id: missing; at: datetime_from_date_parsing", "schema"),
        ("changes.0.opened: missing", "schema"),
        ("no longer parses", "schema"),
        ("KeyError: 'x'", "KeyError"),
        ("some words of a person", "other"),
    ],
)
def test_reason_classes(reason: str, expected: str) -> None:
    assert reason_class(reason) == expected
