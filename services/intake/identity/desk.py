"""People's decisions on customers in one transaction: the circles, and the event that tells it (IN-5)."""

from collections.abc import Callable, Sequence

from services.intake.identity.circle import Circle
from services.intake.identity.messages import messages
from services.intake.identity.rules import IdentityRules
from services.intake.identity.settling import Settled
from services.intake.identity.store import IdentityStore
from services.intake.identity.verdicts import Decided, merge, unmerge
from shared.clock import Clock
from shared.contracts.personal import Personal
from shared.messaging.attempts import attempt
from shared.messaging.handler import Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database

ATTEMPTS = 8
PAUSE_S = 0.02

Decide = Callable[[Sequence[Circle], Decided], Settled]


class UnknownCustomer(Exception):
    """Nobody is known by this id."""


class StaleVersion(Exception):
    """The customer has changed since it was read."""


class IdentityDesk:
    def __init__(
        self, database: Database, store: IdentityStore, outbox: Outbox, rules: IdentityRules, clock: Clock
    ) -> None:
        self._database = database
        self._store = store
        self._outbox = outbox
        self._rules = rules
        self._clock = clock

    async def merge(self, customer_id: str, other_id: str, version: int, actor: str, reason: Personal) -> Circle:
        """Raises `UnknownCustomer`, `StaleVersion`, `attempts.Unavailable` or `verdicts.Refused`."""

        def decide(circles: Sequence[Circle], decided: Decided) -> Settled:
            return merge(circles, customer_id, other_id, decided, self._rules)

        return await self._do((customer_id, other_id), version, actor, reason, decide)

    async def unmerge(self, customer_id: str, restore: str, version: int, actor: str, reason: Personal) -> Circle:
        """As `merge`."""

        def decide(circles: Sequence[Circle], decided: Decided) -> Settled:
            return unmerge(circles[0], customer_id, restore, decided, self._rules)

        return await self._do((customer_id,), version, actor, reason, decide)

    async def _do(self, ids: Sequence[str], version: int, actor: str, reason: Personal, decide: Decide) -> Circle:
        async def once(session: Session) -> Circle:
            return await self._once(ids, version, Decided(actor, reason, self._clock.now()), decide, session)

        return await attempt(self._database, once, ids[0], ATTEMPTS, PAUSE_S)

    async def _once(
        self, ids: Sequence[str], version: int, decided: Decided, decide: Decide, session: Session
    ) -> Circle:
        loaded = await self._store.load(ids, session)
        circles = [stored.circle for stored in loaded]
        if any(all(i not in c.ids for c in circles) for i in ids):
            raise UnknownCustomer
        if next(c for c in circles if ids[0] in c.ids).revision != version:
            raise StaleVersion
        settled = decide(circles, decided)
        now = {settled.circle.circle_id: settled.circle}
        await self._store.save({stored.circle_id: stored for stored in loaded}, now, session)
        await self._outbox.add(messages(settled.events, decided.at), session)
        return settled.circle
