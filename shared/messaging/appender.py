"""Records appended to partitions that the caller names, in built batches: what the flood is written with.

Unlike the publisher it makes no headers, chooses no partition, and says which offsets it wrote.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.messaging.producer import RenewedProducer
from shared.messaging.publisher import PublishFailed

SEND_TIMEOUT_S = 15.0

Headers = Sequence[tuple[str, bytes]]
Row = tuple[bytes, bytes | None, Headers]
"""Key, value, headers."""


class Span(NamedTuple):
    """Consecutive records that Kafka acknowledged; `start` -1 where it did not say which."""

    start: int
    records: int


_Sent = tuple[asyncio.Future[RecordMetadata], int]


class Appender:
    """One topic, one idempotent producer of its own."""

    def __init__(self, bootstrap: str, topic: str, client_id: str, security: KafkaSecurity = PLAINTEXT) -> None:
        self.topic = topic
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._security = security
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

    async def partitions(self) -> int:
        """How many the topic has. Raises `PublishFailed`."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                return len(await self._producer.current.partitions_for(self.topic))
        except (TimeoutError, KafkaError) as error:
            raise PublishFailed(f"{self.topic}: {type(error).__name__}: {error}") from error

    async def append(self, rows: Mapping[int, Iterable[Row]]) -> dict[int, list[Span]]:
        """Each partition's rows in their order; returns once all are acknowledged. Raises `PublishFailed`."""
        if not self._producer.is_started:
            raise PublishFailed(f"the producer of {self.topic} is not started")
        producer = self._producer.current
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                sent = {partition: await self._send(producer, partition, of) for partition, of in rows.items()}
                await asyncio.gather(*[acknowledged for of in sent.values() for acknowledged, _ in of])
            self._producer.worked()
        except (TimeoutError, KafkaError) as error:
            await self._producer.failed(producer)
            raise PublishFailed(f"{self.topic}: {type(error).__name__}: {error}") from error
        return {number: [Span(done.result().offset, count) for done, count in of] for number, of in sent.items()}

    async def _send(self, producer: AIOKafkaProducer, partition: int, rows: Iterable[Row]) -> list[_Sent]:
        sent: list[_Sent] = []
        batch = producer.create_batch()
        append = batch.append
        for key, value, headers in rows:
            if append(timestamp=None, key=key, value=value, headers=headers) is None:
                sent.append((await producer.send_batch(batch, self.topic, partition=partition), batch.record_count()))
                batch = producer.create_batch()
                append = batch.append
                append(timestamp=None, key=key, value=value, headers=headers)
        if batch.record_count():
            sent.append((await producer.send_batch(batch, self.topic, partition=partition), batch.record_count()))
        return sent
