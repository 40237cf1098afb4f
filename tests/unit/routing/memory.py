"""Cases in memory with the database's own rules: snapshots, a version guard, unique open keys."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.routing.alias_store import AliasStore
from services.routing.aliases import Alias, Aliases, newest
from services.routing.handlers import CaseHandler
from services.routing.incidents.affected import Affected
from services.routing.incidents.cause import Cell, cell_of
from services.routing.incidents.store import IncidentStore
from services.routing.pairs.doubting import Doubt
from services.routing.pairs.doubts import Doubts
from services.routing.state import CaseState
from services.routing.store import CaseStore, Span
from shared.clock import Clock
from shared.contracts.base import Contract
from shared.contracts.customers import CustomerEvent
from shared.contracts.incidents import Incident, IncidentStatus
from shared.contracts.interactions import Interaction, MediaFailed, MediaStored
from shared.contracts.parcels import ParcelExceptionCleared, ParcelExceptionRaised
from shared.messaging.handler import Conflict
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Done, Ignored, Outcome
from tests.unit.routing.builders import NOON, incident_rules, rules


class World:
    """What is stored: the cases, the ids of handled events, and what was published for each."""

    def __init__(self) -> None:
        self.cases: dict[str, CaseState] = {}
        self.handled: dict[str, tuple[Outgoing, ...]] = {}
        self.told: list[CustomerEvent] = []
        self.key_until: dict[str, datetime] = {}
        self.incidents: list[Incident] = []
        self.affected: dict[str, Affected] = {}
        self.counts: Counter[Cell] = Counter()
        self.doubts: dict[str, Doubt] = {}

    @property
    def published(self) -> list[Outgoing]:
        return [message for messages in self.handled.values() for message in messages]


class Known(AliasStore):
    """Who is who, as far as the world was told."""

    def __init__(self, world: World) -> None:
        self._aliases_now = newest(world.told)
        for i, until in world.key_until.items():
            self._aliases_now[i] = replace(self._aliases_now.get(i, Alias((i,), (), 0)), key_until=until)

    async def of(self, ids: Sequence[str]) -> Aliases:
        return {i: self._aliases_now[i] for i in ids if i in self._aliases_now}


class Doubting(Doubts):
    """The doubts of the batches that were tried, whether they were stored or not."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def add(self, doubts: Iterable[Doubt], session: Any) -> None:
        self._world.doubts.update((doubt.cause, doubt) for doubt in doubts)


class Incidents(IncidentStore):
    """The incidents and their customers, as they were when the transaction began."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rules = incident_rules()
        self._snapshot = dict(world.affected)
        self._written: Mapping[str, Affected] = {}
        self._counted: Counter[Cell] = Counter()

    async def open(self, session: Any = None) -> list[Incident]:
        return [one for one in self._world.incidents if one.status is not IncidentStatus.CLOSED]

    async def affected(
        self, ids: Sequence[str], tracking_numbers: Sequence[str], session: Any = None
    ) -> dict[str, Affected]:
        numbers = set(tracking_numbers)
        return {
            key: one
            for key, one in self._snapshot.items()
            if key in ids or numbers & {parcel.tracking_number for parcel in one.open}
        }

    async def keep(self, changed: Mapping[str, Affected], loaded: Mapping[str, Affected], session: Any) -> None:
        self._written = changed

    async def count(self, batch: Sequence[Incoming[Any]], outcomes: Sequence[Outcome], session: Any) -> None:
        events = [incoming.event for incoming in batch]
        raised = [event for event in events if isinstance(event, ParcelExceptionRaised)]
        self._counted = Counter(cell_of(event.kind, event.parcel) for event in raised)

    def check(self) -> None:
        """Raises Conflict where a customer was written meanwhile."""
        if any(self._world.affected.get(key) != self._snapshot.get(key) for key in self._written):
            raise Conflict

    def commit(self) -> None:
        self._world.affected |= self._written
        self._world.counts += self._counted


class Transaction(CaseStore):
    """Reads what was stored when it began; writes all or nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._snapshot = dict(world.cases)
        self.written: Mapping[str, CaseState] = {}
        self._loaded: Mapping[str, CaseState] = {}

    async def concerned(
        self,
        ids: Sequence[str],
        session: Any,
        keys: Sequence[str] = (),
        spans: Sequence[Span] = (),
        media: Sequence[str] = (),
    ) -> list[CaseState]:
        wanted = set(keys)
        return [
            s
            for case_id, s in self._snapshot.items()
            if case_id in ids
            or wanted.intersection(s.open_keys)
            or any(first <= case_id < end for first, end in spans)
            or set(media).intersection(s.case.awaited_media)
        ]

    async def save(self, changed: Mapping[str, CaseState], loaded: Mapping[str, CaseState], session: Any) -> None:
        self.written, self._loaded = changed, loaded

    def commit(self) -> None:
        """Raises Conflict where a case was written meanwhile, or a key has another holder."""
        for case_id in self.written:
            stored = self._world.cases.get(case_id)
            known = self._loaded.get(case_id)
            if (stored.stored_version if stored else None) != (known.stored_version if known else None):
                raise Conflict
        after = {**self._world.cases, **self.written}
        keys = [key for state in after.values() for key in state.open_keys]
        if len(set(keys)) != len(keys):
            raise Conflict
        self._world.cases = after


