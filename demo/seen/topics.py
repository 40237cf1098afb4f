"""Reads whole topics from their first record on, without a consumer group, through any restart of the broker."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from demo.seen.observations import TOPICS, Observations
from shared.contracts.topics import TOPICS as ALL_TOPICS

log = structlog.get_logger()
PAUSE_S = 0.5


class TopicReader:
    """Keeps its own positions: where a connection breaks, the next one goes on from there."""

    def __init__(self, bootstrap: str, prefix: str, observations: Observations, topics: Sequence[str] = TOPICS) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.topics = topics
        self.observations = observations
        self.positions: dict[TopicPartition, int] = {}
        self.last_record_at = time.monotonic()
        self.caught_up = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.info("topics_unreadable", error=type(error).__name__)
                self.caught_up = False
            await asyncio.sleep(PAUSE_S)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            client_id="demo-observer",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=200,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        await consumer.start()
        try:
            self._assign(consumer)
            while True:
                batches = await consumer.getmany(timeout_ms=200, max_records=2000)
                for partition, records in batches.items():
                    self._take(partition, records)
                    await asyncio.sleep(0)
                self.caught_up = all(self.positions[p] >= (consumer.highwater(p) or 0) for p in consumer.assignment())
        finally:
            await consumer.stop()

    def _assign(self, consumer: AIOKafkaConsumer) -> None:
        partitions = [
            TopicPartition(self.prefix + topic.name, number)
            for topic in ALL_TOPICS
            if topic.name in self.topics
            for number in range(topic.partitions)
        ]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, self.positions.setdefault(partition, 0))

    def _take(self, partition: TopicPartition, records: Sequence[object]) -> None:
        now = time.monotonic()
        topic = partition.topic.removeprefix(self.prefix)
        for record in records:
            headers = {name: value or b"" for name, value in record.headers}  # type: ignore[attr-defined]
            self.observations.add(topic, headers, record.value, now)  # type: ignore[attr-defined]
        self.positions[partition] = records[-1].offset + 1  # type: ignore[attr-defined]
        self.last_record_at = now
