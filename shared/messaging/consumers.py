"""Building the consumers of a process: a FastStream batch subscriber each, with the settings that lose nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from prometheus_client import CollectorRegistry

from shared.contracts.topics import MAX_RECORD_BYTES, Topic
from shared.messaging.consume import Consumer, LoopState, Record, lag_of
from shared.messaging.handler import Handler
from shared.messaging.inbox import Inbox
from shared.messaging.loopmetrics import LoopMetrics
from shared.messaging.message import Incoming
from shared.messaging.outbox import Outbox
from shared.messaging.outcome import Dead, Done, Ignored
from shared.messaging.parking import Parking
from shared.messaging.processor import (
    PartitionedProcessor,
    PartitionProcessor,
    Processor,
    StatelessProcessor,
)
from shared.messaging.publisher import Publisher
from shared.messaging.record import Parser, cloud_event_parser
from shared.messaging.retry import RetryPolicy
from shared.messaging.transactional import Perform, TransactionalProcessor
from shared.messaging.unparking import Unparking
from shared.mongo import Database
from shared.settings import CommonSettings
from shared.tracing import Tracing

POLL_MS = 500
"""How long an idle consumer waits in one piece; records end the wait at once."""
FETCH_WAIT_MS = 100
"""The driver asks for a partition again only after the running fetch of its neighbours: so long that takes at most."""
IDLE_FETCH_WAIT_MS = 500
"""Where nothing comes, no partition waits for its neighbours, and twenty idle groups would ask 200 times a second."""
GATHER_BYTES, GATHER_MS = 64 * 1024, 50
"""Where records come one by one in quick succession the broker gathers them, until it has so many bytes or so long: a
request, a batch and a transaction for each would cost more than what is done with it."""
SUCCESSION_S = 0.5
PACE_S = 0.02
PARKED_INTERVAL_S = 1.0
PARKED_SURVEYED_EVERY = 5


@dataclass(frozen=True)
class Surroundings:
    """What consumers need of the process that they run in.

    `every(name, seconds, work)` has one process of the service do `work` periodically; `on_start(work)` has it
    done before the consumers start. Without `consume` no group is joined.
    """

    source: str
    settings: CommonSettings
    broker: KafkaBroker
    database: Database
    outbox: Outbox
    publisher: Publisher
    registry: CollectorRegistry
    tracing: Tracing
    every: Callable[[str, float, Callable[[], Coroutine[Any, Any, object]]], None]
    on_start: Callable[[Callable[[], Awaitable[object]]], None]
    consume: bool = True


class Consumers:
    """The consumers of one process, with their states for health, lag and the watchdog."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._metrics = LoopMetrics(around.registry)
        self.consume = around.consume
        self._subscribers: list[tuple[Any, Consumer]] = []
        self.states: list[LoopState] = []

    def transactional(
        self,
        topics: Sequence[Topic],
        group: str,
        aggregate_of: Callable[[Incoming[Any]], str],
        handler: Handler | None,
        perform: Perform | None,
        concerns: Callable[[Incoming[Any]], bool] | None,
        policy: RetryPolicy | None,
        pace_s: float = PACE_S,
        records: int | None = None,
        database: Database | None = None,
        parser: Parser | None = None,
    ) -> None:
        around = self._around
        inbox = Inbox(around.database, group, around.settings.inbox_days)
        parking = Parking(around.database, group, policy or RetryPolicy())
        parser = parser or cloud_event_parser({k: v for t in topics for k, v in t.types.items()}, group)
        state = LoopState(group)
        processor = TransactionalProcessor(
            database or around.database,
            inbox,
            parking,
            aggregate_of=aggregate_of,
            handler=handler,
            perform=perform,
            concerns=concerns,
            stopping=lambda: state.stopping,
            alive=state.moved,
        )
        state.on_joined = processor.caution.alarm
        unparking = Unparking(
            database or around.database,
            inbox,
            parking,
            around.outbox,
            parser=parser,
            group=group,
            source=around.source,
            handler=handler,
            perform=perform,
            on_dead=lambda reason: self._metrics.dead.labels(group).inc(),
        )

        rounds = count()

        async def unpark() -> None:
            tried = await unparking.run_due()
            if tried or next(rounds) % PARKED_SURVEYED_EVERY == 0:
                self._metrics.parked.labels(group).set(await unparking.survey())

        around.on_start(inbox.create_indexes)
        around.on_start(parking.create_indexes)
        around.every(f"parked-{group}", PARKED_INTERVAL_S, unpark)
        self._subscribe(topics, group, parser, processor, state, records=records, pace_s=pace_s)

    def stateless(
        self,
        topics: Sequence[Topic],
        group: str,
        parser: Parser,
        handle: Callable[[Incoming[Any]], Done | Ignored | Dead],
        pace_s: float = PACE_S,
    ) -> None:
        self._subscribe(topics, group, parser, StatelessProcessor(handle), LoopState(group), pace_s=pace_s)

    def partitioned(
        self,
        topic: Topic,
        group: str,
        processor: PartitionProcessor,
        parser: Parser | None,
        pace_s: float = PACE_S,
    ) -> None:
        owned: set[int] = set()
        state = LoopState(group)
        listener = _Listener(state, processor, owned)
        chosen = parser or cloud_event_parser(topic.types, group)
        wrapped = PartitionedProcessor(processor, lambda partition: partition in owned)
        self._subscribe([topic], group, chosen, wrapped, state, listener, 2000, pace_s)

    def _subscribe(
        self,
        topics: Sequence[Topic],
        group: str,
        parser: Parser,
        processor: Processor,
        state: LoopState,
        listener: "_Listener | None" = None,
        records: int | None = None,
        pace_s: float = PACE_S,
    ) -> None:
        if not self.consume:
            return
        settings = self._around.settings
        consumer = Consumer(
            group,
            parser,
            processor,
            self._around.publisher,
            source=self._around.source,
            metrics=self._metrics,
            state=state,
            tracing=self._around.tracing,
        )
        subscriber = self._around.broker.subscriber(
            *[settings.topic_prefix + t.name for t in topics],
            batch=True,
            group_id=settings.group_prefix + group,
            group_instance_id=settings.instance,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            max_records=records or settings.batch_records,
            batch_timeout_ms=POLL_MS,
            fetch_max_wait_ms=fetch_wait_ms(pace_s),
            max_poll_interval_ms=30 * 60 * 1000,
            session_timeout_ms=milliseconds(settings.group_session_s),
            heartbeat_interval_ms=milliseconds(settings.group_heartbeat_s),
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
            listener=listener or _Listener(state),
            parser=_whole_batch,
            decoder=_as_it_came,
        )

        async def on_batch(records: Any) -> None:
            kafka = cast(AIOKafkaConsumer, subscriber.consumer)
            await consumer.handle(cast(tuple[Record, ...], records), kafka)

        subscriber(on_batch)
        cast(Any, subscriber).get_msg = polling(subscriber.batch_timeout_ms, subscriber.max_records, pace_s)
        self._subscribers.append((subscriber, consumer))
        self.states.append(state)

    async def stop(self) -> None:
        """Finish what is in hand, take nothing new."""
        await asyncio.gather(*(consumer.stop() for _, consumer in self._subscribers))

    def watched(self) -> list[tuple[Any, LoopState]]:
        return [(subscriber, consumer.state) for subscriber, consumer in self._subscribers]

    def observe_lag(self) -> None:
        for subscriber, consumer in self._subscribers:
            if subscriber.consumer is not None:
                for partition, behind in lag_of(subscriber.consumer).items():
                    self._metrics.lag.labels(consumer.group, partition.topic, partition.partition).set(behind)


