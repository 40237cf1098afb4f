"""The consumer of orders: whose parcels they are (RO-5)."""

from collections.abc import Sequence
from typing import Any

from services.routing.key_accounts.rules import KeyAccountRules
from services.routing.key_accounts.store import VolumeStore
from services.routing.key_accounts.volume import grown, shipped
from shared.clock import Clock
from shared.messaging.handler import Session
from shared.messaging.message import Incoming
from shared.messaging.outcome import Ignored, Outcome


class OrderHandler:
    """A parcel is known or it is not: a repeat changes nothing, and needs no inbox."""

    def __init__(self, store: VolumeStore, rules: KeyAccountRules, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return incoming.key

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session | None) -> Sequence[Outcome]:
        found = [one for i in batch for one in shipped(i.event, i.time, self._rules)]
        known = await self._store.load({one.customer_id for one in found}, session) if found else {}
        oldest = self._rules.oldest(self._clock.now())
        await self._store.save(grown(known, found, oldest, self._rules), session)
        return [Ignored() for _ in batch]
