"""Volumes in MongoDB: one document for each customer id with parcels in a month that still matters."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import IndexModel, ReplaceOne

from services.routing.key_accounts.volume import Volume
from shared.mongo import Database, Session

KEPT = timedelta(days=100)
"""Real time since the last parcel, as the database counts it: longer than any month still matters."""


class VolumeStore:
    """Documents with `recount` are to be added up anew: parcels came, or it changed who is who."""

    def __init__(self, database: Database) -> None:
        self._volumes = database.collection("customer_volumes")

    async def create_indexes(self) -> None:
        await self._volumes.create_indexes(
            [
                IndexModel("recount", name="recount", sparse=True),
                IndexModel("written", name="written", expireAfterSeconds=int(KEPT.total_seconds())),
            ]
        )

    async def load(self, ids: Collection[str], session: Session | None = None) -> dict[str, Volume]:
        rows = await self._volumes.find({"_id": {"$in": list(ids)}}, session=session).to_list(None)
        return {row["_id"]: row["months"] for row in rows}

    async def save(self, changed: Mapping[str, Volume], session: Session | None = None) -> None:
        """Of two transactions that read and write a document the database refuses the second: it reads again."""
        writes = [ReplaceOne({"_id": i}, self._row(i, volume), upsert=True) for i, volume in changed.items()]
        if writes:
            await self._volumes.bulk_write(writes, ordered=True, session=session)

    async def flag(self, ids: Collection[str], session: Session | None = None) -> None:
        """These ids belong to others than before: whoever has a volume is added up anew."""
        wanted = {"_id": {"$in": list(ids)}}
        await self._volumes.update_many(wanted, {"$set": {"recount": True}}, session=session)

    async def flagged(self, limit: int) -> list[str]:
        found = self._volumes.find({"recount": True}, {"_id": 1}).limit(limit)
        return [row["_id"] for row in await found.to_list(limit)]

    async def counted(self, ids: Collection[str], session: Session) -> None:
        wanted = {"_id": {"$in": list(ids)}, "recount": True}
        await self._volumes.update_many(wanted, {"$unset": {"recount": ""}}, session=session)

    def _row(self, customer_id: str, volume: Volume) -> dict[str, Any]:
        months = {month: list(volume[month]) for month in sorted(volume)}
        return {"_id": customer_id, "months": months, "written": datetime.now(UTC), "recount": True}
