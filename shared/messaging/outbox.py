"""The outbox: messages of acts that began with a person or a timer, published in order by a small relay."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from shared.messaging.message import Outgoing
from shared.messaging.publisher import Publisher
from shared.mongo import Database, Session

BATCH = 500
SOON_S = 1.0
"""An act that wrote to the outbox has committed, or never will, within so long."""


class Outbox:
    """Written in the transaction of the act, emptied by `relay`, which one process of the service runs."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("outbox")
        self._added = asyncio.Event()
        self._expected_until = 0.0

    async def add(self, messages: Sequence[Outgoing], session: Session) -> None:
        now = datetime.now(UTC)
        rows = [{**m.to_document(), "at": now, "n": n} for n, m in enumerate(messages)]
        if rows:
            await self._collection.insert_many(rows, session=session)
            self._expected_until = time.monotonic() + SOON_S
            self._added.set()

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

    async def expecting(self, longest_s: float) -> None:
        """Return when something may have come: at once after an act of this process, else after `longest_s`."""
        if time.monotonic() < self._expected_until:
            return
        self._added.clear()
        try:
            await asyncio.wait_for(self._added.wait(), longest_s)
        except TimeoutError:
            return

    async def count(self) -> int:
        return int(await self._collection.count_documents({}))
