"""Firing what fell due: clocks, escalations, automatic closing. One process of the service does it."""

from datetime import datetime
from functools import partial

import structlog

from services.routing.case import decide
from services.routing.deciding import Decisions
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet, TimerFired
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.messaging.handler import Conflict, Session
from shared.messaging.outbox import Outbox
from shared.messaging.portion import Portion
from shared.mongo import Database, Overrun

log = structlog.get_logger()

LIMIT = 200
"""Cases per transaction: it must end well within MongoDB's limit on a transaction's life, also under load."""


class Timers:
    def __init__(self, database: Database, store: CaseStore, outbox: Outbox, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._decisions = Decisions(store, outbox)
        self._rules = rules
        self._clock = clock
        self._portion = Portion(LIMIT)

    async def fire_all(self) -> None:
        """Fire until less than a full round is due; what somebody else changed meanwhile comes with the next round."""
        try:
            while await self._round_was_full():
                pass
        except Conflict:
            log.info("timer_conflict")
        except Overrun:
            self._portion.too_long(self._portion.size)
            log.warning("timers_too_long", cases=self._portion.size)

    async def _round_was_full(self) -> bool:
        if not await self._store.any_due(self._clock.now()):
            return False
        limit = self._portion.size
        fired = await self._database.transaction(self._fire)
        self._portion.went_well()
        return fired == limit

    async def _fire(self, session: Session) -> int:
        now = self._clock.now()
        due = await self._store.due(now, self._portion.size, session)
        return len(await self._decisions.of_each(due, partial(self._decided, now=now), "timer", now, session))

    def _decided(self, state: CaseState, now: datetime) -> ChangeSet | None:
        """One case that can't be decided must not hold up the clocks of all others."""
        try:
            return decide(state, TimerFired(), self._rules, now)
        except Exception:
            log.exception("timer_failed", case_id=state.case.case_id)
            return None
