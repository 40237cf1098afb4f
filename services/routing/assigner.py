"""Gives queued cases to agents who have room for them. One process of the service does it."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from services.routing.assignment import Queued, Terms, Workload, capacity_on_shift, groups_with_room, plan
from services.routing.case import decide
from services.routing.deciding import Decisions
from services.routing.rules import Rules
from services.routing.state import AgentFound, CaseState, ChangeSet
from services.routing.store import PRIORITIES, CaseStore
from shared.clock import Clock
from shared.contracts.cases import Case
from shared.messaging.handler import Conflict, Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database

log = structlog.get_logger()

PER_GROUP = 100
PRESSURE_EVERY_S = 5.0
HOUR = timedelta(hours=1)
AT_ONCE = 50


class Assigner:
    def __init__(
        self,
        database: Database,
        store: CaseStore,
        outbox: Outbox,
        rules: Rules,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._store = store
        self._decisions = Decisions(store, outbox)
        self._rules = rules
        self._clock = clock
        self._monotonic = monotonic
        self._pressure, self._pressure_until = 0.0, 0.0

    async def assign(self) -> int:
        """One round over all groups with room. Returns how many cases were given to agents."""
        pairs = await self._planned()
        given = 0
        for start in range(0, len(pairs), AT_ONCE):
            given += await self._give(dict(pairs[start : start + AT_ONCE]))
        return given

    async def next_for(self, agent: str) -> Case | None:
        """Gives the agent, who asks with free hands, one case; None: nothing waits that they can take."""
        now, workloads = self._clock.now(), await self._store.workloads()
        mine = [w for w in workloads if w.agent.agent_id == agent]
        terms = await self._terms(workloads, now)
        for pair in plan(await self._queues(mine, terms), mine, terms):
            if await self._give(dict([pair])):
                given = await self._store.get(pair[0])
                return given.case if given else None
        return None

    async def places_for(self, cases: Sequence[Queued]) -> dict[str, str]:
        """By case who of those who are there could take it at once."""
        workloads = await self._store.workloads()
        return dict(plan(cases, workloads, await self._terms(workloads, self._clock.now())))

    async def _planned(self) -> list[tuple[str, str]]:
        """Read without a transaction: what changed since is seen when the case is given."""
        if not await self._store.any_queued():
            return []
        workloads = await self._store.workloads()
        terms = await self._terms(workloads, self._clock.now())
        return plan(await self._queues(workloads, terms), workloads, terms)

    async def _queues(self, workloads: Sequence[Workload], terms: Terms) -> list[Queued]:
        """What waits in the groups of those who have room."""
        may_wait = terms.precedence.put_off(PRIORITIES) if terms.peak else {}
        queue: list[Queued] = []
        for group in sorted(groups_with_room(workloads, terms.weights, terms.now)):
            queue += await self._store.queued(group, PER_GROUP, may_wait)
        return queue

    async def _terms(self, workloads: Sequence[Workload], now: datetime) -> Terms:
        """The pressure is looked up now and then: an hour's figure does not change in a second."""
        rules = self._rules.precedence
        if self._monotonic() >= self._pressure_until:
            arrived = await self._store.arrived(now - HOUR)
            capacity = capacity_on_shift(workloads, now)
            before, self._pressure = self._pressure, rules.pressure(arrived, self._rules.roster.weights, capacity)
            self._pressure_until = self._monotonic() + PRESSURE_EVERY_S
            if rules.is_peak(before) != rules.is_peak(self._pressure):
                log.info("peak_began" if rules.is_peak(self._pressure) else "peak_over", pressure=self._pressure)
        peak, too_late = rules.is_peak(self._pressure), self._rules.handover.too_late_for
        return Terms(rules, self._rules.roster.weights, now, peak, too_late)

    async def _give(self, pairs: Mapping[str, str]) -> int:
        try:
            given = await self._database.transaction(lambda session: self._given(pairs, session))
        except Conflict:
            log.info("assign_conflict")
            return 0
        if given:
            await self._store.was_given(set(pairs.values()), self._clock.now())
        return given

    async def _given(self, pairs: Mapping[str, str], session: Session) -> int:
        now = self._clock.now()

        def give(state: CaseState) -> ChangeSet | None:
            return decide(state, AgentFound(pairs[state.case.case_id]), self._rules, now)

        states = await self._store.concerned(list(pairs), session)
        return len(await self._decisions.of_each(states, give, "assign", now, session))
