"""The consumer loop: parse record by record, process, publish, and have it committed. Nothing escapes it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from shared.messaging.committer import Committer
from shared.messaging.deadletter import DeadLetterLimit, Origin, dead_letter
from shared.messaging.loopmetrics import LoopMetrics
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.processor import Processed, Processor, Work
from shared.messaging.publisher import Publisher, PublishFailed
from shared.messaging.record import Malformed, Parser
from shared.messaging.transactional import Stopping
from shared.tracing import UNTRACED, Tracing

log = structlog.get_logger()

Record = ConsumerRecord[bytes, bytes]


@dataclass
class LoopState:
    """How a loop is doing, for health and the watchdog. `moved_at` is monotonic seconds."""

    group: str
    status: str = "starting"
    detail: str = ""
    moved_at: float = field(default_factory=time.monotonic)
    stopping: bool = False
    on_joined: Callable[[], None] = lambda: None

    def joined(self) -> None:
        """The consumer has become a member of its group (with or without partitions)."""
        self.on_joined()
        if self.status == "starting":
            self.status = "running"
        self.moved()

    def moved(self) -> None:
        self.moved_at = time.monotonic()

    @property
    def healthy(self) -> bool:
        return self.status == "running"


class Consumer:
    """One consumer group of a service. FastStream hands it batches; it must never raise out of `handle`."""

    def __init__(
        self,
        group: str,
        parser: Parser,
        processor: Processor,
        publisher: Publisher,
        *,
        source: str,
        metrics: LoopMetrics,
        state: LoopState,
        limit: DeadLetterLimit | None = None,
        tracing: Tracing = UNTRACED,
    ) -> None:
        self.group = group
        self.state = state
        self._parser = parser
        self._processor = processor
        self._publisher = publisher
        self._source = source
        self._metrics = metrics
        self._limit = limit or DeadLetterLimit()
        self._tracing = tracing
        self._stopped = asyncio.Event()
        self._committer = Committer(group, metrics, state.moved)

    async def handle(self, records: Sequence[Record], consumer: AIOKafkaConsumer) -> None:
        """Process a batch to its commit. On `Stopping` it returns with nothing committed: the batch comes again.

        A failure that nothing here foresees, or the dead-letter limit, stops the consumer: the loop then waits
        until the process ends, so that nothing is ever committed past it.
        """
        started = time.monotonic()
        try:
            await self._handle(records, consumer)
        except Stopping:
            await self._wait_for_the_end()
        except Exception as error:
            log.exception("consumer_failed", group=self.group)
            await self._stop(f"{type(error).__name__}: {error}")
        self._metrics.batch_seconds.labels(self.group).observe(time.monotonic() - started)

    async def stop(self) -> None:
        """Let a waiting loop end; the batch in hand is finished if the database and Kafka answer."""
        self.state.stopping = True
        self._stopped.set()
        await self._committer.close()

    async def _handle(self, records: Sequence[Record], consumer: AIOKafkaConsumer) -> None:
        self._begin(records)
        started_s = time.time()
        works: list[Work] = []
        letters: list[Outgoing] = []
        for record in records:
            parsed = self._parser(record)
            malformed = isinstance(parsed, Malformed)
            if isinstance(parsed, Incoming):
                works.append(Work(parsed, record))
            elif isinstance(parsed, Malformed):
                letters.append(self._letter(Origin.of(record), parsed.reason))
            else:
                self._metrics.skipped.labels(self.group).inc()
            if self._limit.record(malformed):
                await self._stop("too many records can't be read: see the dead letters, then restart")
                return
        processed = await self._processor.process(works)
        letters += [self._letter(origin, reason) for origin, reason in processed.dead]
        self._tell_of_parked(processed)
        over = sum(self._limit.record(True) for _ in processed.dead) > 0
        await self._publish([*letters, *processed.messages])
        await self._committer.add(records, consumer)
        self._metrics.stage_seconds.labels(self.group).observe(
            max(0.0, time.time() - min(r.timestamp for r in records) / 1000)
        )
        self._trace(works, processed, started_s)
        if over:
            await self._stop("too many records can't be handled: see the dead letters, then restart")

    def _begin(self, records: Sequence[Record]) -> None:
        if self.state.stopping:
            raise Stopping
        self.state.moved()
        for topic in {r.topic for r in records}:
            count = sum(r.topic == topic for r in records)
            self._metrics.records.labels(self.group, topic).inc(count)
        self._metrics.running.labels(self.group).set(1)

    def _letter(self, origin: Origin, reason: str) -> Outgoing:
        self._metrics.dead.labels(self.group).inc()
        log.error(
            "dead_letter",
            group=self.group,
            topic=origin.topic,
            partition=origin.partition,
            offset=origin.offset,
            reason=reason,
            trace_id=origin.trace_id,
        )
        return dead_letter(origin, group=self.group, reason=reason, source=self._source, now=datetime.now(UTC))

    def _tell_of_parked(self, processed: Processed) -> None:
        for origin, reason in processed.parked:
            log.warning(
                "parked",
                group=self.group,
                topic=origin.topic,
                partition=origin.partition,
                offset=origin.offset,
                reason=reason,
                trace_id=origin.trace_id,
            )

    def _trace(self, works: Sequence[Work], processed: Processed, started_s: float) -> None:
        if self._tracing.enabled:
            dead = {origin.place for origin, _ in processed.dead}
            parked = {origin.place for origin, _ in processed.parked}
            self._tracing.stage(self.group, (work.incoming for work in works), started_s, dead, parked)

    async def _publish(self, messages: Sequence[Outgoing]) -> None:
        delay = 0.1
        while messages:
            try:
                await self._publisher.publish(messages)
            except PublishFailed as error:
                log.warning("publish_failed", group=self.group, error=str(error))
                if self.state.stopping:
                    raise Stopping from error
                self.state.moved()
                await asyncio.sleep(delay)
                delay = min(2.0, delay * 2)
            else:
                self._metrics.published.labels(self.group).inc(len(messages))
                return

    async def _stop(self, reason: str) -> None:
        self.state.status = "stopped"
        self.state.detail = reason
        self._metrics.running.labels(self.group).set(0)
        log.critical("consumer_stopped", group=self.group, reason=reason)
        await self._wait_for_the_end()

    async def _wait_for_the_end(self) -> None:
        await self._stopped.wait()


def lag_of(consumer: AIOKafkaConsumer) -> dict[Any, int]:
    """Records between the last position and the end, per assigned partition, as the consumer last saw it."""
    behind: dict[Any, int] = {}
    for partition in consumer.assignment():
        end = consumer.highwater(partition)
        position = consumer._subscription.subscription.assignment.state_value(partition)
        if end is not None and position is not None and position.has_valid_position:
            behind[partition] = max(0, end - position.position)
    return behind
