"""What a group has not touched yet is as much behind as what it has begun (ME-1)."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.metrics.lag import OffsetReader, lag_by_topic
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames

pytestmark = pytest.mark.req("ME-1")


async def test_a_partition_without_a_commit_counts_from_its_first_record(infra: Infra, fresh_names: FreshNames) -> None:
    topic, group = fresh_names.topic("t"), fresh_names.group("g")
    admin = AIOKafkaAdminClient(bootstrap_servers=infra.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 3, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=infra.kafka)
    await producer.start()
    for partition in (0, 0, 1, 1, 1):
        await producer.send_and_wait(topic, b"x", partition=partition)
    await producer.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=infra.kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.commit({TopicPartition(topic, 0): 1})
    await consumer.stop()

    offsets = await OffsetReader(infra.kafka, fresh_names.prefix, 1.0).once()
    assert lag_by_topic(offsets, fresh_names.prefix) == {("g", "t"): 1 + 3}
