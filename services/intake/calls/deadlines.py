"""Calls whose time is up: their contact is made of what has come, and written with its message in one transaction."""

from collections.abc import Sequence
from functools import partial

import structlog

from services.intake.adapters.contact import interaction_message
from services.intake.calls.call import CallFile
from services.intake.calls.decide import time_passed
from services.intake.calls.rules import CallRules
from services.intake.calls.store import CallStore
from shared.clock import Clock
from shared.messaging.handler import Conflict, Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database
from shared.tracing import traceparent_of_cause

log = structlog.get_logger()

BATCH = 50
"""Calls per transaction: a stage that comes meanwhile costs no more than these, and they come again."""


class CallDeadlines:
    def __init__(self, store: CallStore, rules: CallRules, clock: Clock, database: Database, outbox: Outbox) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._database = database
        self._outbox = outbox

    async def run(self) -> int:
        """Handle what is due now; returns how many calls were told."""
        told = 0
        while due := await self._store.due(self._clock.now(), BATCH):
            try:
                told += await self._database.transaction(partial(self._write, due))
            except Conflict:
                log.info("call_deadline_conflict", calls=len(due))
                return told
        return told

    async def _write(self, files: Sequence[CallFile], session: Session) -> int:
        now = self._clock.now()
        decisions = [time_passed(file, self._rules, now) for file in files]
        contacts = [d.contact for d in decisions if d.contact]
        await self._store.save([d.file for d in decisions], session)
        messages = [interaction_message(c, now, traceparent_of_cause(c.interaction_id)) for c in contacts]
        await self._outbox.add(messages, session)
        return len(contacts)