class Process:
    """A process of routing: decides a batch on what it sees, and commits it, perhaps later."""

    def __init__(self, world: World, clock: Clock | None = None) -> None:
        self._world = world
        self._clock = clock or Fixed()

    async def decide(self, events: Sequence[Contract]) -> "Pending":
        """The batch as a transaction that has not committed yet."""
        incoming = [as_incoming(event) for event in events]
        unique = {i.id: i for i in incoming if i.id not in self._world.handled}
        fresh = list(unique.values())
        transaction = Transaction(self._world)
        incidents = Incidents(self._world)
        handler = CaseHandler(transaction, Known(self._world), incidents, rules(), self._clock, Doubting(self._world))
        outcomes = await handler(fresh, None)  # type: ignore[arg-type]
        done: dict[str, tuple[Outgoing, ...]] = {}
        for one, outcome in zip(fresh, outcomes, strict=True):
            assert isinstance(outcome, Done | Ignored), outcome
            done[one.id] = outcome.messages if isinstance(outcome, Done) else ()
        return Pending(self, self._world, transaction, incidents, events, done)

    async def handle(self, events: Sequence[Contract]) -> None:
        """Decide and commit; after a conflict, again."""
        await (await self.decide(events)).commit()


class Pending:
    def __init__(
        self,
        process: Process,
        world: World,
        transaction: Transaction,
        incidents: Incidents,
        events: Sequence[Contract],
        done: dict[str, tuple[Outgoing, ...]],
    ) -> None:
        self._process = process
        self._world = world
        self._transaction = transaction
        self._incidents = incidents
        self._events = events
        self._done = done

    async def commit(self) -> None:
        try:
            if set(self._done) & set(self._world.handled):
                raise Conflict
            self._incidents.check()
            self._transaction.commit()
            self._incidents.commit()
        except Conflict:
            await self._process.handle(self._events)
        else:
            self._world.handled |= self._done


class Fixed(Clock):
    """A clock that stands at noon."""

    def now(self) -> datetime:
        return NOON


def as_incoming(event: Contract) -> Incoming[Any]:
    if isinstance(event, Interaction):
        return Incoming(event.interaction_id, "t", event, event.customer.customer_id, NOON, "topic", 0, 0, 0)
    if isinstance(event, MediaStored | MediaFailed):
        return Incoming(f"{type(event).__name__}/{event.ref}", "t", event, "ann", NOON, "topic", 0, 0, 0)
    assert isinstance(event, ParcelExceptionRaised | ParcelExceptionCleared)
    event_id = f"{type(event).__name__}/{event.exception_id}"
    return Incoming(event_id, "t", event, event.parcel.tracking_number, NOON, "topic", 0, 0, 0)
