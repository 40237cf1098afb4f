"""The publisher gets over an error after which aiokafka's producer never works again (SY-2)."""

from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError, OutOfOrderSequenceNumber

from shared.contracts.topics import MAX_RECORD_BYTES
from shared.messaging.message import Outgoing
from shared.messaging.publisher import Publisher, PublishFailed
from tests.integration.fresh import FreshNames

LIMIT = 1024 * 1024


def message(number: int, size: int = 10) -> Outgoing:
    return Outgoing("notes", f"k-{number}", f"e-{number}", "note", datetime.now(UTC), b"x" * size, "test")


@pytest.fixture
async def topic(kafka: str, fresh_names: FreshNames) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    name = fresh_names.topic("notes")
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"max.message.bytes": str(LIMIT)})])
    await admin.close()
    return name


async def ids(kafka: str, topic: str) -> list[str]:
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        await consumer.seek_to_beginning(partition)
        found: list[str] = []
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [dict(r.headers)["ce_id"].decode() for r in records]
        return found


async def test_the_driver_alone_never_gets_over_a_refused_batch(kafka: str, topic: str) -> None:
    """Why the producer is replaced; when this fails, the driver has learned it, and we need not.

    The first message makes the broker know the producer: from an unknown one it takes any number.
    """
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, max_request_size=2 * MAX_RECORD_BYTES
    ) as producer:
        await producer.send_and_wait(topic, b"first", partition=0)
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic, b"x" * 2 * LIMIT, partition=0)
        for _ in range(3):
            with pytest.raises(OutOfOrderSequenceNumber):
                await producer.send_and_wait(topic, b"small", partition=0)


@pytest.mark.req("SY-2")
async def test_after_a_refused_batch_the_next_ones_arrive_once_and_in_order(
    kafka: str, topic: str, fresh_names: FreshNames
) -> None:
    publisher = Publisher(kafka, fresh_names.prefix)
    await publisher.start()
    try:
        await publisher.publish([message(1)])
        with pytest.raises(PublishFailed):
            await publisher.publish([message(2, size=2 * LIMIT)])
        for number in range(3, 13):
            await until_published(publisher, message(number))
    finally:
        await publisher.stop()
    assert await ids(kafka, topic) == [f"e-{number}" for number in (1, *range(3, 13))]


async def until_published(publisher: Publisher, wanted: Outgoing) -> None:
    """As the consumer loop does: the same message again until Kafka has it."""
    for _ in range(5):
        try:
            await publisher.publish([wanted])
        except PublishFailed:
            continue
        return
    raise AssertionError("the publisher never recovered")
