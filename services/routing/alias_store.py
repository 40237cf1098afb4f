"""Aliases in MongoDB: one document an id, never overwritten by an older version; not asked for where there are none.

Beside them, so that it is read with them, stands until when somebody is a key account by volume (RO-5).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import IndexModel, InsertOne, UpdateMany, UpdateOne

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
        return await self.load(ids)

    async def _any(self) -> bool:
        if not self._some and self._monotonic() >= self._none_until:
            self._some = await self._aliases.find_one({}, {"_id": 1}) is not None
            self._none_until = self._monotonic() + TRUSTED_S
        return self._some

    async def create_indexes(self) -> None:
        """Few documents have either."""
        await self._aliases.create_indexes(
            [
                IndexModel("recount", name="recount", sparse=True),
                IndexModel("retarget.at", name="retarget", sparse=True),
            ]
        )

    async def save(self, newest: Mapping[str, Alias], session: Session) -> frozenset[str]:
        """Store what is newer than what is known, and say of whom it was. Raises `Conflict` where somebody else wrote
        first."""
        known = await self.load(list(newest), session)
        fresh = {i: a for i, a in newest.items() if i not in known or known[i].version < a.version}
        if not fresh:
            return frozenset()
        old = [
            UpdateOne({"_id": i, "version": known[i].version}, _newer(known[i], a))
            for i, a in fresh.items()
            if i in known
        ]
        new = [InsertOne({"_id": i, **_row(a)}) for i, a in fresh.items() if i not in known]
        self._some = True
        result = await self._aliases.bulk_write([*old, *new], ordered=True, session=session)
        if result.matched_count != len(old):
            raise Conflict("an alias was written by somebody else")
        return frozenset(fresh)

    async def load(self, ids: Sequence[str], session: Session | None = None) -> dict[str, Alias]:
        rows = await self._aliases.find({"_id": {"$in": list(ids)}}, session=session).to_list(None)
        return {
            row["_id"]: Alias(tuple(row["same"]), tuple(row["apart"]), row["version"], row.get("key_until"))
            for row in rows
        }

    async def flagged(self, limit: int) -> list[str]:
        """Ids with a mark whose person has become another: to be added up anew."""
        found = self._aliases.find({"recount": True}, {"_id": 1}).limit(limit)
        return [row["_id"] for row in await found.to_list(limit)]

    async def mark(self, until: Mapping[str, datetime | None], session: Session) -> list[str]:
        """Keep beside each id until when its person is a key account; None: is none. Returns the ids that became one
        or stay one for longer: their open cases are to be looked through."""
        known = await self.load(list(until), session)
        changed = {i: end for i, end in until.items() if end != (known[i].key_until if i in known else None)}
        writes: list[UpdateOne | UpdateMany] = [
            UpdateMany({"_id": {"$in": list(until)}, "recount": True}, {"$unset": {"recount": ""}})
        ]
        writes += [UpdateOne({"_id": i}, _mark(i, end), upsert=end is not None) for i, end in changed.items()]
        await self._aliases.bulk_write(writes, ordered=True, session=session)
        marked = [i for i, end in changed.items() if end is not None]
        self._some = self._some or bool(marked)
        return marked

    async def to_retarget(self, now: datetime, limit: int) -> list[str]:
        """Ids whose open cases are to be looked through."""
        found = self._aliases.find({"retarget.at": {"$lte": now}}, {"_id": 1}).limit(limit)
        return [row["_id"] for row in await found.to_list(limit)]

    async def retargeted(self, ids: Sequence[str], again_at: datetime) -> None:
        """Their cases were looked through: the first time they are once more, the second time it is done."""
        wanted = {"_id": {"$in": list(ids)}}
        writes = [
            UpdateMany({**wanted, "retarget.left": 1}, {"$unset": {"retarget": ""}}),
            UpdateMany({**wanted, "retarget.left": 2}, {"$set": {"retarget": {"at": again_at, "left": 1}}}),
        ]
        await self._aliases.bulk_write(writes, ordered=True)


def _row(alias: Alias) -> dict[str, Any]:
    return {"same": list(alias.same), "apart": list(alias.apart), "version": alias.version}


def _newer(known: Alias, alias: Alias) -> dict[str, Any]:
    """The mark stays until it was looked whether the person still has it."""
    recount = {} if known.key_until is None else {"recount": True}
    return {"$set": {**_row(alias), **recount}}


def _mark(customer_id: str, until: datetime | None) -> dict[str, Any]:
    """On the document of an id that nobody said anything of, too: it means itself, and any event is newer."""
    if until is None:
        return {"$unset": {"key_until": "", "retarget": ""}}
    now = datetime.now(UTC)
    alone = _row(Alias((customer_id,), (), 0))
    return {"$set": {"key_until": until, "retarget": {"at": now, "left": 2}}, "$setOnInsert": alone}
