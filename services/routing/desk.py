"""Agents' acts on cases: once each, on the version that the agent saw, announced through the outbox."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from services.routing.acting import Acting, Answer
from services.routing.acts import Actor
from services.routing.asked import DeskError, PairRequest, Request
from services.routing.number import id_range
from services.routing.refusals import ActRefused
from services.routing.rules import Rules
from services.routing.state import CaseState
from services.routing.store import CaseStore
from shared.clock import Clock
from shared.contracts.cases import Case
from shared.messaging.handler import Session
from shared.messaging.outbox import Outbox
from shared.messaging.together import Together
from shared.mongo import Database
from shared.turns import Turns

KEEP_ANSWERS_S = 48 * 3600


class Desk:
    def __init__(self, database: Database, store: CaseStore, outbox: Outbox, rules: Rules, clock: Clock) -> None:
        self._answers = database.collection("acts")
        self._store = store
        self._outbox = outbox
        self._rules = rules
        self._clock = clock
        self._together: Together[Request, CaseState] = Together(database, self._settle)

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

    async def do(self, request: Request) -> CaseState:
        """The named case after the act; of two cases both change, or none. The same key again gives the same answer and
        does nothing.

        Raises `DeskError`, `attempts.Unavailable` or `refusals.ActRefused`.
        """
        return await self._together.do(request)

    async def _settle(self, requests: Sequence[Request], session: Session) -> list[CaseState | Exception]:
        known = await self._known(requests, session)
        answered = await self._answered([request.act_id for request in requests], session)
        acting = Acting(known, answered, self._rules, self._clock.now())
        answers: list[CaseState | Exception] = []
        turns = Turns()
        for request in requests:
            try:
                answers.append(acting.act(request))
            except (DeskError, ActRefused) as refused:
                answers.append(refused)
            await turns.next()
        if acting.answers:
            await self._store.save(acting.changed, known, session)
            await self._outbox.add(acting.told, session)
            await self._answers.insert_many(_rows(acting.answers.items()), session=session)
        return answers

    async def _known(self, requests: Sequence[Request], session: Session) -> dict[str, CaseState]:
        others = [request.other for request in requests if isinstance(request, PairRequest) and request.other]
        ids = {request.case_id for request in requests} | set(others)
        spans = [span for other in others if (span := id_range(other)) is not None]
        found = await self._store.concerned(sorted(ids), session, spans=spans)
        return {state.case.case_id: state for state in found}

    async def _answered(self, act_ids: Sequence[str], session: Session) -> dict[str, Answer]:
        rows = await self._answers.find({"_id": {"$in": act_ids}}, session=session).to_list(None)
        return {row["_id"]: Answer(row["fingerprint"], _answer(row)) for row in rows}


def _answer(row: dict[str, Any]) -> CaseState:
    return CaseState(Case.model_validate_json(row["answer"]))


def _rows(answers: Iterable[tuple[str, Answer]]) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [
        {
            "_id": act_id,
            "fingerprint": answer.fingerprint,
            "answer": answer.state.json.decode(),
            "at": now,
        }
        for act_id, answer in answers
    ]
