"""The threads of visitors in MongoDB: one document a case, guarded by its revision, forgotten after some days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import InsertOne, ReplaceOne
from pymongo.errors import PyMongoError

from services.intake.webchat.thread import Thread
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session, is_passing

Row = dict[str, Any]


class ThreadsUnavailable(Exception):
    """The database does not answer; the panel asks again later."""


class ThreadStore:
    def __init__(self, database: Database, days: int) -> None:
        self._threads = database.collection("web_threads")
        self._days = days

    async def create_indexes(self) -> None:
        await self._threads.create_index("opened_by", name="opened_by")
        await self._threads.create_index("written_at", expireAfterSeconds=self._days * 86_400, name="retention")

    async def load(self, case_ids: Sequence[str], session: Session) -> dict[str, Thread]:
        rows = await self._threads.find({"_id": {"$in": list(case_ids)}}, session=session).to_list(None)
        return {row["_id"]: _read(row) for row in rows}

    async def save(self, threads: Iterable[Thread], session: Session) -> None:
        """Raises `Conflict` where somebody else wrote first."""
        writes: list[InsertOne[Row] | ReplaceOne[Row]] = []
        for thread in threads:
            row = _row(thread.model_copy(update={"revision": thread.revision + 1}))
            if thread.revision == 0:
                writes.append(InsertOne(row))
            else:
                writes.append(ReplaceOne({"_id": thread.case_id, "revision": thread.revision}, row))
        if not writes:
            return
        result = await self._threads.bulk_write(writes, ordered=False, session=session)
        if result.matched_count + result.inserted_count != len(writes):
            raise Conflict("a thread was written by somebody else")

    async def opened_by(self, interaction_ids: Sequence[str]) -> list[Thread]:
        """Raises `ThreadsUnavailable`."""
        try:
            rows = await self._threads.find({"opened_by": {"$in": list(interaction_ids)}}).to_list(None)
        except PyMongoError as error:
            if not is_passing(error):
                raise
            raise ThreadsUnavailable from error
        return [_read(row) for row in rows]


def _row(thread: Thread) -> Row:
    return {
        "_id": thread.case_id,
        "revision": thread.revision,
        "opened_by": thread.opened_by,
        "written_at": datetime.now(UTC),
        # As text: nothing inside is ever searched.
        "thread": thread.model_dump_json(),
    }


def _read(row: Mapping[str, Any]) -> Thread:
    return Thread.model_validate_json(row["thread"])
