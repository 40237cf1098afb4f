"""The inbox: which events a consumer group has handled, together with the messages that each produced.

One document per batch, not per event: `events` is a unique multikey index, so two processes that handle the same
event collide here, and the database writes one document where it would have written five hundred.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.messaging.message import Outgoing
from shared.mongo import Database, Session

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
"""Rows of a batch are split over documents of about this size (MongoDB's limit is 16 MiB)."""


class Inbox:
    """Rows expire after `keep_days`, which must exceed the retention of the topics that the group reads."""

    def __init__(self, database: Database, group: str, keep_days: int) -> None:
        self._collection = database.collection(f"inbox_{group.replace('-', '_')}")
        self._keep_s = keep_days * 86400

    async def create_indexes(self) -> None:
        await self._collection.create_index("events", unique=True)
        await self._collection.create_index("at", expireAfterSeconds=self._keep_s)

    async def seen(self, ids: Sequence[str], session: Session | None) -> dict[str, tuple[Outgoing, ...]]:
        """The handled ones among `ids`, each with the messages that it produced."""
        wanted = set(ids)
        found: dict[str, tuple[Outgoing, ...]] = {}
        async for row in self._collection.find({"events": {"$in": list(ids)}}, session=session):
            produced = row["messages"]
            for event_id in wanted.intersection(row["events"]):
                found[event_id] = tuple(Outgoing.from_document(m) for m in produced.get(event_id, ()))
        return found

    async def latest(self, seconds: float) -> list[Outgoing]:
        """The messages of the last batches: up to so long before the very last one."""
        last = await self._collection.find_one({}, {"at": 1}, sort=[("at", -1)])
        if last is None:
            return []
        since = last["at"] - timedelta(seconds=seconds)
        rows = await self._collection.find({"at": {"$gte": since}}).sort("at", 1).to_list(None)
        return [Outgoing.from_document(m) for row in rows for produced in row["messages"].values() for m in produced]

    async def record(self, done: Mapping[str, Sequence[Outgoing]], session: Session) -> None:
        """Write the handled events with their messages; a duplicate key error means somebody else did."""
        rows = list(_documents(done.items()))
        if rows:
            await self._collection.insert_many(rows, session=session)


def _documents(done: Iterable[tuple[str, Sequence[Outgoing]]]) -> Iterable[dict[str, Any]]:
    row = _empty()
    size = 0
    for event_id, messages in done:
        if size > MAX_DOCUMENT_BYTES:
            yield row
            row, size = _empty(), 0
        row["events"].append(event_id)
        if messages:
            row["messages"][event_id] = [m.to_document() for m in messages]
        size += 100 + sum(len(m.value) + 300 for m in messages)
    if row["events"]:
        yield row


def _empty() -> dict[str, Any]:
    return {"at": datetime.now(UTC), "events": [], "messages": {}}
