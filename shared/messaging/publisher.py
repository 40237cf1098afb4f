"""Publishing: keyed, idempotent, acks=all; one built batch per partition, and a time-out around every send."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.topics import MAX_RECORD_BYTES
from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.messaging.message import Outgoing
from shared.messaging.partitioning import partition_of
from shared.messaging.producer import RenewedProducer

FEW = 8
"""Up to so many messages go through the producer's own linger; more are built into batches per partition."""


class PublishFailed(Exception):
    """Kafka did not acknowledge in time. The messages may or may not be in the topic: publish them again."""


class Publisher:
    """Publishes messages under one topic prefix; `pending` is how many await their acknowledgement."""

    def __init__(
        self,
        bootstrap: str,
        prefix: str = "",
        client_id: str = "parcelcare",
        timeout_s: float = 15.0,
        security: KafkaSecurity = PLAINTEXT,
    ) -> None:
        self._bootstrap = bootstrap
        self._security = security
        self._client_id = client_id
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._producer = RenewedProducer(self._make)
        self.pending = 0

    def _make(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=256 * 1024,
            max_request_size=2 * MAX_RECORD_BYTES,
            request_timeout_ms=15_000,
            **self._security.options(),
        )

    async def start(self) -> None:
        """Connect; raises a `KafkaError` where Kafka can't be reached, and may then be called again."""
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is pending and disconnect."""
        await self._producer.stop()

    async def publish(self, messages: Sequence[Outgoing], partition: int | None = None) -> None:
        """Return when Kafka has acknowledged all of them; raises `PublishFailed`.

        Messages of one key keep their order. `partition` overrides the key's partition for all of them.
        """
        if not messages:
            return
        self.pending += len(messages)
        producer = self._producer.current
        try:
            async with asyncio.timeout(self._timeout_s):
                few = len(messages) <= FEW
                futures = await (self._send_few if few else self._send_batches)(producer, messages, partition)
                await asyncio.gather(*futures)
            self._producer.worked()
        except (TimeoutError, KafkaError) as error:
            await self._producer.failed(producer)
            raise PublishFailed(f"{len(messages)} messages: {type(error).__name__}: {error}") from error
        finally:
            self.pending -= len(messages)

    async def _send_few(
        self, producer: AIOKafkaProducer, messages: Sequence[Outgoing], partition: int | None
    ) -> list[asyncio.Future[object]]:
        return [
            await producer.send(
                self._prefix + m.topic, m.value, key=m.key.encode(), headers=m.headers(), partition=partition
            )
            for m in messages
        ]

    async def _send_batches(
        self, producer: AIOKafkaProducer, messages: Sequence[Outgoing], partition: int | None
    ) -> list[asyncio.Future[object]]:
        by_partition: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        partitions: dict[str, list[int]] = {}
        for m in messages:
            topic = self._prefix + m.topic
            if topic not in partitions:
                partitions[topic] = sorted(await producer.partitions_for(topic))
            chosen = partition
            if chosen is None:
                numbers = partitions[topic]
                chosen = numbers[partition_of(m.key.encode(), len(numbers))]
            by_partition[topic, chosen].append(m)
        futures: list[asyncio.Future[object]] = []
        for (topic, chosen), group in by_partition.items():
            futures += await self._send_partition(producer, topic, chosen, group)
        return futures

    async def _send_partition(
        self, producer: AIOKafkaProducer, topic: str, partition: int, messages: Sequence[Outgoing]
    ) -> list[asyncio.Future[object]]:
        futures = []
        batch = producer.create_batch()
        for m in messages:
            key, headers = m.key.encode(), m.headers()
            if batch.append(key=key, value=m.value, timestamp=None, headers=headers) is None:
                futures.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(key=key, value=m.value, timestamp=None, headers=headers)
        futures.append(await producer.send_batch(batch, topic, partition=partition))
        return futures
