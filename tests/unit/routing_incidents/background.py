"""What happens to incidents by itself, on cases and customers in memory: each transaction is one step."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.routing.incidents.affected import Affected
from services.routing.incidents.coordinator import Coordinator
from services.routing.incidents.reestimate import Reestimate
from services.routing.incidents.watch import Watch
from services.routing.state import CaseState
from shared.clock import Clock
from shared.contracts.incidents import Incident
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.mongo import Database
from tests.unit.routing.builders import NOON, incident_rules, rules
from tests.unit.routing.memory import Incidents, Known, Transaction, World


class Steps(Database):
    def __init__(self) -> None: ...

    def collection(self, name: str) -> Any:
        """Of answers to people's acts, which nobody asks for here."""

    async def transaction(self, work: Callable[[Any], Awaitable[Any]], give_up_s: float = 1) -> Any:
        return await work(None)


class Cases(Transaction):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._of = world

    async def concerned(self, ids: Sequence[str], session: Any, *_: Any, **__: Any) -> list[CaseState]:
        return [self._of.cases[i] for i in ids if i in self._of.cases]

    async def save(self, changed: Mapping[str, CaseState], loaded: Mapping[str, CaseState], session: Any) -> None:
        await super().save(changed, loaded, session)
        self.commit()


class Customers(Incidents):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._of = world

    async def get(self, incident_id: str, session: Any = None) -> Incident | None:
        return next((one for one in self._of.incidents if one.incident_id == incident_id), None)

    async def behind(self, incident: Incident, limit: int, session: Any = None) -> list[Affected]:
        return [
            one for one in self._of.affected.values() if any(p.delay_hours != incident.delay_hours for p in one.open)
        ]

    async def ended(self, limit: int, session: Any = None) -> list[Affected]:
        known = {one.incident_id for one in await self.open()}
        return [one for one in self._of.affected.values() if one.open and one.incident_id not in known]

    async def keep(self, changed: Mapping[str, Affected], loaded: Mapping[str, Affected], session: Any) -> None:
        self._of.affected |= changed


class Told(Outbox):
    def __init__(self) -> None:
        self.messages: list[Outgoing] = []

    async def add(self, messages: Sequence[Outgoing], session: Any) -> None:
        self.messages += messages


@dataclass(frozen=True)
class Standing(Clock):
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


async def reestimated(world: World, now: datetime) -> Told:
    told = Told()
    await Reestimate(Steps(), Cases(world), told, rules(), _coordinator(world, told, now)).look()
    return told


async def let_go(world: World, now: datetime) -> Told:
    """The customers of the incidents that are over."""
    told = Told()
    await Watch(Steps(), Cases(world), Known(world), told, rules(), _coordinator(world, told, now))._let_go()
    return told


def _coordinator(world: World, told: Outbox, now: datetime) -> Coordinator:
    return Coordinator(Steps(), Cases(world), Customers(world), told, rules(), incident_rules(), Standing(at=now))
