"""Bringing a local copy up to its changelog: of two states of a key the greater position wins, in whatever order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.changelog import Changelog, Record
from shared.messaging.partition_state.entry import (
    NOWHERE,
    POSITION_HEADER,
    Entry,
    Position,
    decode,
    decode_position,
)
from shared.messaging.partition_state.local import LocalState, Meta, advanced

_BY_HAND = Position(2**62, 0)
"""Of a removal that no owner wrote: it removes what was before it, and hinders nothing after it."""


class Abandoned(Exception):
    """The partition was taken away while it was being restored."""


@dataclass
class Merge:
    """What a stretch of the changelog means for a copy. `stale` are keys whose last record is not their newest:

    a frozen former owner wrote it late. Compaction would keep that one, so the newest must be published again.
    """

    stale: set[bytes] = field(default_factory=set)
    removed: dict[bytes, Position] = field(default_factory=dict)
    newest_offset: int = -1
    records: int = 0

    def take(self, stored: Mapping[bytes, bytes | None], records: Sequence[Record]) -> list[Change]:
        """The changes that a chunk of records makes to a copy that holds `stored` for their keys. Pure."""
        before = {key: None if value is None else decode(value) for key, value in stored.items()}
        now = dict(before)
        for record in records:
            entry, position = _read(record)
            held = self._held(record.key, now[record.key])
            if position < held:
                self.stale.add(record.key)
                continue
            self.stale.discard(record.key)
            if position == held:
                continue
            now[record.key] = entry
            if position != _BY_HAND:
                self.newest_offset = max(self.newest_offset, position.offset)
                if entry is None:
                    self.removed[record.key] = position
        self.records += len(records)
        return [
            Change(key, before[key], entry, self.removed.get(key, NOWHERE))
            for key, entry in now.items()
            if entry != before[key]
        ]

    def _held(self, key: bytes, entry: Entry | None) -> Position:
        removed = self.removed.get(key, NOWHERE)
        return removed if entry is None else max(removed, entry.position)


def _read(record: Record) -> tuple[Entry | None, Position]:
    if record.value is not None:
        entry = decode(record.value)
        return entry, entry.position
    at = dict(record.headers).get(POSITION_HEADER)
    return None, decode_position(at) if at else _BY_HAND


async def catch_up(
    local: LocalState,
    changelog: Changelog,
    partition: int,
    end: int,
    *,
    real_now: Callable[[], float],
    wanted: Callable[[], bool] = lambda: True,
) -> Merge:
    """Read the changelog up to `end` into the copy, and publish again what a stale record came after.

    Raises `Abandoned` as soon as `wanted` says no; the copy is then whole as far as its `changelog_next` says.
    """
    merge = Merge()
    async for records in changelog.read(partition, local.meta.changelog_next, end):
        if not wanted():
            raise Abandoned
        changes = merge.take(local.get_many(list({r.key for r in records})), records)
        local.write(changes, _meta(local, merge, records[-1].offset + 1, real_now()))
    if merge.stale:
        await changelog.append(partition, _again(local, merge))
    local.write((), _meta(local, merge, max(end, local.meta.changelog_next), real_now()))
    return merge


def _again(local: LocalState, merge: Merge) -> list[Change]:
    stored = local.get_many(sorted(merge.stale))
    entries = {key: None if value is None else decode(value) for key, value in stored.items()}
    return [
        Change(key, entry, entry, merge.removed.get(key, NOWHERE))
        for key, entry in entries.items()
        if entry is not None or key in merge.removed
    ]


def _meta(local: LocalState, merge: Merge, changelog_next: int, saved_at: float) -> Meta:
    return advanced(
        local.meta,
        source_offset=merge.newest_offset,
        log_time=-1,
        changelog_next=changelog_next,
        saved_at=saved_at,
    )
