"""How far the source of a partitioned store goes, asked of Kafka itself: what a consumer remembers may be old."""

from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.kafka_security import PLAINTEXT, KafkaSecurity


class Source(Protocol):
    async def end(self, partition: int) -> int:
        """The offset after the last record."""
        ...

    async def committed(self, partition: int) -> int:
        """Where a new owner will begin to read: the group's offset, or the first record."""
        ...


class KafkaSource:
    """Asks in the name of the group without ever joining it."""

    def __init__(
        self, bootstrap: str, topic: str, group: str, client_id: str, security: KafkaSecurity = PLAINTEXT
    ) -> None:
        self._topic = topic
        self._bootstrap = bootstrap
        self._security = security
        self._group = group
        self._client_id = client_id
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            group_id=self._group,
            enable_auto_commit=False,
            **self._security.options(),
        )
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        self._consumer = consumer

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None

    async def end(self, partition: int) -> int:
        at = TopicPartition(self._topic, partition)
        ends: dict[TopicPartition, int] = await self._started.end_offsets([at])
        return ends[at]

    async def committed(self, partition: int) -> int:
        at = TopicPartition(self._topic, partition)
        offset: int | None = await self._started.committed(at)
        if offset is not None:
            return offset
        firsts: dict[TopicPartition, int] = await self._started.beginning_offsets([at])
        return firsts[at]

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("the source is asked before it is started")
        return self._consumer
