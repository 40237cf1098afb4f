"""Firing what fell due: clocks, escalations, automatic closing. One process of the service does it."""

from datetime import datetime

import structlog

from services.routing.case import decide
from services.routing.record import messages, own_cause
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet, TimerFired
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.messaging.handler import Conflict, Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.messaging.portion import Portion
from shared.mongo import Database, Overrun
from shared.turns import Turns

log = structlog.get_logger()

LIMIT = 200
"""Cases per transaction: it must end well within MongoDB's limit on a transaction's life, also under load."""


class Timers:
    def __init__(self, database: Database, store: CaseStore, outbox: Outbox, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._outbox = outbox
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
        changed = {}
        announced: list[Outgoing] = []
        turns = Turns()
        for state in due:
            found = self._decided(state, now)
            if found is not None:
                changed[state.case.case_id] = found.state
                announced += messages(found, own_cause("timer", found), now)
            await turns.next()
        await self._store.save(changed, {state.case.case_id: state for state in due}, session)
        await self._outbox.add(announced, session)
        return len(changed)

    def _decided(self, state: CaseState, now: datetime) -> ChangeSet | None:
        """One case that can't be decided must not hold up the clocks of all others."""
        try:
            return decide(state, TimerFired(), self._rules, now)
        except Exception:
            log.exception("timer_failed", case_id=state.case.case_id)
            return None
