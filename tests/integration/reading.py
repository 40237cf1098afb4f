"""Reads a topic of a test from its beginning to where it ends now."""

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.topics import Topic
from tests.integration.fresh import FreshNames


async def records_of(topic: Topic, names: FreshNames, kafka: str) -> list[Any]:
    """Every record that the topic holds now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(names.topic(topic.name), p) for p in range(topic.partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        records: list[Any] = []
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                records += batch
        return records
    finally:
        await consumer.stop()
