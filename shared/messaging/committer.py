"""Commits of offsets beside the batches: what a crash leaves uncommitted comes again, and the inbox knows it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from shared.messaging.loopmetrics import LoopMetrics

log = structlog.get_logger()

EVERY_S = 0.25
"""A commit costs the broker as much as a batch: under load several batches share one."""

PATIENCE_S = 2.0
"""For a commit that takes longer the next batch waits, so that the watchdog sees that nothing moves."""


class Committer:
    """The finished offsets of one consumer group in this process; one commit at a time, at once after a pause."""

    def __init__(self, group: str, metrics: LoopMetrics, moved: Callable[[], None]) -> None:
        self.group = group
        self._metrics = metrics
        self._moved = moved
        self._ends: dict[TopicPartition, int] = {}
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._committed_at = 0.0
        self._asked_at: float | None = None

    async def add(self, records: Sequence["ConsumerRecord[bytes, bytes]"], consumer: AIOKafkaConsumer) -> None:
        """These are finished. Raises what no commit foresees of the one before."""
        # A batch holds each partition's records in order: its last one counts.
        for (topic, number), end in {(r.topic, r.partition): r.offset + 1 for r in records}.items():
            partition = TopicPartition(topic, number)
            self._ends[partition] = max(self._ends.get(partition, 0), end)
        if self._task is not None and (self._task.done() or self._asks_for_s() > PATIENCE_S):
            await self._task
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._in_time(consumer))
        if self._closing.is_set():
            await self._task

    async def close(self) -> None:
        """Commit what is left without delay, but do not wait long for a broker that does not answer."""
        self._closing.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=PATIENCE_S)

    def _asks_for_s(self) -> float:
        return 0.0 if self._asked_at is None else time.monotonic() - self._asked_at

    async def _in_time(self, consumer: AIOKafkaConsumer) -> None:
        while self._ends:
            with suppress(TimeoutError):
                wait_s = self._committed_at + EVERY_S - time.monotonic()
                await asyncio.wait_for(self._closing.wait(), max(0.0, wait_s))
            await self._commit(consumer)
            self._committed_at = time.monotonic()

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        """Commit the partitions that are still ours; the new owner of a lost one reads from its last commit on."""
        ends, self._ends = self._ends, {}
        mine = {p: end for p, end in ends.items() if p in consumer.assignment()}
        self._asked_at = time.monotonic()
        try:
            if mine:
                await consumer.commit(mine)
        except (KafkaError, IllegalStateError) as error:
            self._metrics.commit_failures.labels(self.group).inc()
            log.warning("commit_failed", group=self.group, error=type(error).__name__)
        finally:
            self._asked_at = None
        self._moved()
