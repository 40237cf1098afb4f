"""Persons whose cases are to be looked at, in MongoDB (`pairs.doubting` says when).

A few seconds later, not at once: a contact that is being handled meanwhile may not have known who its customer is.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReplaceOne

from services.routing.pairs.doubting import Doubt
from shared.contracts.case_pairs import WhoIsWho
from shared.mongo import Database, Session

AFTER_S = (6.0, 60.0, 600.0)
"""The first: longer than a batch's transaction may last and than "nobody has an alias" is believed
(`alias_store.TRUSTED_S`). The others: where it is not known yet whether two ids are one person's."""


class Doubts:
    def __init__(self, database: Database) -> None:
        self._rows = database.collection("case_doubts")
        self._cases = database.collection("cases")

    async def create_indexes(self) -> None:
        await self._rows.create_index("due")

    async def add(self, doubts: Iterable[Doubt], session: Session | None = None) -> None:
        now = datetime.now(UTC)
        writes = [ReplaceOne({"_id": one.cause}, _row(one, now), upsert=True) for one in doubts]
        if writes:
            await self._rows.bulk_write(writes, ordered=False, session=session)

    async def put_off(self, doubt: Doubt, session: Session | None = None) -> None:
        """It could not be settled: looked at again, a few times."""
        later = replace(doubt, tries=doubt.tries + 1)
        if later.tries < len(AFTER_S):
            await self.add([later], session)
        else:
            await self.settled([doubt.cause], session)

    async def due(self, limit: int) -> list[Doubt]:
        rows = self._rows.find({"due": {"$lte": datetime.now(UTC)}}).sort("due", 1).limit(limit)
        return [_doubt(row) for row in await rows.to_list(limit)]

    async def holders(self, keys: Sequence[str]) -> dict[str, str]:
        """Which case holds each of these keys."""
        wanted = frozenset(keys)
        rows = self._cases.find({"open_keys": {"$in": list(wanted)}}, {"open_keys": 1})
        return {key: row["_id"] async for row in rows for key in row["open_keys"] if key in wanted}

    async def settled(self, causes: Collection[str], session: Session | None = None) -> None:
        await self._rows.delete_many({"_id": {"$in": list(causes)}}, session=session)


def _row(doubt: Doubt, now: datetime) -> dict[str, Any]:
    return {
        "_id": doubt.cause,
        "keys": list(doubt.keys),
        "because": doubt.because.model_dump_json(exclude_none=True),
        "parted": doubt.parted,
        "tries": doubt.tries,
        "due": now + timedelta(seconds=AFTER_S[doubt.tries]),
    }


def _doubt(row: dict[str, Any]) -> Doubt:
    because = WhoIsWho.model_validate_json(row["because"])
    return Doubt(row["_id"], tuple(row["keys"]), because, row["parted"], row["tries"])
