"""The outbox: messages of acts that began with a person or a timer, published in order by a small relay."""

from collections.abc import Sequence
from datetime import UTC, datetime

from shared.messaging.message import Outgoing
from shared.messaging.publisher import Publisher
from shared.mongo import Database, Session

BATCH = 500


class Outbox:
    """Written in the transaction of the act, emptied by `relay`, which one process of the service runs."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("outbox")

    async def add(self, messages: Sequence[Outgoing], session: Session) -> None:
        now = datetime.now(UTC)
        rows = [{**m.to_document(), "at": now, "n": n} for n, m in enumerate(messages)]
        if rows:
            await self._collection.insert_many(rows, session=session)

    async def create_indexes(self) -> None:
        await self._collection.create_index([("at", 1), ("n", 1)])

    async def relay(self, publisher: Publisher) -> int:
        """Publish what waits, oldest first, then delete it; a crash in between publishes it again with the
        same ids. Returns how many were published."""
        rows = await self._collection.find().sort([("at", 1), ("n", 1)]).limit(BATCH).to_list(BATCH)
        if rows:
            await publisher.publish([Outgoing.from_document(row) for row in rows])
            await self._collection.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        return len(rows)

    async def count(self) -> int:
        return int(await self._collection.count_documents({}))
