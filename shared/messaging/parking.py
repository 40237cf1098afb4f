"""Parking: records that failed for a passing reason wait under their aggregate, in order, until their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.messaging.deadletter import Origin
from shared.messaging.retry import RetryPolicy
from shared.mongo import Database, Session


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked record; only the head of an aggregate has a `due`, the ones behind it wait for it."""

    event_id: str
    aggregate: str
    seq: str
    attempts: int
    due: datetime | None
    reason: str
    origin: Origin
    timestamp_ms: int

    def document(self) -> dict[str, Any]:
        return {
            "_id": self.event_id,
            "aggregate": self.aggregate,
            "seq": self.seq,
            "attempts": self.attempts,
            "due": self.due,
            "reason": self.reason,
            "topic": self.origin.topic,
            "partition": self.origin.partition,
            "offset": self.origin.offset,
            "key": self.origin.key,
            "value": self.origin.value,
            "headers": [list(h) for h in self.origin.headers],
            "timestamp_ms": self.timestamp_ms,
        }

    @staticmethod
    def of_document(row: dict[str, Any]) -> "Parked":
        origin = Origin(
            row["topic"],
            row["partition"],
            row["offset"],
            row["key"],
            row["value"],
            tuple((name, value) for name, value in row["headers"]),
        )
        return Parked(
            row["_id"],
            row["aggregate"],
            row["seq"],
            row["attempts"],
            row["due"],
            row["reason"],
            origin,
            row["timestamp_ms"],
        )


class Parking:
    """The parked records of one consumer group. Times are real, not business time."""

    def __init__(self, database: Database, group: str, policy: RetryPolicy) -> None:
        self._collection = database.collection(f"parked_{group.replace('-', '_')}")
        self.policy = policy

    async def create_indexes(self) -> None:
        await self._collection.create_index([("aggregate", 1), ("seq", 1)])
        await self._collection.create_index("due", partialFilterExpression={"due": {"$type": "date"}})

    async def blocked(self, aggregates: Sequence[str], session: Session | None) -> tuple[set[str], set[str]]:
        """Among `aggregates` those with parked records, and the ids of all records parked under them."""
        rows = self._collection.find({"aggregate": {"$in": list(aggregates)}}, {"aggregate": 1}, session=session)
        names: set[str] = set()
        ids: set[str] = set()
        async for row in rows:
            names.add(row["aggregate"])
            ids.add(row["_id"])
        return names, ids

    async def any(self) -> bool:
        return await self._collection.find_one({}, {"_id": 1}) is not None

    async def add(self, parked: Sequence[Parked], session: Session) -> None:
        if parked:
            await self._collection.insert_many([p.document() for p in parked], session=session)

    async def due_aggregates(self, now: datetime, limit: int) -> list[str]:
        """Aggregates whose head is due, longest due first."""
        rows = self._collection.find({"due": {"$lte": now}}, {"aggregate": 1}).sort("due", 1).limit(limit)
        return [row["aggregate"] async for row in rows]

    async def queue(self, aggregate: str, session: Session | None, limit: int = 500) -> list[Parked]:
        """The parked records of an aggregate, oldest first."""
        rows = self._collection.find({"aggregate": aggregate}, session=session).sort("seq", 1).limit(limit)
        return [Parked.of_document(row) async for row in rows]

    async def remove(self, ids: Sequence[str], session: Session) -> None:
        if ids:
            await self._collection.delete_many({"_id": {"$in": list(ids)}}, session=session)

    async def postpone(self, head: Parked, reason: str, session: Session) -> None:
        """The head failed once more: count it and set its next time."""
        attempts = head.attempts + 1
        due = datetime.now(UTC) + timedelta(seconds=self.policy.delay_s(attempts))
        await self._collection.update_one(
            {"_id": head.event_id},
            {"$set": {"attempts": attempts, "due": due, "reason": reason}},
            session=session,
        )

    async def promote(self, event_id: str, session: Session | None) -> None:
        """Make a record that waited behind its head the head, due at once."""
        await self._collection.update_one({"_id": event_id}, {"$set": {"due": datetime.now(UTC)}}, session=session)

    async def headless(self, limit: int = 5000) -> list[str]:
        """The first record of each queue whose head has no time: parked just while the one before it left."""
        rows = self._collection.find({}, {"aggregate": 1, "due": 1}).sort([("aggregate", 1), ("seq", 1)]).limit(limit)
        heads: dict[str, dict[str, Any]] = {}
        async for row in rows:
            heads.setdefault(row["aggregate"], row)
        return [row["_id"] for row in heads.values() if row["due"] is None]

    async def count(self) -> int:
        return int(await self._collection.estimated_document_count())


def sequence(parked_at: datetime, place: int) -> str:
    """A sortable place in an aggregate's queue: when it was parked, and its place in the batch."""
    return f"{parked_at.timestamp():020.6f}/{place:06d}"
