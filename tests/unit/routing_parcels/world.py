"""A source, a changelog and owners that crash, without Kafka or RocksDB: only the pure halves, in their real order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.routing.parcels.messages import ParcelFold
from shared.contracts.parcels import ParcelScan
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.partition_state.batch import Change, Decided, decide, decide_due, micros
from shared.messaging.partition_state.changelog import Record
from shared.messaging.partition_state.entry import NEVER, POSITION_HEADER, Entry, decode, encode_position
from shared.messaging.partition_state.restore import Merge
from tests.unit.routing_parcels.given import BOOK, at, incoming

FOLD = ParcelFold(BOOK)
STEPS = ("before outputs", "after outputs", "half the changelog", "after changelog", "after copy")


@dataclass
class World:
    """What outlives a process: the log of events, the published outputs, the changelog, the committed offset."""

    log: list[Incoming[ParcelScan]] = field(default_factory=list)
    outputs: list[Outgoing] = field(default_factory=list)
    changelog: list[Record] = field(default_factory=list)
    committed: int = 0
    hours: float = 0.0

    def enter(self, event: ParcelScan, hours: float, cause: str) -> None:
        self.hours = max(self.hours, hours)
        self.log.append(incoming(event, len(self.log), self.hours, cause))

    def append(self, changes: Sequence[Change]) -> None:
        for change in changes:
            value = change.after.encode() if change.after else None
            headers = () if change.after else ((POSITION_HEADER, encode_position(change.removed_at)),)
            self.changelog.append(Record(len(self.changelog), change.key, value, headers))

    def exceptions(self) -> set[tuple[str, str]]:
        """(message id, type) of what a reader that drops repeats has seen."""
        return {(o.id, o.type) for o in self.outputs}


class Crash(Exception):
    pass


@dataclass
class Owner:
    """One process's ownership of the partition; `copy` survives a restart on the same machine."""

    world: World
    copy: dict[bytes, bytes] = field(default_factory=dict)
    changelog_next: int = 0

    def restore(self) -> None:
        merge = Merge()
        records = self.world.changelog[self.changelog_next :]
        stored = {r.key: self.copy.get(r.key) for r in records}
        self._apply(merge.take(stored, records))
        self.changelog_next = len(self.world.changelog)
        again = [(key, self.copy.get(key)) for key in sorted(merge.stale)]
        self.world.append([Change(k, None, decode(v), merge.removed.get(k, decode(v).position)) for k, v in again if v])

    def read(self, count: int, crash_at: str | None = None, commit: bool = True) -> None:
        """A batch of `count` events from the committed offset on."""
        batch = self.world.log[self.world.committed : self.world.committed + count]
        if batch:
            stored = {FOLD.key_of(e): self.copy.get(FOLD.key_of(e)) for e in batch}
            self._store(decide(batch, stored, FOLD, at(self.world.hours)), [], crash_at)
            if commit:
                self.world.committed += len(batch)

    def fire(self, crash_at: str | None = None) -> None:
        """Timers up to now: what the owner may do once it has read all there is."""
        assert self.world.committed == len(self.world.log)
        now = at(self.world.hours)
        due = sorted((decode(v).indexed, k) for k, v in self.copy.items() if decode(v).indexed <= micros(now))
        decided, moves = decide_due(due, self.copy, FOLD, now)
        self._store(decided, moves, crash_at)

    def _store(self, decided: Decided, moves: Sequence[Change], crash_at: str | None) -> None:
        self._crash(crash_at, "before outputs")
        self.world.outputs += decided.messages
        self._crash(crash_at, "after outputs")
        self.world.append(decided.changes[: len(decided.changes) // 2])
        self._crash(crash_at, "half the changelog")
        self.world.append(decided.changes[len(decided.changes) // 2 :])
        self._crash(crash_at, "after changelog")
        self._apply([*decided.changes, *moves])
        self.changelog_next = len(self.world.changelog)
        self._crash(crash_at, "after copy")

    def _apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.after is None:
                self.copy.pop(change.key, None)
            else:
                self.copy[change.key] = change.after.encode()

    def _crash(self, crash_at: str | None, step: str) -> None:
        if crash_at == step:
            raise Crash

    def entries(self) -> dict[bytes, Entry]:
        """The states, without where they stand in the index: that is each owner's own affair."""
        return {key: decode(value)._replace(indexed=NEVER) for key, value in self.copy.items()}


def clean_run(events: Sequence[tuple[ParcelScan, float, str]], until: float) -> tuple[World, Owner]:
    """Every event once, in order, each by itself; then the timers."""
    world = World()
    owner = Owner(world)
    for event, hours, cause in events:
        world.enter(event, hours, cause)
        owner.read(1)
    world.hours = max(world.hours, until)
    owner.fire()
    return world, owner
