"""The open cases of whoever became a key account: into the queue of key accounts, under their time limits (RO-5)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from pymongo.errors import PyMongoError

from services.routing.alias_store import AliasStore
from services.routing.case import decide
from services.routing.key_accounts.recount import Recount
from services.routing.record import messages, own_cause
from services.routing.rules import Rules
from services.routing.state import KeyAccountFound
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.messaging.handler import Conflict, Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.mongo import Database, is_conflict

log = structlog.get_logger()

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
        self._outbox = outbox
        self._rules = rules
        self._clock = clock

    async def look(self) -> None:
        """One round. What somebody else changed meanwhile comes with the next."""
        try:
            await self._recount.recount()
            while people := await self._aliases.to_retarget(datetime.now(UTC), PEOPLE):
                await self._cases_of(people)
                await self._aliases.retargeted(people, datetime.now(UTC) + AGAIN)
        except Conflict:
            log.info("key_account_conflict")
        except PyMongoError as error:
            if not is_conflict(error):
                raise
            log.info("key_account_conflict")

    async def _cases_of(self, people: Sequence[str]) -> None:
        ids = await self._cases.open_of(people)
        for start in range(0, len(ids), CASES):
            await self._database.transaction(partial(self._promote, ids[start : start + CASES]))

    async def _promote(self, ids: Sequence[str], session: Session) -> None:
        now = self._clock.now()
        loaded = {state.case.case_id: state for state in await self._cases.concerned(ids, session)}
        changed = {}
        announced: list[Outgoing] = []
        for case_id, state in loaded.items():
            found = decide(state, KeyAccountFound(), self._rules, now)
            if found is not None:
                changed[case_id] = found.state
                announced += messages(found, own_cause("key-account", found), now)
        await self._cases.save(changed, loaded, session)
        await self._outbox.add(announced, session)
