"""The embedded store: all of a write or nothing, and an index by due time that agrees with the states."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.entry import NEVER, Entry, decode
from shared.messaging.partition_state.local import LocalState, Memory, Meta, advanced, wiped

MEMORY = Memory()
pytestmark = pytest.mark.req("SY-2")


@pytest.fixture
def store(tmp_path: Path) -> LocalState:
    return LocalState(tmp_path / "0", "changelog.v1", MEMORY)


def entry(indexed: int, payload: bytes = b"p") -> Entry:
    return Entry(1, 1, indexed, indexed, payload)


def put(store: LocalState, key: bytes, after: Entry | None) -> None:
    value = store.get_many([key])[key]
    store.write([Change(key, decode(value) if value else None, after)], store.meta)


def test_states_index_and_meta_come_back_after_reopening(store: LocalState) -> None:
    meta = advanced(store.meta, source_offset=7, log_time=9, changelog_next=3, saved_at=1.5)
    store.write([Change(b"a", None, entry(50)), Change(b"b", None, entry(20))], meta)
    store.close()
    again = LocalState(store.path, "ignored: the store knows", MEMORY)
    assert again.meta == Meta("changelog.v1", 3, 7, 9, 1.5)
    assert again.get_many([b"a", b"c"]) == {b"a": entry(50).encode(), b"c": None}
    assert again.due(100, 10) == [(20, b"b"), (50, b"a")]


def test_due_gives_the_first_ones_in_order_up_to_a_limit(store: LocalState) -> None:
    for number in (5, 3, 9, 1):
        put(store, b"k%d" % number, entry(number))
    assert store.due(5, 10) == [(1, b"k1"), (3, b"k3"), (5, b"k5")]
    assert store.due(100, 2) == [(1, b"k1"), (3, b"k3")]
    assert store.due(0, 10) == []


def test_an_entry_that_becomes_due_before_the_last_look_is_found(store: LocalState) -> None:
    put(store, b"late", entry(1000))
    assert store.due(500, 10) == []
    put(store, b"early", entry(400))
    assert store.due(500, 10) == [(400, b"early")]


def test_what_never_is_due_is_not_in_the_index(store: LocalState) -> None:
    put(store, b"a", entry(10))
    put(store, b"a", entry(NEVER))
    assert store.due(NEVER - 1, 10) == []
    put(store, b"a", None)
    assert store.keys() == []


def test_a_directory_has_one_owner(store: LocalState) -> None:
    with pytest.raises(Exception, match="lock"):
        LocalState(store.path, "changelog.v1", MEMORY)
    store.close()
    assert wiped(store.path, "changelog.v1", MEMORY).meta == Meta("changelog.v1")


def test_meta_never_goes_back_but_for_the_changelog() -> None:
    meta = Meta("c", 10, 20, 30, 1.0)
    assert advanced(meta, source_offset=5, log_time=5, changelog_next=5, saved_at=2.0) == Meta("c", 5, 20, 30, 2.0)


writes = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.none() | st.integers(0, 50)), max_size=30)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=writes)
def test_the_index_holds_exactly_what_the_states_say(store: LocalState, writes: list[tuple[bytes, int | None]]) -> None:
    for place, (key, due) in enumerate(writes):
        put(store, key, None if due is None else entry(NEVER if due == 50 else due))
        if place % 5 == 0:
            store.due(25, 2)
    states = {k: decode(v) for k, v in store.get_many(store.keys()).items() if v}
    expected = sorted((e.indexed, k) for k, e in states.items() if e.indexed != NEVER)
    assert store.due(NEVER - 1, 100) == expected
