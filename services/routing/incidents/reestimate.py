"""Another estimate of an incident reaches the cases under it, so many in each transaction (RO-11, RO-12).

What is left to do stands in the database: each parcel keeps the estimate that its own follows from. So a kill in
between loses nothing, a second process finds done what the first one did, and an estimate that is changed once more
on the way simply counts for all. Between two portions, and within one, others have their turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from services.routing.case import decide
from services.routing.incidents import messages
from services.routing.incidents.affected import Affected, Linked, expect
from services.routing.incidents.coordinator import Coordinator
from services.routing.record import messages as case_messages
from services.routing.record import own_cause
from services.routing.rules import Rules
from services.routing.state import CaseState, IncidentEstimate, Joint
from services.routing.store import CaseStore
from shared.contracts.base import derived_id
from shared.contracts.incidents import Incident, IncidentStatus
from shared.messaging.handler import Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.messaging.portion import Portion
from shared.mongo import Database, Overrun
from shared.turns import Turns

log = structlog.get_logger()

AT_ONCE = 200
"""Parcels in one transaction."""
PORTIONS = 10
"""Transactions in one look: the clocks of incidents fire between two looks."""
MERGES = 20
"""Of a case into another, of that into a third, and so on: no person has so many."""


class Reestimate:
    def __init__(
        self, database: Database, cases: CaseStore, outbox: Outbox, rules: Rules, coordinator: Coordinator
    ) -> None:
        self._database = database
        self._cases = cases
        self._outbox = outbox
        self._rules = rules
        self._coordinator = coordinator
        self._incidents = coordinator.incidents
        self._portion = Portion(AT_ONCE)

    async def look(self) -> None:
        """A few portions of what the incidents' latest estimates have not reached yet. Raises `Conflict`."""
        left = PORTIONS
        for incident in await self._incidents.open():
            while left and await self._next(incident.incident_id):
                left -= 1

    async def _next(self, incident_id: str) -> bool:
        """Whether there was anything to do."""
        try:
            reached = await self._database.transaction(partial(self._reach, incident_id))
        except Overrun:
            self._portion.too_long(self._portion.size)
            log.warning("estimates_too_long", parcels=self._portion.size)
            return False
        self._portion.went_well()
        return reached > 0

    async def _reach(self, incident_id: str, session: Session) -> int:
        incident = await self._incidents.get(incident_id, session)
        if incident is None or incident.status is IncidentStatus.CLOSED:
            return 0
        behind = await self._incidents.behind(incident, self._portion.size, session)
        found = _Found(incident, {one.affected_id: one for one in behind})
        parcels = found.next(self._portion.size)
        found.states = await self._with_those_that_go_on([p.case_id for _, p in parcels], session)
        turns, now = Turns(), self._coordinator.now()
        for key, parcel in parcels:
            self._expect(found, key, parcel, now)
            await turns.next()
        await self._cases.save(found.cases, found.states, session)
        await self._incidents.keep(found.changed, {one.affected_id: one for one in behind}, session)
        await self._outbox.add(found.announced, session)
        return len(parcels)

    async def _with_those_that_go_on(self, ids: Sequence[str], session: Session) -> dict[str, CaseState]:
        """The cases, and those that go on with the matter of one that was merged."""
        states: dict[str, CaseState] = {}
        for _ in range(MERGES):
            if not ids:
                break
            loaded = await self._cases.concerned(ids, session)
            states |= {state.case.case_id: state for state in loaded}
            into = (state.case.merged_into for state in loaded)
            ids = [case_id for case_id in dict.fromkeys(into) if case_id is not None and case_id not in states]
        return states

    def _expect(self, found: "_Found", key: str, parcel: Linked, now: datetime) -> None:
        """Whatever becomes of the parcel's case, the parcel was reached."""
        incident, case_id = found.incident, in_hand(parcel.case_id, found.states)
        state = found.states.get(case_id)
        after = found.cases.get(case_id, state)
        joint = Joint(incident.incident_id, incident.number, incident.delay_hours)
        decided = decide(after, IncidentEstimate(joint), self._rules, now) if after else None
        if decided is not None:
            after = found.cases[case_id] = decided.state
            found.announced += case_messages(decided, own_cause("incident-estimate", decided), now)
        before_at, after_at = _expected(state), _expected(after)
        waiting = after if after is not None and after.reserved else None
        customer, news = expect(
            found.customers[key], parcel, incident.delay_hours, after_at, before_at != after_at, waiting, now
        )
        found.customers[key] = found.changed[key] = customer
        if news is not None:
            cause = derived_id(key, f"incident-estimate/{news.owner_version}")
            found.announced += messages.parcels([news], cause, now)


@dataclass
class _Found:
    """What one portion concerns, and what came of it so far."""

    incident: Incident
    customers: dict[str, Affected]
    states: dict[str, CaseState] = field(default_factory=dict)
    changed: dict[str, Affected] = field(default_factory=dict)
    cases: dict[str, CaseState] = field(default_factory=dict)
    announced: list[Outgoing] = field(default_factory=list)

    def next(self, limit: int) -> list[tuple[str, Linked]]:
        """The parcels that are to be reached, each with its customer's id."""
        hours = self.incident.delay_hours
        parcels = ((key, p) for key, one in self.customers.items() for p in one.open if p.delay_hours != hours)
        return [pair for _, pair in zip(range(limit), parcels, strict=False)]


def in_hand(case_id: str, states: Mapping[str, CaseState]) -> str:
    """The case that goes on with this one's matter: itself, unless it was merged into another."""
    for _ in range(MERGES):
        into = states[case_id].case.merged_into if case_id in states else None
        if into is None:
            break
        case_id = into
    return case_id


def _expected(state: CaseState | None) -> datetime | None:
    return state.case.estimate.at if state is not None and state.case.estimate is not None else None
