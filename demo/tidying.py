"""After a day on clusters that are not ours alone: its topics and databases go again."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient


async def tidy(kafka: str | None, mongo: str | None, prefix: str, database_prefix: str) -> None:
    """Deletes what carries the day's own prefix; None: that cluster was ours. Raises `KafkaError`, `PyMongoError`."""
    assert prefix
    assert database_prefix, "without a prefix everything would go"
    if kafka:
        await _delete_topics(kafka, prefix)
    if mongo:
        await asyncio.to_thread(_drop_databases, mongo, database_prefix)


async def _delete_topics(kafka: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, client_id="demo-tidying")
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if topic.startswith(prefix)]
        if topics:
            await admin.delete_topics(topics)
    finally:
        await admin.close()


def _drop_databases(mongo: str, prefix: str) -> None:
    with MongoClient[dict[str, object]](mongo, serverSelectionTimeoutMS=5000) as client:
        for name in client.list_database_names():
            if name.startswith(prefix):
                client.drop_database(name)
