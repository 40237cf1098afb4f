"""Names that no other test uses: topics, consumer groups and databases of one test."""

import secrets
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient

QUICK_GROUPS = {"GROUP_SESSION_S": "6", "GROUP_HEARTBEAT_S": "0.5"}
"""Settings: a group hears soon who joined or is gone; a shorter session no broker takes by itself."""


@dataclass(frozen=True)
class FreshNames:
    prefix: str = field(default_factory=lambda: f"t{secrets.token_hex(5)}-")

    def topic(self, name: str) -> str:
        return self.prefix + name

    def group(self, name: str) -> str:
        return self.prefix + name

    def database(self, name: str) -> str:
        return self.prefix + name

    @property
    def environment(self) -> dict[str, str]:
        """For a service under test: the same prefix for all three, and quick groups."""
        return dict.fromkeys(("TOPIC_PREFIX", "GROUP_PREFIX", "DATABASE_PREFIX"), self.prefix) | QUICK_GROUPS


async def drop_topics(names: FreshNames, bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        mine = [topic for topic in await admin.list_topics() if topic.startswith(names.prefix)]
        if mine:
            await admin.delete_topics(mine)
    finally:
        await admin.close()


def drop_databases(names: FreshNames, mongo_url: str) -> None:
    with MongoClient[dict[str, object]](mongo_url) as client:
        for database in client.list_database_names():
            if database.startswith(names.prefix):
                client.drop_database(database)
