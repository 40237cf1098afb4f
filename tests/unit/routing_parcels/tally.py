"""A tiny fold for testing the partitioned store itself: counts events per key, and rings when told to."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from prometheus_client import CollectorRegistry

from shared.contracts.base import Contract
from shared.contracts.topics import Topic
from shared.messaging.appender import Span
from shared.messaging.message import Incoming, Outgoing, outgoing
from shared.messaging.partition_state.batch import Change, instant
from shared.messaging.partition_state.changelog import Record
from shared.messaging.partition_state.entry import NEVER, POSITION_HEADER, encode_position
from shared.messaging.partition_state.fold import Applied
from shared.messaging.partition_state.metrics import StateMetrics
from shared.messaging.partition_state.owner import PartitionOwner, Timing
from shared.messaging.publisher import Publisher, PublishFailed

OUT = Topic("out.v1", "key")


class Tick(Contract):
    """`ring_at`: seconds since 1970 at which the key's bell rings; 0: forget the key."""

    key: str
    ring_at: int | None = None


class Rung(Contract):
    key: str
    count: int


class TallyFold:
    def key_of(self, event: Incoming[Any]) -> bytes:
        return cast(str, event.event.key).encode()

    def decode(self, payload: bytes) -> tuple[int, int]:
        count, due = payload.split(b",")
        return int(count), int(due)

    def encode(self, state: tuple[int, int]) -> bytes:
        return b"%d,%d" % state

    def quick(self, payload: bytes, event: Incoming[Any], now: datetime) -> None:
        return None

    def apply(self, state: tuple[int, int] | None, event: Incoming[Any], now: datetime) -> Applied:
        count, due = state or (0, NEVER)
        if event.event.ring_at == 0:
            return Applied(None, NEVER)
        if event.event.ring_at is not None:
            due = event.event.ring_at * 1_000_000
        message = self._message(event.event.key, count + 1, event.id, now)
        return Applied((count + 1, due), due, [message])

    def fire(self, key: bytes, state: tuple[int, int], now: datetime) -> Applied:
        message = self._message(key.decode(), state[0], f"{key.decode()}@{state[1]}", now)
        return Applied((state[0], NEVER), NEVER, [message])

    def _message(self, key: str, count: int, cause: str, now: datetime) -> Outgoing:
        return outgoing(OUT, Rung(key=key, count=count), type="rung", key=key, cause=cause, time=now, source="t")


def tick(key: str, offset: int, ring_at: int | None = None, seconds: float = 0, partition: int = 0) -> Incoming[Tick]:
    event = Tick(key=key, ring_at=ring_at)
    time = instant(int(seconds * 1e6))
    return Incoming(f"t{offset}", "tick", event, key, time, "ticks.v1", partition, offset, 0)


class FakeKafka:
    """Changelog, source and publisher in memory. `steps` notes the order; `fail` raises at a step, once."""

    name = "changelog.v1"

    def __init__(self) -> None:
        self.records: dict[int, list[Record]] = {}
        self.outputs: list[Outgoing] = []
        self.steps: list[str] = []
        self.fail: dict[str, int] = {}

    def step(self, name: str) -> None:
        self.steps.append(name)
        if self.fail.get(name, 0) > 0:
            self.fail[name] -= 1
            raise PublishFailed(name)

    async def publish(self, messages: Sequence[Outgoing], partition: int | None = None) -> None:
        if messages:
            self.outputs += messages
            self.step("outputs")

    async def append(self, partition: int, changes: Sequence[Change]) -> Sequence[Span]:
        log = self.records.setdefault(partition, [])
        start = len(log)
        for change in changes:
            self.write(partition, change)
        self.step("changelog")
        return [Span(start, len(changes))]

    def write(self, partition: int, change: Change) -> None:
        log = self.records.setdefault(partition, [])
        value = change.after.encode() if change.after else None
        headers = () if change.after else ((POSITION_HEADER, encode_position(change.removed_at)),)
        log.append(Record(len(log), change.key, value, headers))

    async def read(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
        for record in self.records.get(partition, [])[start:end]:
            yield [record]

    async def end(self, partition: int) -> int:
        return len(self.records.get(partition, []))


class FakeSource:
    def __init__(self) -> None:
        self.ends: dict[int, int] = {}
        self.commits: dict[int, int] = {}

    async def end(self, partition: int) -> int:
        return self.ends.get(partition, 0)

    async def committed(self, partition: int) -> int:
        return self.commits.get(partition, 0)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


def owner_of(
    kafka: FakeKafka, source: FakeSource, directory: Path, clock: Clock, instance: str = "a"
) -> PartitionOwner:
    return PartitionOwner(
        TallyFold(),
        kafka,
        source,
        cast(Publisher, kafka),
        directory=directory,
        instance=instance,
        timing=Timing(clock.now, timedelta(seconds=5)),
        metrics=StateMetrics(CollectorRegistry(), "tally"),
    )
