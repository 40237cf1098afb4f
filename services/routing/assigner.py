"""Gives queued cases to agents who have room for them. One process of the service does it."""

from collections.abc import Sequence

import structlog

from services.routing.assignment import groups_with_room, plan, queued_of
from services.routing.case import decide
from services.routing.record import messages, own_cause
from services.routing.rules import Rules
from services.routing.state import AgentFound, CaseState
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.messaging.handler import Conflict, Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.mongo import Database

log = structlog.get_logger()

PER_GROUP = 100


class Assigner:
    def __init__(self, database: Database, store: CaseStore, outbox: Outbox, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._outbox = outbox
        self._rules = rules
        self._clock = clock

    async def assign(self) -> int:
        """One round over all groups with room. Returns how many cases were given to agents."""
        try:
            return await self._database.transaction(self._round)
        except Conflict:
            log.info("assign_conflict")
            return 0

    async def _round(self, session: Session) -> int:
        now = self._clock.now()
        weights = self._rules.roster.weights
        workloads = await self._store.workloads(session)
        queue: list[CaseState] = []
        for group in sorted(groups_with_room(workloads, weights, now)):
            queue += await self._store.queued(group, PER_GROUP, session)
        pairs = plan([queued_of(state.case) for state in queue], workloads, weights, now)
        await self._give(pairs, {state.case.case_id: state for state in queue}, session)
        return len(pairs)

    async def _give(
        self, pairs: Sequence[tuple[str, str]], loaded: dict[str, CaseState], session: Session
    ) -> None:
        now = self._clock.now()
        changed = {}
        announced: list[Outgoing] = []
        for case_id, agent in pairs:
            found = decide(loaded[case_id], AgentFound(agent), self._rules, now)
            if found is not None:
                changed[case_id] = found.state
                announced += messages(found, own_cause("assign", found), now)
        await self._store.save(changed, loaded, now, session)
        await self._outbox.add(announced, session)
