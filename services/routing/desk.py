"""Agents' acts on cases: once each, on the version that the agent saw, announced through the outbox."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.routing.acts import Act, Actor, Reclassify
from services.routing.case import decide
from services.routing.legal.acts import LegalAct
from services.routing.number import id_range
from services.routing.record import correction, messages
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.contracts.base import derived_id
from shared.contracts.cases import Case
from shared.messaging.attempts import attempt
from shared.messaging.handler import Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database

KEEP_ANSWERS_S = 48 * 3600


class DeskError(Exception):
    """An act that could not be tried."""


class Unknown(DeskError):
    """What is named is not there."""


class UnknownCase(Unknown):
    """There is no such case."""


class StaleVersion(DeskError):
    """The case has changed since the agent read it."""


class KeyReused(DeskError):
    """The same idempotency key came with another act."""


@dataclass(frozen=True, slots=True)
class ActRequest:
    """`key`: the caller's idempotency key; `fingerprint`: a hash of what was asked under it."""

    case_id: str
    act: Act | LegalAct
    version: int
    key: str
    fingerprint: str


Pair = tuple[ChangeSet, ChangeSet]


@dataclass(frozen=True, slots=True)
class PairRequest:
    """An act that concerns two cases: `decide` gets the named one, and the `other` where there is one yet, and gives
    both as they are to be, the named one first."""

    case_id: str
    actor: Actor
    decide: Callable[[CaseState, CaseState | None, str, datetime], Pair]
    version: int
    key: str
    fingerprint: str
    other: str | None = None


Request = ActRequest | PairRequest


class Desk:
    def __init__(self, database: Database, store: CaseStore, outbox: Outbox, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._answers = database.collection("acts")
        self._store = store
        self._outbox = outbox
        self._rules = rules
        self._clock = clock

    @property
    def rules(self) -> Rules:
        return self._rules

    @property
    def cases(self) -> CaseStore:
        return self._store

    async def create_indexes(self) -> None:
        await self._answers.create_index("at", expireAfterSeconds=KEEP_ANSWERS_S)

    def actor(self, subject: str, roles: frozenset[str], groups: frozenset[str]) -> Actor:
        """The groups of the token, else those of the roster."""
        known = self._rules.roster.agents.get(subject)
        return Actor(subject, roles, groups or (known.groups if known else frozenset()))

    async def do(self, request: ActRequest) -> Case:
        """The case after the act; the same key again gives the same answer and does nothing.

        Raises `DeskError`, `attempts.Unavailable` or `refusals.ActRefused`.
        """
        act_id = derived_id(f"act/{request.act.actor.agent}/{request.case_id}", request.key)
        # The stored answer makes it safe to try again where it is unknown whether the commit succeeded.
        return await attempt(self._database, lambda session: self._once(act_id, request, session), request.case_id)

    async def do_pair(self, request: PairRequest) -> Case:
        """As `do`, for an act on two cases: both change, or none. The answer is the named one."""
        act_id = derived_id(f"act/{request.actor.agent}/{request.case_id}", request.key)
        return await attempt(self._database, lambda session: self._once(act_id, request, session), request.case_id)

    async def _once(self, act_id: str, request: Request, session: Session) -> Case:
        answered = await self._answers.find_one({"_id": act_id}, session=session)
        if answered is not None:
            return _known(answered, request)
        state = await self._store.get(request.case_id, session)
        if state is None:
            raise UnknownCase
        if state.case.version != request.version:
            raise StaleVersion
        loaded, now = {request.case_id: state}, self._clock.now()
        if isinstance(request, PairRequest):
            other = await self._other(request.other, session) if request.other else None
            loaded |= {other.case.case_id: other} if other else {}
            both: tuple[ChangeSet, ...] = request.decide(state, other, derived_id(act_id, "case"), now)
        else:
            found = decide(state, request.act, self._rules, now)
            assert found is not None, "an act changes the case, or is refused"
            both = (found,)
        await self._store.save({one.state.case.case_id: one.state for one in both}, loaded, session)
        told = [message for one in both for message in messages(one, act_id, now)]
        if isinstance(request, ActRequest) and isinstance(request.act, Reclassify):
            told.append(correction(state, both[0].state.case, request.act.actor.agent, act_id, now))
        await self._outbox.add(told, session)
        await self._answers.insert_one(_answer(act_id, request, both[0].state.case), session=session)
        return both[0].state.case

    async def _other(self, named: str, session: Session) -> CaseState:
        """By its id, or by the number that people know. Raises `UnknownCase`."""
        span = id_range(named)
        found = await self._store.concerned((named,), session, spans=(span,) if span else ())
        if len(found) != 1:
            raise UnknownCase
        return found[0]


def _answer(act_id: str, request: Request, case: Case) -> dict[str, Any]:
    answer = case.model_dump_json(exclude_none=True)
    return {"_id": act_id, "fingerprint": request.fingerprint, "answer": answer, "at": datetime.now(UTC)}


def _known(answered: dict[str, Any], request: Request) -> Case:
    if answered["fingerprint"] != request.fingerprint:
        raise KeyReused
    return Case.model_validate_json(answered["answer"])
