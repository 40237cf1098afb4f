"""Originals on their way to the archive: exact, in pieces where they are large, whole again when read (IN-3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake import raw
from services.intake.archive import MAX_BYTES, portions
from services.intake.raw import PIECE_BYTES, RawPiece, raw_messages, raw_parser, whole
from shared.contracts.topics import MAX_RECORD_BYTES
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.record import Malformed, Skipped
from tests.unit.intake.given import NOW
from tests.unit.intake.records import record, record_of

pytestmark = pytest.mark.req("IN-3")
HEADERS = {"content-type": "text/x", "webhook-id": "m", "authorization": "Bearer secret", "x": "é"}


def pieces_of(messages: tuple[Outgoing, ...]) -> list[RawPiece]:
    parsed = [raw_parser("g")(record_of(m)) for m in messages]
    assert all(isinstance(p, Incoming) for p in parsed)
    return [p.event for p in parsed if isinstance(p, Incoming)]


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 5 * PIECE_BYTES - 7])
def test_an_original_survives_the_way_byte_for_byte(size: int) -> None:
    body = bytes(i % 251 for i in range(1000)) * (size // 1000 + 1)
    body = body[:size]
    messages = raw_messages("id-1", "web", HEADERS, body, NOW)
    pieces = pieces_of(messages)
    original = whole(pieces)
    assert original is not None
    assert original.body == body
    assert (original.gateway, original.content_type, original.received_at) == ("web", "text/x", NOW)
    assert dict(original.headers) == {"content-type": "text/x", "webhook-id": "m", "x": "é"}
    assert {m.key for m in messages} == {"id-1"}
    assert len({m.id for m in messages}) == len(messages)
    assert all(len(m.value) + 40_000 < MAX_RECORD_BYTES for m in messages)


def test_a_piece_that_is_missing_keeps_the_whole_from_being_shown() -> None:
    pieces = pieces_of(raw_messages("id-1", "web", HEADERS, b"x" * (2 * PIECE_BYTES), NOW))
    assert whole(pieces[:1]) is None
    assert whole([]) is None


@given(st.integers(1, 999))
def test_pieces_sort_in_their_order(parts: int) -> None:
    ids = [raw.piece_id("id-1", n, parts) for n in range(1, parts + 1)]
    assert ids == sorted(ids)
    assert all("id-1" <= one < "id-10" for one in ids)


@pytest.mark.parametrize(
    "headers",
    [[], [("ce_id", b"1")], [("ce_id", b"1"), ("ce_time", b"now"), ("raw_part", b"1/1")], [("ce_id", b"\xff")]],
)
def test_a_record_that_is_no_piece_is_malformed(headers: list[tuple[str, bytes]]) -> None:
    assert isinstance(raw_parser("g")(record(b"x", headers)), Malformed)


def test_a_replay_for_another_group_is_skipped() -> None:
    message = raw_messages("id-1", "web", HEADERS, b"x", NOW)[0]
    one = record(message.value, [*message.headers(), ("pc_replay_group", b"other")], key=b"id-1")
    assert isinstance(raw_parser("g")(one), Skipped)


def test_an_insert_is_bounded_in_bytes() -> None:
    messages = raw_messages("id-1", "web", HEADERS, b"x" * (20 * PIECE_BYTES), NOW)
    batch = [p for p in (raw_parser("g")(record_of(m)) for m in messages) if isinstance(p, Incoming)]
    cut = portions(batch)
    assert [i for portion in cut for i in portion] == batch
    assert len(cut) > 1
    assert all(sum(len(i.event.body) for i in portion) <= MAX_BYTES for portion in cut)
