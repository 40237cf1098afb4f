"""The register of legal deadlines in MongoDB: one document each, written in the transaction of its case (RO-7)."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReplaceOne

from services.routing.legal.deadline import PENDING
from services.routing.legal.register import Entry, newer
from shared.contracts.legal import LegalDeadline, LegalKind, LegalState
from shared.mongo import Database, Session

COLLECTION = "legal_deadlines"


class Register:
    def __init__(self, database: Database) -> None:
        self._deadlines = database.collection(COLLECTION)

    async def create_indexes(self) -> None:
        by_end = [("state", 1), ("due_at", 1)]
        await self._deadlines.create_indexes([IndexModel(by_end, name="by_end"), IndexModel("case_id")])

    async def write(self, entries: Iterable[Entry], session: Session | None = None) -> None:
        """The later of two entries of one deadline holds."""
        rows = {entry.deadline.deadline_id: _document(entry) for entry in entries}
        if rows:
            writes = [ReplaceOne({"_id": identity}, row, upsert=True) for identity, row in rows.items()]
            await self._deadlines.bulk_write(writes, ordered=False, session=session)

    async def restore(self, entries: Iterable[Entry]) -> None:
        """Write what is newer and other than what stands there, while nobody else writes: a version of the case that
        left a deadline as it was did not write it."""
        found = sorted(entries, key=lambda entry: entry.version)
        rows = self._deadlines.find({"_id": {"$in": list({e.deadline.deadline_id for e in found})}})
        known = {row["_id"]: _entry(row) for row in await rows.to_list(None)}
        await self.write(newer(found, known))

    async def pending_answers(self) -> AsyncIterator[Entry]:
        """The answers to complaints that are still owed."""
        wanted = {"kind": LegalKind.COMPLAINT_ANSWER.value, "state": {"$in": [state.value for state in PENDING]}}
        async for row in self._deadlines.find(wanted):
            yield _entry(row)

    async def listed(
        self, states: Sequence[LegalState], kinds: Sequence[LegalKind], due_before: datetime | None, limit: int
    ) -> list[Entry]:
        """The first due first; missed ones stand before open ones by their ends."""
        wanted: dict[str, Any] = {"state": {"$in": [state.value for state in states]}}
        if kinds:
            wanted["kind"] = {"$in": [kind.value for kind in kinds]}
        if due_before is not None:
            wanted["due_at"] = {"$lt": due_before}
        found = self._deadlines.find(wanted).sort("due_at", 1).limit(limit)
        return [_entry(row) for row in await found.to_list(limit)]

    async def of_case(self, case_id: str) -> list[Entry]:
        found = self._deadlines.find({"case_id": case_id}).sort("due_at", 1)
        return [_entry(row) for row in await found.to_list(None)]


def _document(entry: Entry) -> dict[str, Any]:
    deadline = entry.deadline
    return {
        "_id": deadline.deadline_id,
        "case_id": entry.case_id,
        "case_number": entry.case_number,
        "version": entry.version,
        "kind": deadline.kind.value,
        "state": deadline.state.value,
        "due_at": deadline.due_at,
        "deadline": deadline.model_dump_json(exclude_none=True),
    }


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(row["case_id"], row["case_number"], row["version"], LegalDeadline.model_validate_json(row["deadline"]))
