"""Circles and references in MongoDB: one document a circle, found by any of its handles, guarded by its revision."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import DeleteOne, IndexModel, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from services.intake.identity.circle import Circle
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

    async def load(self, handle_ids: Sequence[str], session: Session | None = None) -> list[Circle]:
        """The circles that hold one of these handles."""
        if not handle_ids:
            return []
        found = self._circles.find({"handles": {"$in": list(handle_ids)}}, {"circle": 1}, session=session)
        return [Circle.model_validate_json(row["circle"]) for row in await found.to_list(None)]

    async def save(self, loaded: Mapping[str, Circle], now: Iterable[Circle], session: Session) -> None:
        """Bring what was loaded to what is now, in one write. Raises `Conflict` where somebody else wrote first."""
        after = {circle.circle_id: circle for circle in now}
        gone = [c for i, c in loaded.items() if i not in after]
        changed = [c for i, c in after.items() if i in loaded and c.revision != loaded[i].revision]
        new = [c for i, c in after.items() if i not in loaded]
        if not (gone or changed or new):
            return
        writes: list[DeleteOne | ReplaceOne[Row] | InsertOne[Row]] = [DeleteOne(_guard(c)) for c in gone]
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
        rows = [{"_id": pair, "as": role, "at": at} for pair, (role, at) in references.items()]
        try:
            await self._references.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            known = all(fault.get("code") == DUPLICATE_KEY for fault in details.get("writeErrors", []))
            if not known or details.get("writeConcernErrors"):
                raise

    async def referred(self, reference: str, limit: int) -> list[str]:
        """The handles that a reference leads to."""
        mine = {"$gte": f"{reference}/", "$lt": f"{reference}{_AFTER_SLASH}"}
        rows = await self._references.find({"_id": mine}, {"_id": 1}).limit(limit).to_list(limit)
        return [str(row["_id"]).rpartition("/")[2] for row in rows]


def _guard(circle: Circle) -> Row:
    return {"_id": circle.circle_id, "revision": circle.revision}


def _row(circle: Circle) -> Row:
    return {
        "_id": circle.circle_id,
        "revision": circle.revision,
        "handles": circle.ids,
        # As text: nothing inside is ever searched.
        "circle": circle.model_dump_json(exclude_none=True),
    }
