"""Circles and references in MongoDB: one document a circle, found by any of its handles, guarded by its revision."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import DeleteOne, IndexModel, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from services.intake.identity.book import Stored
from services.intake.identity.circle import Circle, to_json
from services.intake.identity.links import marks_of
from shared.messaging.handler import Conflict
from shared.mongo import DUPLICATE_KEY, Database, Session

Row = dict[str, Any]
_AFTER_SLASH = "0"
"""The character behind "/": what a reference leads to lies between it with a slash and it with this behind it."""


class IdentityStore:
    """No two circles hold one handle (unique index): of two that learn of it at once one fails, and reads again."""

    def __init__(self, database: Database, reference_days: int) -> None:
        self._circles = database.collection("customers")
        self._references = database.collection("customer_references")
        self._keep = timedelta(days=reference_days)

    async def create_indexes(self) -> None:
        await self._circles.create_indexes([IndexModel("handles", name="handles", unique=True)])
        await self._references.create_index("at", expireAfterSeconds=int(self._keep.total_seconds()), name="retention")

    async def load(self, handle_ids: Sequence[str], session: Session | None = None) -> list[Stored]:
        """The circles that hold one of these handles."""
        if not handle_ids:
            return []
        found = self._circles.find({"handles": {"$in": list(handle_ids)}}, session=session)
        return [_stored(row) for row in await found.to_list(None)]

    async def save(self, loaded: Mapping[str, Stored], now: Mapping[str, Stored | Circle], session: Session) -> None:
        """Bring what was loaded to what is now, in one write. Raises `Conflict` where somebody else wrote first."""
        gone = [stored for i, stored in loaded.items() if i not in now]
        written = [circle for circle in now.values() if isinstance(circle, Circle)]
        changed = [c for c in written if c.circle_id in loaded]
        new = [c for c in written if c.circle_id not in loaded]
        if not (gone or written):
            return
        writes: list[DeleteOne | ReplaceOne[Row] | InsertOne[Row]] = [DeleteOne(_guard(stored)) for stored in gone]
        writes += [ReplaceOne(_guard(loaded[c.circle_id]), _row(c)) for c in changed]
        writes += [InsertOne(_row(c)) for c in new]
        result = await self._circles.bulk_write(writes, ordered=True, session=session)
        if (result.deleted_count, result.matched_count) != (len(gone), len(changed)):
            raise Conflict("a customer was written by somebody else")

    async def refer(self, references: Mapping[str, tuple[str, datetime]]) -> None:
        """Note which handles parcels and orders lead to (reference/handle: as what, when). What is known stays: so it
        needs no transaction, and a repeat changes nothing."""
        if not references:
            return
        known = self._references.find({"_id": {"$in": list(references)}}, {"_id": 1})
        seen = {row["_id"] for row in await known.to_list(None)}
        rows = [{"_id": pair, "as": role, "at": at} for pair, (role, at) in references.items() if pair not in seen]
        if not rows:
            return
        try:
            await self._references.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            repeated = all(fault.get("code") == DUPLICATE_KEY for fault in details.get("writeErrors", []))
            if not repeated or details.get("writeConcernErrors"):
                raise

    async def referred(self, reference: str, limit: int) -> list[str]:
        """The handles that a reference leads to."""
        mine = {"$gte": f"{reference}/", "$lt": f"{reference}{_AFTER_SLASH}"}
        rows = await self._references.find({"_id": mine}, {"_id": 1}).limit(limit).to_list(limit)
        return [str(row["_id"]).rpartition("/")[2] for row in rows]


def _guard(stored: Stored) -> Row:
    return {"_id": stored.circle_id, "revision": stored.revision}


def _row(circle: Circle) -> Row:
    marks = marks_of(circle)
    return {
        "_id": circle.circle_id,
        "revision": circle.revision,
        "handles": circle.ids,
        "known": list(marks),
        "since": list(marks.values()),
        # As text: nothing inside is ever searched.
        "circle": to_json(circle).decode(),
    }


def _stored(row: Mapping[str, Any]) -> Stored:
    marks = dict(zip(row["known"], row["since"], strict=True))
    return Stored(row["_id"], row["revision"], tuple(row["handles"]), marks, row["circle"])
