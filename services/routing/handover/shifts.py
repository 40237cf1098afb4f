"""Handing over what agents hold when they go: by the calendar, at sign-off, or because they ask for it (RO-4).

What is still to be done stands in the database (the end of a shift, the sign-off, who holds what), so a kill in
between is made good by the next look, and two processes that look at once meet in the cases' versions.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import structlog

from services.routing.assigner import Assigner
from services.routing.case import decide
from services.routing.deciding import Decisions
from services.routing.handover.leaving import Leaving, is_back, is_pending, queued_of, wants_agent
from services.routing.handover.store import ShiftStore
from services.routing.rules import Rules
from services.routing.state import AgentLeft, CaseState, ChangeSet
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.contracts.handovers import ShiftHandedOver, ShiftReason
from shared.messaging.attempts import attempt
from shared.messaging.handler import Conflict, Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database

log = structlog.get_logger()

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Round:
    """What one transaction handed over, by where to; `more`: something is left."""

    went: Counter[str]
    takers: frozenset[str]
    more: bool


class Shifts:
    def __init__(
        self,
        database: Database,
        cases: CaseStore,
        shifts: ShiftStore,
        assigner: Assigner,
        outbox: Outbox,
        rules: Rules,
        clock: Clock,
    ) -> None:
        self._database = database
        self._cases = cases
        self._shifts = shifts
        self._assigner = assigner
        self._decisions = Decisions(cases, outbox)
        self._rules = rules
        self._clock = clock

    async def begin(self) -> None:
        await self._shifts.begin(self._clock.now())

    async def look(self) -> None:
        """Whose shift ended, and what reached an agent who had just signed off. A conflict comes with the next look."""
        for leaving in await self._shifts.leaving(self._clock.now()):
            try:
                await self._all_of(leaving)
            except Conflict:
                log.info("handover_conflict", agent=leaving.agent)
            except Exception:
                # The next look tries it again; the others' cases do not wait for it.
                log.exception("handover_failed", agent=leaving.agent)

    async def leave(self, agent: str, reason: ShiftReason) -> Counter[str]:
        """How many cases went to agents, to the queue, or stay. Raises `attempts.Unavailable`; whatever is not handed
        over then is by the next look."""
        leaving = Leaving(agent, self._clock.now(), reason)
        await attempt(self._database, partial(self._shifts.sign_off, leaving), agent)
        return await self._all_of(leaving, patient=True)

    async def _all_of(self, leaving: Leaving, patient: bool = False) -> Counter[str]:
        went: Counter[str] = Counter()
        while True:
            places = await self._places(leaving)
            work = partial(self._hand_over, leaving, places)
            if patient:
                done = await attempt(self._database, work, leaving.agent)
            else:
                done = await self._database.transaction(work)
            went += done.went
            if done.takers:
                await self._cases.was_given(done.takers, self._clock.now())
            if not done.more:
                if went:
                    log.info("handed_over", agent=leaving.agent, reason=leaving.reason, to=dict(went))
                return went

    async def _places(self, leaving: Leaving) -> Mapping[str, str]:
        """Who could take what is urgent. Read without a transaction: what changed since is seen when it is given."""
        now = self._clock.now()
        held = [case for case in await self._cases.held_by(leaving.agent) if is_pending(case, leaving, now)]
        urgent = [queued_of(case, leaving) for case in held if wants_agent(case, leaving, self._rules, now)]
        return await self._assigner.places_for(urgent) if urgent else {}

    async def _hand_over(self, leaving: Leaving, places: Mapping[str, str], session: Session) -> Round:
        now = self._clock.now()
        ids = await self._shifts.held_by(leaving.agent, session)
        states = await self._cases.concerned(ids, session)
        back = is_back(leaving, self._rules, now)
        pending = [] if back else [state for state in states if is_pending(state.case, leaving, now)]
        left = AgentLeft(leaving.agent, leaving.at, leaving.reason)

        def hand_over(state: CaseState) -> ChangeSet | None:
            return decide(state, replace(left, to=places.get(state.case.case_id)), self._rules, now)

        decided = await self._decisions.of_each(pending[:AT_ONCE], hand_over, "left", now, session)
        more = len(pending) > AT_ONCE
        if leaving.reason == "shift_end" and not more:
            await self._shifts.done(leaving, session)
        return _round(decided, more)


def _round(decided: list[ChangeSet], more: bool) -> Round:
    events = [change for found in decided for change in found.changes if isinstance(change, ShiftHandedOver)]
    takers = frozenset(event.to_agent for event in events if event.to == "agent" and event.to_agent is not None)
    return Round(Counter[str](event.to for event in events), takers, more)
