"""The calls in MongoDB: one document a call, guarded by its revision, gone after some months."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import InsertOne, ReplaceOne

from services.intake.calls.call import CallFile, due_at
from services.intake.calls.rules import CallRules
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session

Row = dict[str, Any]


class CallStore:
    """`days` must be more than an inbox remembers: a call that came again after that would be a new one."""

    def __init__(self, database: Database, rules: CallRules, days: int) -> None:
        self._calls = database.collection("calls")
        self._rules = rules
        self._keep = timedelta(days=days)

    async def create_indexes(self) -> None:
        await self._calls.create_index("due", partialFilterExpression={"due": {"$exists": True}})
        await self._calls.create_index("heard_at", expireAfterSeconds=int(self._keep.total_seconds()), name="retention")

    async def load(self, call_ids: Sequence[str], session: Session) -> dict[str, CallFile]:
        rows = await self._calls.find({"_id": {"$in": list(call_ids)}}, {"call": 1}, session=session).to_list(None)
        return {row["_id"]: _read(row) for row in rows}

    async def due(self, now: datetime, limit: int) -> list[CallFile]:
        """What is due, the longest overdue first."""
        found = self._calls.find({"due": {"$lte": now}}, {"call": 1}).sort("due", 1).limit(limit)
        return [_read(row) for row in await found.to_list(limit)]

    async def save(self, files: Iterable[CallFile], session: Session) -> None:
        """Write each call under its next revision. Raises `Conflict` where somebody else wrote first."""
        writes: list[InsertOne[Row] | ReplaceOne[Row]] = []
        for file in files:
            row = self._row(file.model_copy(update={"revision": file.revision + 1}))
            if file.revision == 0:
                writes.append(InsertOne(row))
            else:
                writes.append(ReplaceOne({"_id": row["_id"], "revision": file.revision}, row))
        if not writes:
            return
        result = await self._calls.bulk_write(writes, ordered=False, session=session)
        if result.matched_count + result.inserted_count != len(writes):
            raise Conflict("a call was written by somebody else")

    def _row(self, file: CallFile) -> Row:
        row: Row = {
            "_id": file.call_id,
            "revision": file.revision,
            "heard_at": file.heard_at,
            # As text: nothing inside is ever searched.
            "call": file.model_dump_json(exclude_none=True),
        }
        due = due_at(file, self._rules)
        return row if due is None else row | {"due": due}


def _read(row: Mapping[str, Any]) -> CallFile:
    return CallFile.model_validate_json(row["call"])
