"""The owner of a process's partitions: opens them when they are needed, folds batches, fires timers, lets them go."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from shared.messaging.message import Incoming
from shared.messaging.partition_state.batch import decide, decide_due, instant, micros
from shared.messaging.partition_state.changelog import Changelog
from shared.messaging.partition_state.entry import Entry, decode
from shared.messaging.partition_state.fold import Fold
from shared.messaging.partition_state.local import Memory
from shared.messaging.partition_state.metrics import StateMetrics
from shared.messaging.partition_state.partition import Partition, opened
from shared.messaging.partition_state.restore import Abandoned
from shared.messaging.partition_state.source import Source
from shared.messaging.processor import Ownership
from shared.messaging.publisher import Publisher, PublishFailed
from shared.messaging.record import Parsed, Parser

log = structlog.get_logger()

TIMERS_PER_ROUND = 500
LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Timing:
    """`now` is the business time. Timers wait `grace` longer than they must: an event that entered the log before a
    timer was due, and is still on its way to Kafka, then comes first, here as at any later owner."""

    now: Callable[[], datetime]
    grace: timedelta


class PartitionOwner:
    """Stands in the consumer loop as its partition processor.

    All work on a partition runs under its lock: a batch, a round of timers, opening and closing. A partition that
    is taken away is finished first, and closed before `revoked` returns.
    """

    def __init__(
        self,
        fold: Fold[Any],
        changelog: Changelog,
        source: Source,
        publisher: Publisher,
        *,
        directory: Path,
        instance: str,
        timing: Timing,
        metrics: StateMetrics,
        memory: Memory | None = None,
    ) -> None:
        self._fold = fold
        self._changelog = changelog
        self._source = source
        self._publisher = publisher
        self._directory = directory
        self._instance = instance
        self._timing = timing
        self._metrics = metrics
        self._memory = memory or Memory()
        self._owned: set[int] = set()
        self._settled = asyncio.Event()
        self._settled.set()
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._open: dict[int, Partition] = {}
        self._read_to: dict[int, int] = {}
        self._pending: dict[int, int] = defaultdict(int)

    @property
    def owned(self) -> frozenset[int]:
        return frozenset(self._owned)

    def watching(self, parser: Parser) -> Parser:
        """The parser, noting how far each partition was read: records that no batch contains count too."""

        read_to = self._read_to

        def parse(record: Any) -> Parsed:
            read_to[record.partition] = record.offset + 1
            return parser(record)

        return parse

    async def assigned(self, partitions: Sequence[int]) -> None:
        self._owned.update(partitions)
        for partition in partitions:
            self._read_to.pop(partition, None)
        self._settled.set()

    async def revoked(self, partitions: Sequence[int]) -> None:
        self._settled.clear()
        self._owned.difference_update(partitions)
        for number in partitions:
            async with self._locks[number]:
                self._close(number)

    async def close(self) -> None:
        """Close what is open, at the end of the process."""
        for number in list(self._open):
            self._close(number)

    async def process(self, batch: Sequence[Incoming[Any]], owns: Ownership) -> None:
        """Returns when every record's effects are stored, except for partitions that belong to somebody else by then.

        Such a one is read again by its new owner, from the last commit.
        """
        by_partition: dict[int, list[Incoming[Any]]] = defaultdict(list)
        for incoming in batch:
            by_partition[incoming.partition].append(incoming)
        for number in by_partition:
            self._pending[number] += 1
        try:
            left = by_partition
            while left:
                stored = await asyncio.gather(*[self._until_stored(n, events, owns) for n, events in left.items()])
                left = {n: left[n] for n, done in zip(list(left), stored, strict=True) if not done}
                if left:
                    # One that was lost and came back while others were at work: its records are ours again.
                    await self._settled.wait()
                    left = {n: events for n, events in left.items() if self._is_mine(n, owns)}
        finally:
            for number in by_partition:
                self._pending[number] -= 1

    async def _until_stored(self, number: int, events: Sequence[Incoming[Any]], owns: Ownership) -> bool:
        """False where the partition is not ours any more; over failures of Kafka it tries again, and again."""
        pause = 0.05
        while True:
            await self._settled.wait()
            try:
                async with self._locks[number]:
                    if self._is_mine(number, owns):
                        await self._fold_batch(await self._opened(number), events)
                        return True
                    if self._settled.is_set():
                        return False
            except Abandoned:
                continue
            except (PublishFailed, KafkaError, TimeoutError) as error:
                log.warning("partition_waits", partition=number, error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_S, pause * 2)

    async def _fold_batch(self, partition: Partition, events: Sequence[Incoming[Any]]) -> None:
        keys = list({self._fold.key_of(e) for e in events})
        stored = partition.local.get_many(keys)
        await partition.store(decide(events, stored, self._fold, self._timing.now()))

    async def fire_due(self) -> None:
        """A round of timers of every partition that is ours; opens those that were not read yet."""
        for number in sorted(self._owned):
            with suppress(Abandoned):
                while await self._fire_round(number) == TIMERS_PER_ROUND:
                    log.info("timers_abound", partition=number)

    async def _fire_round(self, number: int) -> int:
        async with self._locks[number]:
            if number not in self._owned:
                return 0
            partition = await self._opened(number)
            latest = self._timing.now() - self._timing.grace
            if not partition.local.due(micros(latest), 1):
                return 0
            until = await self._log_time(partition, latest)
            due = partition.local.due(micros(until), TIMERS_PER_ROUND)
            if due:
                stored = partition.local.get_many([key for _, key in due])
                decided, moves = decide_due(due, stored, self._fold, until)
                await partition.store(decided, moves)
                self._metrics.fired.inc(len(due) - len(moves))
            return len(due)

    async def _log_time(self, partition: Partition, latest: datetime) -> datetime:
        """The time up to which this partition's events are all known: now, or while we are behind, the last one's.

        So an outage of ours, or records that a new owner has read, never look like the silence of a key.
        """
        number = partition.number
        read_to = max(partition.read_to, self._read_to.get(number, 0))
        if not self._pending[number] and read_to >= await self._source.end(number):
            return latest
        return min(latest, instant(max(0, partition.local.meta.log_time)) - self._timing.grace)

    async def _opened(self, number: int) -> Partition:
        partition = self._open.get(number)
        if partition is None:
            name = str(number)
            partition = await opened(
                number,
                [self._directory / name, self._directory / f"{name}.{self._instance}"],
                self._memory,
                self._changelog,
                self._publisher,
                self._source,
                self._metrics,
                wanted=lambda: number in self._owned,
            )
            self._open[number] = partition
            self._metrics.partitions.set(len(self._open))
        return partition

    def _close(self, number: int) -> None:
        partition = self._open.pop(number, None)
        if partition is not None:
            partition.local.close()
            self._metrics.partitions.set(len(self._open))

    def _is_mine(self, number: int, owns: Ownership) -> bool:
        return number in self._owned and owns(number)

    def find(self, key: bytes) -> Entry | None:
        """The state of a key, if it is in a partition that is open here."""
        for partition in self._open.values():
            value = partition.local.get_many([key])[key]
            if value is not None:
                return decode(value)
        return None
