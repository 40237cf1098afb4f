"""Adds up the parcels of each person by all their ids, and keeps beside the ids until when they are a key account.

One process of the service does it, after what it reads was committed: neither orders of two partitions nor a merge
between them can be missed, and a contact finds the mark in the aliases that it reads anyway.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog

from services.routing.alias_store import AliasStore
from services.routing.key_accounts.rules import KeyAccountRules
from services.routing.key_accounts.store import VolumeStore
from services.routing.key_accounts.volume import key_until
from shared.clock import Clock
from shared.mongo import Database, Session

log = structlog.get_logger()

AT_ONCE = 200


class Recount:
    def __init__(
        self, database: Database, aliases: AliasStore, volumes: VolumeStore, rules: KeyAccountRules, clock: Clock
    ) -> None:
        self._database = database
        self._aliases = aliases
        self._volumes = volumes
        self._rules = rules
        self._clock = clock

    async def recount(self) -> None:
        """Until nobody is left to be added up. Raises what the database raises: then it comes with the next round."""
        while flagged := [*await self._volumes.flagged(AT_ONCE), *await self._aliases.flagged(AT_ONCE)]:
            await self._database.transaction(partial(self._add_up, flagged))

    async def _add_up(self, flagged: Sequence[str], session: Session) -> None:
        people = await self._aliases.load(flagged, session)
        same = {i: people[i].same if i in people else (i,) for i in flagged}
        ids = sorted({other for others in same.values() for other in others})
        volumes = await self._volumes.load(ids, session)
        until: dict[str, datetime | None] = {}
        oldest = self._rules.oldest(self._clock.now())
        for others in set(same.values()):
            end = key_until((volumes[i] for i in others if i in volumes), oldest, self._rules)
            until |= dict.fromkeys(others, end)
        marked = await self._aliases.mark(until, session)
        await self._volumes.counted(flagged, session)
        for customer_id in marked:
            log.info("key_account", customer_id=customer_id, until=until[customer_id])
