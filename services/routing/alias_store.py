"""Aliases in MongoDB: one document an id, never overwritten by an older version; not asked for where there are none."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymongo import InsertOne, ReplaceOne

from services.routing.aliases import Alias, Aliases
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session

TRUSTED_S = 1.0
"""That nobody has an alias is believed for so long: another process may store the first one meanwhile."""


class AliasStore:
    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._aliases = database.collection("customer_aliases")
        self._monotonic = monotonic
        self._some = False
        self._none_until = 0.0

    async def of(self, ids: Sequence[str]) -> Aliases:
        """The aliases of those ids that have one; without a question where nobody has."""
        if not ids or not await self._any():
            return {}
        return await self._load(ids)

    async def _any(self) -> bool:
        if not self._some and self._monotonic() >= self._none_until:
            self._some = await self._aliases.find_one({}, {"_id": 1}) is not None
            self._none_until = self._monotonic() + TRUSTED_S
        return self._some

    async def save(self, newest: Mapping[str, Alias], session: Session) -> frozenset[str]:
        """Store what is newer than what is known, and say of whom it was. Raises `Conflict` where somebody else wrote
        first."""
        known = await self._load(list(newest), session)
        fresh = {i: a for i, a in newest.items() if i not in known or known[i].version < a.version}
        if not fresh:
            return frozenset()
        old = [ReplaceOne({"_id": i, "version": known[i].version}, _row(i, a)) for i, a in fresh.items() if i in known]
        new = [InsertOne(_row(i, a)) for i, a in fresh.items() if i not in known]
        self._some = True
        result = await self._aliases.bulk_write([*old, *new], ordered=True, session=session)
        if result.matched_count != len(old):
            raise Conflict("an alias was written by somebody else")
        return frozenset(fresh)

    async def _load(self, ids: Sequence[str], session: Session | None = None) -> dict[str, Alias]:
        rows = await self._aliases.find({"_id": {"$in": list(ids)}}, session=session).to_list(None)
        return {row["_id"]: Alias(tuple(row["same"]), tuple(row["apart"]), row["version"]) for row in rows}


def _row(handle: str, alias: Alias) -> dict[str, Any]:
    return {"_id": handle, "same": list(alias.same), "apart": list(alias.apart), "version": alias.version}
