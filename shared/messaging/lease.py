"""A lease: one process of a service does the periodic work, another takes over when it is gone."""

from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from shared.mongo import Database


class Lease:
    """Held in MongoDB for `ttl_s` real seconds and renewed; two holders at once are possible for a moment
    (a paused process), so the work itself is guarded by versions and derived ids."""

    def __init__(self, database: Database, name: str, holder: str, ttl_s: float = 3.0) -> None:
        self._collection = database.collection("leases")
        self._name = name
        self._holder = holder
        self._ttl = timedelta(seconds=ttl_s)

    async def acquire(self) -> bool:
        """Take or renew it; False where another process holds it."""
        now = datetime.now(UTC)
        free_or_mine = {
            "_id": self._name,
            "$or": [{"holder": self._holder}, {"until": {"$lt": now}}],
        }
        update = {"$set": {"holder": self._holder, "until": now + self._ttl}}
        try:
            await self._collection.update_one(free_or_mine, update, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def release(self) -> None:
        await self._collection.delete_one({"_id": self._name, "holder": self._holder})
