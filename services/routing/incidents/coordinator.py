"""Acts on incidents: the incident, the case that it links, and what both announce in one transaction (RO-12)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from services.routing.asked import KeyReused, StaleVersion, Unknown, UnknownCase
from services.routing.case import decide as decide_case
from services.routing.desk import KEEP_ANSWERS_S
from services.routing.incidents import affected as customers
from services.routing.incidents import messages
from services.routing.incidents.affected import affected_id
from services.routing.incidents.incident import Act, LinkCase, Opening, UnlinkCase, decide, opened
from services.routing.incidents.linking import customer_of, linked
from services.routing.incidents.rules import IncidentRules
from services.routing.incidents.store import IncidentStore
from services.routing.record import messages as case_messages
from services.routing.refusals import IllegalMove
from services.routing.rules import Rules
from services.routing.state import CaseState, IncidentFound, IncidentNotIts, Joint
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.contracts.base import derived_id
from shared.contracts.incidents import Incident, IncidentParcel
from shared.messaging.attempts import attempt
from shared.messaging.handler import Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database


class UnknownIncident(Unknown):
    """There is no such incident."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An act on the version that the actor saw; `what` is all that was asked, so that a repeat is known."""

    incident_id: str
    version: int
    act: Act
    what: str

    @property
    def act_id(self) -> str:
        asked = sha256(f"{self.act.actor.agent}/{self.version}/{self.what}".encode()).hexdigest()
        return derived_id(self.incident_id, asked)


class Coordinator:
    def __init__(
        self,
        database: Database,
        cases: CaseStore,
        incidents: IncidentStore,
        outbox: Outbox,
        rules: Rules,
        incident_rules: IncidentRules,
        clock: Clock,
    ) -> None:
        self._database = database
        self._answers = database.collection("incident_acts")
        self._cases = cases
        self._outbox = outbox
        self._rules = rules
        self._clock = clock
        self.rules = incident_rules
        self.incidents = incidents

    async def create_indexes(self) -> None:
        await self.incidents.create_indexes()
        await self._answers.create_index("at", expireAfterSeconds=KEEP_ANSWERS_S)

    def now(self) -> datetime:
        return self._clock.now()

    async def open(self, opening: Opening, fingerprint: str) -> Incident:
        """The same opening again (its id follows from the caller's key) gives the same answer.

        Raises `IllegalMove` where an incident of the cause is open, `KeyReused`, or `attempts.Unavailable`.
        """
        return await attempt(self._database, lambda s: self._open(opening, fingerprint, s), opening.incident_id)

    async def do(self, wish: Wish) -> Incident:
        """The incident after the act; the same wish again gives the same answer and does nothing.

        Raises `DeskError`, `attempts.Unavailable` or `refusals.ActRefused`.
        """
        return await attempt(self._database, lambda session: self._once(wish, session), wish.incident_id)

    async def _open(self, opening: Opening, fingerprint: str, session: Session) -> Incident:
        answered = await self._answers.find_one({"_id": opening.incident_id}, session=session)
        if answered is not None:
            if answered["what"] != fingerprint:
                raise KeyReused
            return Incident.model_validate_json(answered["answer"])
        now = self.now()
        decided = opened(opening, self.rules, now)
        if any(one.cause == opening.cause for one in await self.incidents.open(session)):
            raise IllegalMove("already_open", "An incident of this cause is open.", "该原因的突发事件已在处置中。")
        await self.incidents.save(None, decided, now, session)
        await self._outbox.add([messages.changed(decided, opening.incident_id, now)], session)
        await self._answer(opening.incident_id, fingerprint, decided.incident, session)
        return decided.incident

    async def _once(self, wish: Wish, session: Session) -> Incident:
        answered = await self._answers.find_one({"_id": wish.act_id}, session=session)
        if answered is not None:
            return Incident.model_validate_json(answered["answer"])
        incident = await self.incidents.get(wish.incident_id, session)
        if incident is None:
            raise UnknownIncident
        if incident.version != wish.version:
            raise StaleVersion
        now = self.now()
        decided = decide(incident, wish.act, self.rules, now)
        assert decided is not None, "an act changes the incident, or is refused"
        if isinstance(wish.act, LinkCase | UnlinkCase):
            await self._case_of(incident, wish, now, session)
        await self.incidents.save(incident, decided, now, session)
        await self._outbox.add([messages.changed(decided, wish.act_id, now)], session)
        await self._answer(wish.act_id, wish.what, decided.incident, session)
        return decided.incident

    async def _case_of(self, incident: Incident, wish: Wish, now: datetime, session: Session) -> None:
        """The linked case hears of it as well; so does its customer, once."""
        assert isinstance(wish.act, LinkCase | UnlinkCase)
        state = await self._cases.get(wish.act.case_id, session)
        if state is None:
            raise UnknownCase
        joins = isinstance(wish.act, LinkCase)
        joint = Joint(incident.incident_id, incident.number, incident.delay_hours)
        found = decide_case(
            state, IncidentFound(joint) if joins else IncidentNotIts(joint.incident_id), self._rules, now
        )
        if found is None:
            raise IllegalMove(
                "not_linkable" if joins else "not_linked",
                "The case is over, or under an incident already." if joins else "The case is not under this incident.",
                "工单已结束或已归入突发事件。" if joins else "工单不属于该突发事件。",
            )
        await self._cases.save({state.case.case_id: found.state}, {state.case.case_id: state}, session)
        news = await self._customer(incident, found.state, joins, now, session)
        announced = [*case_messages(found, wish.act_id, now), *messages.parcels(news, wish.act_id, now)]
        await self._outbox.add(announced, session)

    async def _customer(
        self, incident: Incident, state: CaseState, joins: bool, now: datetime, session: Session
    ) -> list[IncidentParcel]:
        key = affected_id(incident.incident_id, customer_of(state.case))
        known = await self.incidents.affected([key], [], session)
        parcel, before = linked(state.case), known.get(key)
        if joins:
            outcome = customers.link(before, incident, customer_of(state.case), parcel, None, now)
        elif before is not None and parcel.tracking_number in {p.tracking_number for p in before.open}:
            outcome = customers.release(before, parcel.tracking_number, "unlinked", None, now)
        else:
            outcome = None
        if outcome is None:
            return []
        await self.incidents.keep({key: outcome[0]}, known, session)
        return [outcome[1]]

    async def _answer(self, act_id: str, what: str, incident: Incident, session: Session) -> None:
        answer = {"_id": act_id, "what": what, "answer": incident.model_dump_json(exclude_none=True)}
        await self._answers.insert_one({**answer, "at": datetime.now(UTC)}, session=session)
