"""Deciding batches and merging changelogs: the pure half of a partitioned store."""

import pytest

from shared.messaging.partition_state.batch import Change, decide, decide_due, instant
from shared.messaging.partition_state.changelog import Record
from shared.messaging.partition_state.entry import (
    NEVER,
    POSITION_HEADER,
    Entry,
    Position,
    UnknownFormat,
    decode,
    encode_position,
)
from shared.messaging.partition_state.restore import Merge
from tests.unit.routing_parcels.tally import TallyFold, tick

FOLD = TallyFold()
NOW = instant(1_000_000_000)
pytestmark = pytest.mark.req("SY-2")


def entry(offset: int, version: int, payload: bytes = b"1,1", due: int = NEVER, indexed: int = NEVER) -> Entry:
    return Entry(offset, version, due, indexed, payload)


def test_events_of_one_key_build_on_each_other_and_make_one_change() -> None:
    decided = decide([tick("a", 5), tick("b", 6), tick("a", 7)], {b"a": None, b"b": None}, FOLD, NOW)
    assert {c.key: c.after and (c.after.position, c.after.payload[:2]) for c in decided.changes} == {
        b"a": (Position(7, 2), b"2,"),
        b"b": (Position(6, 1), b"1,"),
    }
    assert len(decided.messages) == 3
    assert decided.source_offset == 7


def test_what_the_state_has_seen_is_skipped() -> None:
    stored = {b"a": entry(6, 9, b"4,1").encode()}
    decided = decide([tick("a", 5), tick("a", 6), tick("a", 7)], stored, FOLD, NOW)
    (change,) = decided.changes
    assert change.after is not None
    assert change.after.payload[:2] == b"5,"
    assert change.after.position == (7, 10)
    assert len(decided.messages) == 1


def test_an_event_is_never_later_than_now_and_the_log_time_is_the_latest_event() -> None:
    decided = decide([tick("a", 1, seconds=900), tick("a", 2, seconds=5000)], {b"a": None}, FOLD, NOW)
    assert [m.time for m in decided.messages] == [instant(900_000_000), NOW]
    assert decided.log_time == 1_000_000_000
    assert decide([], {}, FOLD, NOW).source_offset == -1


def test_a_removal_carries_its_position_and_what_never_was_needs_none() -> None:
    stored = {b"a": entry(3, 2).encode(), b"b": None}
    decided = decide([tick("a", 8, ring_at=0), tick("b", 9, ring_at=0)], stored, FOLD, NOW)
    assert decided.changes == [Change(b"a", entry(3, 2), None, Position(8, 3))]


@pytest.mark.parametrize(
    ("before", "ring_at", "indexed"),
    [
        (None, 2000, 2000),
        (1500, 2000, 1500),
        (1500, 1200, 1200),
        (900, 2000, 2000),
        (NEVER, 2000, 2000),
    ],
)
def test_the_due_index_moves_only_where_it_must(before: int | None, ring_at: int, indexed: int) -> None:
    """New: there. Later: it stays. Earlier: it moves. Its time has passed already: it moves."""
    second = 1_000_000
    at = before if before in (None, NEVER) else before * second
    stored = None if at is None else entry(1, 1, b"1,1", due=at, indexed=at).encode()
    (change,) = decide([tick("a", 2, ring_at=ring_at)], {b"a": stored}, FOLD, NOW).changes
    assert change.after is not None
    assert (change.after.due, change.after.indexed) == (ring_at * second, indexed * second)


def test_timers_fire_what_is_due_and_move_what_is_due_later() -> None:
    due, later = entry(1, 1, b"7,10", due=10, indexed=10), entry(2, 4, b"8,2000000000", due=2 * 10**9, indexed=20)
    stored = {b"due": due.encode(), b"later": later.encode()}
    decided, moves = decide_due([(10, b"due"), (20, b"later")], stored, FOLD, NOW)
    (change,) = decided.changes
    assert change.key == b"due"
    assert change.after == entry(1, 2, b"7,%d" % NEVER)
    assert [m.key for m in decided.messages] == ["due"]
    assert moves == [Change(b"later", later, later._replace(indexed=2 * 10**9))]


def test_an_entry_is_read_as_it_was_written_and_a_newer_format_is_refused() -> None:
    written = entry(2**40, 3, b"payload", due=12, indexed=11)
    assert decode(written.encode()) == written
    with pytest.raises(UnknownFormat):
        decode(b"\x09" + written.encode()[1:])


def put(offset: int, key: bytes, value: Entry) -> Record:
    return Record(offset, key, value.encode(), ())


def removal(offset: int, key: bytes, position: Position) -> Record:
    return Record(offset, key, None, ((POSITION_HEADER, encode_position(position)),))


@pytest.mark.req("SY-9")
def test_the_greater_position_wins_in_whatever_order() -> None:
    merge = Merge()
    old, new = entry(5, 1, b"old"), entry(9, 2, b"new")
    assert merge.take({b"a": None}, [put(0, b"a", new), put(1, b"a", old)]) == [Change(b"a", None, new)]
    assert merge.stale == {b"a"}
    assert merge.take({b"a": new.encode()}, [put(2, b"a", new)]) == []
    assert merge.stale == set()


@pytest.mark.req("SY-9")
def test_a_local_copy_is_not_overwritten_by_something_older() -> None:
    merge = Merge()
    held = entry(9, 2, b"new")
    assert merge.take({b"a": held.encode()}, [put(0, b"a", entry(9, 1, b"old"))]) == []
    assert merge.stale == {b"a"}


@pytest.mark.req("SY-9")
def test_a_removal_is_a_state_like_others() -> None:
    merge = Merge()
    gone = Position(9, 3)
    assert merge.take({b"a": None}, [put(0, b"a", entry(9, 2)), removal(1, b"a", gone)]) == []
    assert merge.take({b"a": None}, [put(2, b"a", entry(8, 2))]) == []
    assert merge.stale == {b"a"}
    assert merge.removed == {b"a": gone}
    again = entry(12, 1, b"again")
    assert merge.take({b"a": None}, [put(3, b"a", again)]) == [Change(b"a", None, again, gone)]
    assert merge.stale == set()


@pytest.mark.req("SY-9")
def test_a_removal_by_hand_removes_what_is_there_and_hinders_nothing_later() -> None:
    merge = Merge()
    held = entry(9, 2)
    by_hand = Record(0, b"a", None, ())
    assert merge.take({b"a": held.encode()}, [by_hand]) == [Change(b"a", held, None)]
    later = entry(10, 1)
    assert merge.take({b"a": None}, [put(1, b"a", later)]) == [Change(b"a", None, later)]
    assert merge.newest_offset == 10
