"""Changes of cases that visitors opened: load the threads, follow, save (NO-5)."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.intake.webchat.store import ThreadStore
from services.intake.webchat.thread import Thread, concerns, followed
from shared.messaging.handler import Decision, Session, fold
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome


class ThreadHandler:
    def __init__(self, store: ThreadStore) -> None:
        self._store = store

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return str(incoming.event.case.case_id)

    def concerns(self, incoming: Incoming[Any]) -> bool:
        return concerns(incoming.event)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        threads = await self._store.load(list({self.aggregate_of(i) for i in batch}), session)
        changed, outcomes = fold(batch, threads, self.aggregate_of, self._key_of, self._decide)
        await self._store.save(changed.values(), session)
        return outcomes

    def _key_of(self, incoming: Incoming[Any], threads: Mapping[str, Thread]) -> str:
        return self.aggregate_of(incoming)

    def _decide(self, thread: Thread | None, incoming: Incoming[Any]) -> Decision[Thread]:
        after = followed(thread, incoming.event)
        return Decision() if after is thread else Decision(after)
