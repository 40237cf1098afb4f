"""The real Kafka and MongoDB that every integration test stands on."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError
from pymongo import MongoClient

from tests.integration.fresh import FreshNames, drop_databases, drop_topics
from tests.integration.polling import poll

pytestmark = pytest.mark.req("SY-8")


async def make_topic(kafka: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=-1, replication_factor=-1, replica_assignments={})])
    finally:
        await admin.close()


async def test_kafka_keeps_what_it_acknowledged(kafka: str, fresh_names: FreshNames) -> None:
    topic = fresh_names.topic("parcels")
    await make_topic(kafka, topic)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        sent = await producer.send_and_wait(topic, b"scan", key=b"SF1")
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, group_id=fresh_names.group("readers"), auto_offset_reset="earliest"
    ) as consumer:
        received = await consumer.getone()
        partitions = consumer.partitions_for_topic(topic)
    assert (received.partition, received.offset, received.value) == (sent.partition, sent.offset, b"scan")
    assert partitions == {0, 1, 2, 3}


async def test_kafka_creates_no_topic_by_accident(kafka: str, fresh_names: FreshNames) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka, request_timeout_ms=2_000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.partitions_for(fresh_names.topic("never-made"))


async def test_mongodb_has_transactions_that_expire_soon(mongo_url: str, fresh_names: FreshNames) -> None:
    with MongoClient[dict[str, object]](mongo_url) as client:
        cases = client[fresh_names.database("routing")]["cases"]
        with client.start_session() as session:
            session.start_transaction()
            cases.insert_one({"_id": "dropped"}, session=session)
            session.abort_transaction()
            with session.start_transaction():
                cases.insert_one({"_id": "kept"}, session=session)
        limit = client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})
        assert [case["_id"] for case in cases.find()] == ["kept"]
    assert limit["transactionLifetimeLimitSeconds"] == 3


async def test_a_test_leaves_nothing_behind(kafka: str, mongo_url: str) -> None:
    names = FreshNames()
    await make_topic(kafka, names.topic("left"))
    with MongoClient[dict[str, object]](mongo_url) as client:
        client[names.database("left")]["rows"].insert_one({})
        await drop_topics(names, kafka)
        drop_databases(names, mongo_url)
        assert names.database("left") not in client.list_database_names()

    async def topic_is_gone() -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            return names.topic("left") not in await admin.list_topics()
        finally:
            await admin.close()

    await poll(topic_is_gone, what="topic deleted")
