"""The changelog of a partitioned store: a compacted topic with the source's partitions; raw records, no events."""

import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.messaging.appender import Appender, Headers, Row, Span
from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.entry import POSITION_HEADER, encode_position

READ_STALLED_S = 30.0
_CHUNK = 2000
_NO_HEADERS: list[tuple[str, bytes]] = []


class Record(NamedTuple):
    """A record of the changelog; a removal has no value, and its position in the headers."""

    offset: int
    key: bytes
    value: bytes | None
    headers: Headers


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
    """Written with a producer of its own: its records carry no event headers, and it must know their offsets."""

    def __init__(self, bootstrap: str, topic: str, client_id: str, security: KafkaSecurity = PLAINTEXT) -> None:
        self.name = topic
        self._bootstrap = bootstrap
        self._security = security
        self._client_id = client_id
        self._appender = Appender(bootstrap, topic, client_id, security)

    async def start(self) -> None:
        await self._appender.start()

    async def stop(self) -> None:
        await self._appender.stop()

    async def append(self, partition: int, changes: Sequence[Change]) -> Sequence[Span]:
        return (await self._appender.append({partition: rows_of(changes)}))[partition]

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


def rows_of(changes: Iterable[Change]) -> Iterator[Row]:
    for key, _, after, removed_at, written in changes:
        if after is not None:
            yield key, written or after.encode(), _NO_HEADERS
        else:
            yield key, None, [(POSITION_HEADER, encode_position(removed_at))]