class _Listener(ConsumerRebalanceListener):
    """Notes that the group was joined, and tells a partition processor what it owns."""

    def __init__(
        self, state: LoopState, processor: PartitionProcessor | None = None, owned: set[int] | None = None
    ) -> None:
        self._state = state
        self._processor = processor
        self._owned = owned if owned is not None else set()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        partitions = sorted(p.partition for p in revoked)
        self._owned.difference_update(partitions)
        if self._processor is not None:
            await self._processor.revoked(partitions)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        partitions = sorted(p.partition for p in assigned)
        self._owned.update(partitions)
        self._state.joined()
        if self._processor is not None:
            await self._processor.assigned(partitions)


def fetch_wait_ms(pace_s: float) -> int:
    return max(FETCH_WAIT_MS, milliseconds(pace_s))


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def polling(
    timeout_ms: int, max_records: int | None, pace_s: float
) -> Callable[[AIOKafkaConsumer], Coroutine[Any, Any, tuple[Record, ...]]]:
    """FastStream's own way sleeps after an empty poll as long as the poll took: late when long, busy when short.

    A batch costs some milliseconds whatever is in it, so batches begin `pace_s` apart at least, and the broker gathers
    what comes in quick succession; a record that comes after a pause is taken at once, and so is what waits behind a
    full batch.
    """
    taken_at, came_at, busy_ms = 0.0, 0.0, fetch_wait_ms(pace_s)
    gather_ms = max(GATHER_MS, milliseconds(pace_s))

    def gather(consumer: AIOKafkaConsumer, came: bool, quickly: bool) -> None:
        """The driver reads both for each request, but has no public way to change them."""
        fetcher = cast(Any, consumer)._fetcher
        fetcher._fetch_min_bytes = GATHER_BYTES if quickly else 1
        fetcher._fetch_max_wait_ms = gather_ms if quickly else busy_ms if came else max(busy_ms, IDLE_FETCH_WAIT_MS)

    async def get_msg(consumer: AIOKafkaConsumer) -> tuple[Record, ...]:
        nonlocal taken_at, came_at
        await asyncio.sleep(max(0.0, taken_at + pace_s - time.monotonic()))
        found = await consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
        records, now = tuple(chain.from_iterable(found.values())), time.monotonic()
        gather(consumer, bool(records), bool(records) and now - came_at < SUCCESSION_S)
        came_at = now if records else came_at
        taken_at = now if len(records) != max_records else 0.0
        return records

    return get_msg


async def _whole_batch(records: tuple[ConsumerRecord[bytes, bytes], ...]) -> KafkaMessage:
    """FastStream's parser slot: hands the raw records on and cannot raise."""
    return KafkaMessage(raw_message=records, body=b"", consumer=None)  # type: ignore[arg-type]


async def _as_it_came(message: KafkaMessage) -> Any:
    """FastStream's decoder slot: our parser reads record by record."""
    return message.raw_message
