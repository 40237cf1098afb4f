"""Deciding a batch on the states of its keys: pure, each event on what the ones before it left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from shared.messaging.message import Incoming, Outgoing
from shared.messaging.partition_state.entry import NEVER, NOWHERE, Entry, Position, decode
from shared.messaging.partition_state.fold import Applied, Fold, Packed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def instant(microseconds: int) -> datetime:
    """The aware UTC time of microseconds since 1970."""
    return _EPOCH + _MICROSECOND * microseconds


class Change(NamedTuple):
    """A key's state before and after; `after` None is a removal at the position `removed_at`.

    `written` is `after` as bytes where they are made already: they go into the changelog and into the copy.
    """

    key: bytes
    before: Entry | None
    after: Entry | None
    removed_at: Position = NOWHERE
    written: bytes | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a batch leads to, in order; `source_offset` and `log_time` are the furthest that it read (-1: nothing)."""

    messages: Sequence[Outgoing]
    changes: Sequence[Change]
    source_offset: int = -1
    log_time: int = -1


_PACKED: Any = object()
"""In place of a state that nobody has had to look into yet."""


class _Cell:
    """A key's state while a batch is being decided: its payload, and unpacked only where that is not enough."""

    __slots__ = ("due", "offset", "payload", "state", "stored", "version")

    def __init__(self, stored: Entry | None) -> None:
        self.stored = stored
        if stored is None:
            self.offset, self.version, self.due, self.state, self.payload = -1, 0, NEVER, None, None
        else:
            self.offset, self.version, self.due, _, self.payload = stored
            self.state = _PACKED

    def unpacked(self, fold: Fold[Any]) -> Any:
        if self.state is _PACKED:
            self.state = fold.decode(cast(bytes, self.payload))
        return self.state

    def take(self, applied: Applied) -> None:
        self.state, self.payload, self.due, self.version = applied.state, None, applied.due, self.version + 1

    def take_packed(self, packed: Packed, offset: int) -> None:
        self.payload, self.due = packed
        self.state, self.offset, self.version = _PACKED, offset, self.version + 1

    def change(self, key: bytes, fold: Fold[Any], now: int) -> Change | None:
        before = self.stored
        if self.state is None:
            removed_at = Position(self.offset, self.version)
            return Change(key, before, None, removed_at) if before is not None else None
        if before is not None and before.version == self.version:
            return None
        standing = NEVER if before is None or before.indexed <= now else before.indexed
        payload = fold.encode(self.state) if self.payload is None else self.payload
        after = Entry(self.offset, self.version, self.due, min(standing, self.due), payload)
        return Change(key, before, after, NOWHERE, after.encode())


def decide(
    batch: Sequence[Incoming[Any]], stored: Mapping[bytes, bytes | None], fold: Fold[Any], now: datetime
) -> Decided:
    """Fold a partition's records in order. Records at or below a state's own offset are in it already: skipped.

    Time is the log's: an event happens at its `time`, when it entered the log, and never after `now`. So a batch that
    runs again, here or at another owner, comes to the same decisions.
    """
    if not batch:
        return Decided((), ())
    cells: dict[bytes, _Cell] = {}
    messages: list[Outgoing] = []
    key_of, quick = fold.key_of, fold.quick
    latest = batch[0].time
    for incoming in batch:
        key, time, offset = key_of(incoming), incoming.time, incoming.offset
        latest = time if time > latest else latest
        cell = cells.get(key)
        if cell is None:
            value = stored[key]
            cell = cells[key] = _Cell(None if value is None else decode(value))
        if offset <= cell.offset:
            continue
        time = time if time < now else now
        packed = None if cell.payload is None else quick(cell.payload, incoming, time)
        if packed is None:
            messages.extend(_fold_into(cell, incoming, fold, time))
        else:
            cell.take_packed(packed, offset)
    log_time = micros(min(now, latest))
    return Decided(messages, _changes(cells, fold, micros(now)), max(i.offset for i in batch), log_time)


def _fold_into(cell: _Cell, incoming: Incoming[Any], fold: Fold[Any], time: datetime) -> Sequence[Outgoing]:
    state = cell.unpacked(fold)
    applied = fold.apply(state, incoming, time)
    if applied.state is not state:
        cell.take(applied)
        cell.offset = incoming.offset
    return applied.messages


def decide_due(
    due: Iterable[tuple[int, bytes]], stored: Mapping[bytes, bytes | None], fold: Fold[Any], now: datetime
) -> tuple[Decided, list[Change]]:
    """Fire what is due by `now` among the index's entries.

    The second result are entries that only have to stand later in the index: nobody else needs to know.
    """
    until = micros(now)
    cells: dict[bytes, _Cell] = {}
    messages: list[Outgoing] = []
    moves: list[Change] = []
    for _, key in due:
        value = stored[key]
        if value is None or key in cells:
            continue
        entry = decode(value)
        if entry.due > until:
            moves.append(Change(key, entry, entry._replace(indexed=entry.due)))
            continue
        cell = cells[key] = _Cell(entry)
        state = cell.unpacked(fold)
        applied = fold.fire(key, state, now)
        messages.extend(applied.messages)
        if applied.state is not state:
            cell.take(applied)
    return Decided(messages, _changes(cells, fold, until)), moves


def _changes(cells: Mapping[bytes, _Cell], fold: Fold[Any], now: int) -> list[Change]:
    return [c for c in (cell.change(key, fold, now) for key, cell in cells.items()) if c is not None]
