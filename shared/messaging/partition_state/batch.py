"""Deciding a batch on the states of its keys: pure, each event on what the ones before it left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shared.messaging.message import Incoming, Outgoing
from shared.messaging.partition_state.entry import NEVER, NOWHERE, Entry, Position, decode
from shared.messaging.partition_state.fold import Applied, Fold

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
    """A key's state before and after; `after` None is a removal at the position `removed_at`."""

    key: bytes
    before: Entry | None
    after: Entry | None
    removed_at: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Decided:
    """What a batch leads to, in order; `source_offset` and `log_time` are the furthest that it read (-1: nothing)."""

    messages: Sequence[Outgoing]
    changes: Sequence[Change]
    source_offset: int = -1
    log_time: int = -1


class _Cell:
    """A key's state while a batch is being decided."""

    __slots__ = ("due", "offset", "state", "stored", "version")

    def __init__(self, stored: Entry | None, fold: Fold[Any]) -> None:
        self.stored = stored
        if stored is None:
            self.offset, self.version, self.due, self.state = -1, 0, NEVER, None
        else:
            self.offset, self.version, self.due = stored.offset, stored.version, stored.due
            self.state = fold.decode(stored.payload)

    def take(self, applied: Applied) -> None:
        self.state, self.due, self.version = applied.state, applied.due, self.version + 1

    def change(self, key: bytes, fold: Fold[Any], now: int) -> Change | None:
        before = self.stored
        if self.state is None:
            removed_at = Position(self.offset, self.version)
            return Change(key, before, None, removed_at) if before is not None else None
        if before is not None and before.version == self.version:
            return None
        standing = NEVER if before is None or before.indexed <= now else before.indexed
        indexed = min(standing, self.due)
        after = Entry(self.offset, self.version, self.due, indexed, fold.encode(self.state))
        return Change(key, before, after)


def decide(
    batch: Sequence[Incoming[Any]], stored: Mapping[bytes, bytes | None], fold: Fold[Any], now: datetime
) -> Decided:
    """Fold a partition's records in order. Records at or below a state's own offset are in it already: skipped.

    Time is the log's: an event happens at its `time`, when it entered the log, and never after `now`. So a batch that
    runs again, here or at another owner, comes to the same decisions.
    """
    cells: dict[bytes, _Cell] = {}
    messages: list[Outgoing] = []
    key_of, apply = fold.key_of, fold.apply
    for incoming in batch:
        key = key_of(incoming)
        cell = cells.get(key)
        if cell is None:
            value = stored[key]
            cell = cells[key] = _Cell(None if value is None else decode(value), fold)
        if incoming.offset <= cell.offset:
            continue
        applied = apply(cell.state, incoming, min(incoming.time, now))
        if applied.messages:
            messages.extend(applied.messages)
        if applied.state is not cell.state:
            cell.take(applied)
            cell.offset = incoming.offset
    if not batch:
        return Decided((), ())
    log_time = micros(min(now, max(i.time for i in batch)))
    return Decided(messages, _changes(cells, fold, micros(now)), max(i.offset for i in batch), log_time)


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
        cell = cells[key] = _Cell(entry, fold)
        applied = fold.fire(key, cell.state, now)
        messages.extend(applied.messages)
        if applied.state is not cell.state:
            cell.take(applied)
    return Decided(messages, _changes(cells, fold, until)), moves


def _changes(cells: Mapping[bytes, _Cell], fold: Fold[Any], now: int) -> list[Change]:
    return [c for c in (cell.change(key, fold, now) for key, cell in cells.items()) if c is not None]
