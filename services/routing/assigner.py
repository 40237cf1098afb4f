"""Gives queued cases to agents who have room for them. One process of the service does it."""

from collections.abc import Mapping

import structlog

from services.routing.assignment import Queued, groups_with_room, plan
from services.routing.case import decide
from services.routing.record import messages, own_cause
from services.routing.rules import Rules
from services.routing.state import AgentFound
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.messaging.handler import Conflict, Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.mongo import Database

log = structlog.get_logger()

PER_GROUP = 100
AT_ONCE = 50


class Assigner:
    def __init__(self, database: Database, store: CaseStore, outbox: Outbox, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._outbox = outbox
        self._rules = rules
        self._clock = clock

    async def assign(self) -> int:
        """One round over all groups with room. Returns how many cases were given to agents."""
        pairs = await self._planned()
        given = 0
        for start in range(0, len(pairs), AT_ONCE):
            given += await self._give(dict(pairs[start : start + AT_ONCE]))
        return given

    async def _planned(self) -> list[tuple[str, str]]:
        """Read without a transaction: what changed since is seen when the case is given."""
        if not await self._store.any_queued():
            return []
        now, weights = self._clock.now(), self._rules.roster.weights
        workloads = await self._store.workloads()
        queue: list[Queued] = []
        for group in sorted(groups_with_room(workloads, weights, now)):
            queue += await self._store.queued(group, PER_GROUP)
        return plan(queue, workloads, weights, now)

    async def _give(self, pairs: Mapping[str, str]) -> int:
        try:
            return await self._database.transaction(lambda session: self._given(pairs, session))
        except Conflict:
            log.info("assign_conflict")
            return 0

    async def _given(self, pairs: Mapping[str, str], session: Session) -> int:
        now = self._clock.now()
        loaded = {state.case.case_id: state for state in await self._store.concerned(list(pairs), session)}
        changed = {}
        announced: list[Outgoing] = []
        for case_id, state in loaded.items():
            found = decide(state, AgentFound(pairs[case_id]), self._rules, now)
            if found is not None:
                changed[case_id] = found.state
                announced += messages(found, own_cause("assign", found), now)
        await self._store.save(changed, loaded, now, session)
        await self._outbox.add(announced, session)
        return len(changed)
