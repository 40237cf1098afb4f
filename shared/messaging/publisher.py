"""Publishing: keyed, idempotent, acks=all; what many callers publish at once goes into one batch per partition."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.topics import MAX_RECORD_BYTES
from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.messaging.lanes import Gathering, Lane, Receipt
from shared.messaging.message import Outgoing
from shared.messaging.partitioning import partition_of
from shared.messaging.producer import RenewedProducer


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
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._lanes_of: AIOKafkaProducer | None = None
        self._gathering = Gathering()
        self.pending = 0

    def _make(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
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
        await asyncio.gather(*[lane.finished() for lane in self._lanes.values()])
        await self._producer.stop()

    async def publish(self, messages: Sequence[Outgoing], partition: int | None = None) -> None:
        """Return when Kafka has acknowledged all of them; raises `PublishFailed`.

        Messages of one key keep their order. `partition` overrides the key's partition for all of them.
        """
        if not messages:
            return
        self.pending += len(messages)
        self._gathering.callers += 1
        producer = self._producer.current
        try:
            receipt = Receipt(len(messages))
            for lane, m in zip(await self._places(producer, messages, partition), messages, strict=True):
                lane.add((m.key.encode(), m.value, m.headers()), receipt)
            await receipt.done
            self._producer.worked()
        except (TimeoutError, KafkaError) as error:
            await self._producer.failed(producer)
            raise PublishFailed(f"{len(messages)} messages: {type(error).__name__}: {error}") from error
        finally:
            self.pending -= len(messages)
            self._gathering.callers -= 1

    async def _places(
        self, producer: AIOKafkaProducer, messages: Sequence[Outgoing], partition: int | None
    ) -> list[Lane]:
        counts: dict[str, int] = {}
        places = []
        for m in messages:
            topic = self._prefix + m.topic
            if topic not in counts:
                counts[topic] = await self._partitions(producer, topic)
            chosen = partition_of(m.key.encode(), counts[topic]) if partition is None else partition
            places.append((topic, chosen))
        return [self._lane(producer, topic, chosen) for topic, chosen in places]

    async def _partitions(self, producer: AIOKafkaProducer, topic: str) -> int:
        """How many the topic has; asks Kafka only for a topic that is new to the producer."""
        known = producer.client.cluster.partitions_for_topic(topic)
        if known is None:
            async with asyncio.timeout(self._timeout_s):
                known = await producer.partitions_for(topic)
        return len(known)

    def _lane(self, producer: AIOKafkaProducer, topic: str, partition: int) -> Lane:
        """A new producer has new lanes; in the old ones everything fails that is still on its way."""
        if self._lanes_of is not producer:
            self._lanes_of, self._lanes = producer, {}
        lane = self._lanes.get((topic, partition))
        if lane is None:
            lane = self._lanes[topic, partition] = Lane(producer, topic, partition, self._timeout_s, self._gathering)
        return lane
