"""What happens to incidents by itself: found, their cases linked and estimated, their clocks fired, their customers
let go (RO-12).

One process of the service does it. Each step is a transaction that the next look finds done; two processes that
lead for a moment meet in the database: an open cause is unique, cases and customers have versions.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import structlog
from pymongo.errors import PyMongoError

from services.routing.alias_store import AliasStore
from services.routing.aliases import Aliases, is_key_account
from services.routing.case import decide as decide_case
from services.routing.incidents import detect, messages
from services.routing.incidents.affected import Affected, affected_id, link, release
from services.routing.incidents.cause import key_of
from services.routing.incidents.coordinator import Coordinator
from services.routing.incidents.detect import Found
from services.routing.incidents.incident import Opening, TimePassed, decide, opened
from services.routing.incidents.linking import customer_of, linked
from services.routing.incidents.reestimate import Reestimate
from services.routing.incidents.store import cell_filter
from services.routing.record import messages as case_messages
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet, IncidentFound, IncidentOver, Joint
from services.routing.store import CaseStore
from shared.contracts.base import derived_id
from shared.contracts.incidents import Incident, IncidentParcel
from shared.messaging.handler import Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.messaging.rounds import unless_changed
from shared.mongo import Database

log = structlog.get_logger()

DETECTOR = "detector"
AT_ONCE = 100
"""Cases or customers in one transaction."""


class Watch:
    def __init__(
        self, database: Database, cases: CaseStore, aliases: AliasStore, outbox: Outbox, rules: Rules,
        coordinator: Coordinator,
    ) -> None:  # fmt: skip
        self._database = database
        self._cases = cases
        self._aliases = aliases
        self._outbox = outbox
        self._rules = rules
        self._coordinator = coordinator
        self._incidents = coordinator.incidents
        self._reestimate = Reestimate(database, cases, outbox, rules, coordinator)

    async def look(self) -> None:
        """One round. What somebody else changed meanwhile comes with the next one."""
        for step in (self._fire, self._detect, self._link, self._reestimate.look, self._let_go):
            await self._step(step)

    async def _step(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await unless_changed(step, step.__name__)
        except PyMongoError:
            raise
        except Exception:
            # Comes again with the next round; the steps after it do not wait for it.
            log.exception("incident_step_failed", step=step.__name__)

    async def _fire(self) -> None:
        for incident_id in await self._incidents.due(self._coordinator.now(), AT_ONCE):
            await self._database.transaction(partial(self._time_passed, incident_id))

    async def _time_passed(self, incident_id: str, session: Session) -> None:
        incident, now = await self._incidents.get(incident_id, session), self._coordinator.now()
        decided = decide(incident, TimePassed(), self._coordinator.rules, now) if incident else None
        if decided is not None:
            await self._incidents.save(incident, decided, now, session)
            cause = derived_id(incident_id, f"time/{decided.incident.version}")
            await self._outbox.add([messages.changed(decided, cause, now)], session)

    async def _detect(self) -> None:
        """What the counts of the windows say. Read without a transaction: what comes a moment later is seen then."""
        now, rules = self._coordinator.now(), self._coordinator.rules
        tallies = await self._incidents.tallies(now - rules.reach)
        if not tallies:
            return
        known = [*await self._incidents.open(), *await self._incidents.closed_since(now - rules.reach)]
        found = detect.suspects(detect.unexplained(tallies, known, rules), rules, now)
        histories = {
            key_of(one.cause): await self._incidents.history_of(one.cause, one.since, rules.regions) for one in found
        }
        for surprising in detect.verdicts(found, histories, rules, now):
            await self._database.transaction(partial(self._open, surprising, now))

    async def _open(self, found: Found, now: datetime, session: Session) -> None:
        incident_id = derived_id(f"{key_of(found.cause)}@{now.isoformat()}", "incident")
        opening = Opening(
            incident_id=incident_id,
            cause=found.cause,
            origin="detector",
            by=DETECTOR,
            since=found.since,
            delay_hours=found.rule.delay_hours,
            surprise=found.surprise,
        )
        decided = opened(opening, self._coordinator.rules, now)
        await self._incidents.save(None, decided, now, session)
        await self._outbox.add([messages.changed(decided, incident_id, now)], session)
        log.info("incident_opened", incident_id=incident_id, scope=found.cause.scope, kind=found.cause.kind)

    async def _link(self) -> None:
        """The open cases of each incident's cause: those that were opened before it, and those that raced with it."""
        for incident in await self._incidents.open():
            cell = cell_filter(incident.cause, self._coordinator.rules.regions)
            while ids := await self._cases.loose(cell, incident.since, AT_ONCE):
                put = await self._database.transaction(partial(self._put_under, incident, ids))
                if put < AT_ONCE:
                    break

    async def _put_under(self, incident: Incident, ids: list[str], session: Session) -> int:
        """Returns how many of them are under it now."""
        now, joint = self._coordinator.now(), Joint(incident.incident_id, incident.number, incident.delay_hours)
        loaded = {state.case.case_id: state for state in await self._cases.concerned(ids, session)}
        customers = [affected_id(incident.incident_id, customer_of(state.case)) for state in loaded.values()]
        known = await self._incidents.affected(customers, [], session)
        current, changed = dict(known), dict[str, CaseState]()
        announced: list[Outgoing] = []
        for case_id, state in loaded.items():
            found = decide_case(state, IncidentFound(joint), self._rules, now)
            if found is None:
                continue
            changed[case_id] = found.state
            customer_id, cause = customer_of(state.case), derived_id(case_id, f"incident/{incident.incident_id}")
            key = affected_id(incident.incident_id, customer_id)
            outcome = link(current.get(key), incident, customer_id, linked(found.state.case), None, now)
            announced += case_messages(found, cause, now)
            if outcome is not None:
                current[key] = outcome[0]
                announced += messages.parcels([outcome[1]], cause, now)
        await self._cases.save(changed, loaded, session)
        await self._incidents.keep({k: v for k, v in current.items() if known.get(k) is not v}, known, session)
        await self._outbox.add(announced, session)
        return len(changed)

    async def _let_go(self) -> None:
        """The customers of incidents that are over: told, and a case opened for each parcel that still stands."""
        while await self._incidents.ended(AT_ONCE):
            if await self._database.transaction(self._over) < AT_ONCE:
                return

    async def _over(self, session: Session) -> int:
        ended, now = await self._incidents.ended(AT_ONCE, session), self._coordinator.now()
        ids = [parcel.case_id for affected in ended for parcel in affected.open]
        states = {state.case.case_id: state for state in await self._cases.concerned(ids, session)}
        aliases = await self._aliases.of([s.case.customer.customer_id for s in states.values() if s.reserved])
        changed: dict[str, CaseState] = {}
        announced: list[Outgoing] = []
        for affected in ended:
            for parcel in affected.open:
                state = states.get(parcel.case_id)
                found = self._opened(state, aliases, now) if state is not None and state.reserved else None
                cause = derived_id(parcel.case_id, f"incident-over/{affected.incident_id}")
                if found is not None:
                    changed[parcel.case_id] = found.state
                    announced += case_messages(found, cause, now)
        after, news = _without_parcels(ended, states, now)
        announced += [message for one, cause in news for message in messages.parcels([one], cause, now)]
        await self._cases.save(changed, states, session)
        await self._incidents.keep(after, {one.affected_id: one for one in ended}, session)
        await self._outbox.add(announced, session)
        return len(ended)

    def _opened(self, state: CaseState, aliases: Aliases, now: datetime) -> ChangeSet | None:
        key_account = is_key_account(aliases.get(state.case.customer.customer_id), now)
        return decide_case(state, IncidentOver(), self._rules, now, key_account=key_account)


def _without_parcels(
    ended: list[Affected], states: dict[str, CaseState], now: datetime
) -> tuple[dict[str, Affected], list[tuple[IncidentParcel, str]]]:
    """The customers with nothing under the incident any more, and the news of each parcel with its cause."""
    after: dict[str, Affected] = {}
    news: list[tuple[IncidentParcel, str]] = []
    for affected in ended:
        current = affected
        for parcel in affected.open:
            state = states.get(parcel.case_id)
            waiting = state if state is not None and state.reserved else None
            current, told = release(current, parcel.tracking_number, "closed", waiting, now)
            news.append((told, derived_id(parcel.case_id, f"incident-over/{affected.incident_id}")))
        after[current.affected_id] = current
    return after, news
