"""The open cases of whoever became a key account: into the queue of key accounts, under their time limits (RO-5)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from services.routing.alias_store import AliasStore
from services.routing.case import decide
from services.routing.deciding import Decisions
from services.routing.key_accounts.recount import Recount
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet, KeyAccountFound
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.messaging.handler import Session
from shared.messaging.outbox import Outbox
from shared.messaging.rounds import unless_changed
from shared.mongo import Database

PEOPLE = 50
CASES = 100
"""People in one round, and cases in one transaction."""
AGAIN = timedelta(seconds=75)
"""Real time after which the cases are looked through once more: a contact that was read before the mark stood there
has been stored by then, or never will be (a transaction lives for a minute at most)."""


class Retarget:
    def __init__(
        self, database: Database, cases: CaseStore, aliases: AliasStore, recount: Recount, outbox: Outbox,
        rules: Rules, clock: Clock,
    ) -> None:  # fmt: skip
        self._database = database
        self._cases = cases
        self._aliases = aliases
        self._recount = recount
        self._decisions = Decisions(cases, outbox)
        self._rules = rules
        self._clock = clock

    async def look(self) -> None:
        """One round. What somebody else changed meanwhile comes with the next."""
        await unless_changed(self._round, "key-accounts")

    async def _round(self) -> None:
        await self._recount.recount()
        while people := await self._aliases.to_retarget(datetime.now(UTC), PEOPLE):
            await self._cases_of(people)
            await self._aliases.retargeted(people, datetime.now(UTC) + AGAIN)

    async def _cases_of(self, people: Sequence[str]) -> None:
        ids = await self._cases.open_of(people)
        for start in range(0, len(ids), CASES):
            await self._database.transaction(partial(self._promote, ids[start : start + CASES]))

    async def _promote(self, ids: Sequence[str], session: Session) -> None:
        now = self._clock.now()

        def promote(state: CaseState) -> ChangeSet | None:
            return decide(state, KeyAccountFound(), self._rules, now)

        states = await self._cases.concerned(ids, session)
        await self._decisions.of_each(states, promote, "key-account", now, session)
