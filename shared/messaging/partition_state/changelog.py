"""The changelog of a partitioned store: a compacted topic with the source's partitions; raw records, no events."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.entry import POSITION_HEADER, encode_position
from shared.messaging.producer import RenewedProducer
from shared.messaging.publisher import PublishFailed

SEND_TIMEOUT_S = 15.0
READ_STALLED_S = 30.0
_CHUNK = 2000

Headers = Sequence[tuple[str, bytes]]


class Record(NamedTuple):
    """A record of the changelog; a removal has no value, and its position in the headers."""

    offset: int
    key: bytes
    value: bytes | None
    headers: Headers


class Span(NamedTuple):
    """Consecutive records that Kafka acknowledged; `start` -1 where it did not say which."""

    start: int
    records: int


class Changelog(Protocol):
    @property
    def name(self) -> str: ...

    async def append(self, partition: int, changes: Sequence[Change]) -> Sequence[Span]:
        """Publish to exactly that partition, in order; returns once acknowledged. Raises `PublishFailed`."""
        ...

    async def end(self, partition: int) -> int:
        """The offset after the last record."""
        ...

    def read(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
        """The records from `start` to before `end`, in chunks; fewer offsets than that where it was compacted."""
        ...


class KafkaChangelog:
    """A producer of its own: its records carry no event headers, and it must know which offsets it wrote."""

    def __init__(self, bootstrap: str, topic: str, client_id: str, security: KafkaSecurity = PLAINTEXT) -> None:
        self.name = topic
        self._bootstrap = bootstrap
        self._security = security
        self._client_id = client_id
        self._producer = RenewedProducer(self._make)

    def _make(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            max_batch_size=512 * 1024,
            max_request_size=4 * 1024 * 1024,
            request_timeout_ms=int(SEND_TIMEOUT_S * 1000),
            **self._security.options(),
        )

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()

    async def append(self, partition: int, changes: Sequence[Change]) -> Sequence[Span]:
        if not self._producer.is_started:
            raise PublishFailed("the changelog's producer is not started")
        producer = self._producer.current
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                sent = await self._send(producer, partition, changes)
                acknowledged = await asyncio.gather(*[future for future, _ in sent])
            self._producer.worked()
        except (TimeoutError, KafkaError) as error:
            await self._producer.failed(producer)
            raise PublishFailed(f"changelog {partition}: {type(error).__name__}: {error}") from error
        return [Span(done.offset, count) for done, (_, count) in zip(acknowledged, sent, strict=True)]

    async def _send(
        self, producer: AIOKafkaProducer, partition: int, changes: Sequence[Change]
    ) -> list[tuple[asyncio.Future[RecordMetadata], int]]:
        sent = []
        batch = producer.create_batch()
        for change in changes:
            value = change.after.encode() if change.after else None
            headers = [] if change.after else [(POSITION_HEADER, encode_position(change.removed_at))]
            if batch.append(timestamp=None, key=change.key, value=value, headers=headers) is None:
                count = batch.record_count()
                sent.append((await producer.send_batch(batch, self.name, partition=partition), count))
                batch = producer.create_batch()
                batch.append(timestamp=None, key=change.key, value=value, headers=headers)
        if batch.record_count():
            count = batch.record_count()
            sent.append((await producer.send_batch(batch, self.name, partition=partition), count))
        return sent

    async def end(self, partition: int) -> int:
        at = TopicPartition(self.name, partition)
        consumer = self._reader()
        await consumer.start()
        try:
            ends: dict[TopicPartition, int] = await consumer.end_offsets([at])
            return ends[at]
        finally:
            await consumer.stop()

    async def read(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
        """Raises `TimeoutError` where nothing comes for half a minute."""
        if start >= end:
            return
        at = TopicPartition(self.name, partition)
        consumer = self._reader()
        await consumer.start()
        try:
            consumer.assign([at])
            first = (await consumer.beginning_offsets([at]))[at]
            consumer.seek(at, max(start, first))
            moved = time.monotonic()
            while await consumer.position(at) < end:
                records = (await consumer.getmany(at, timeout_ms=500, max_records=_CHUNK)).get(at, [])
                if records:
                    moved = time.monotonic()
                    yield [Record(r.offset, r.key or b"", r.value, r.headers) for r in records if r.offset < end]
                elif time.monotonic() - moved > READ_STALLED_S:
                    raise TimeoutError(f"{self.name}/{partition}: nothing comes at {await consumer.position(at)}")
        finally:
            await consumer.stop()

    def _reader(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=1024 * 1024,
            **self._security.options(),
        )
