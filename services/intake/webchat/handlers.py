"""Changes of cases that visitors opened: load the threads, follow, save (NO-5)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.intake.webchat.store import ThreadStore
from services.intake.webchat.thread import Thread, followed
from shared.messaging.handler import Decision, Session, fold
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome


class ThreadHandler:
    """`gateways`: the names of the widgets."""

    def __init__(self, store: ThreadStore, gateways: Collection[str]) -> None:
        self._store = store
        self._gateways = gateways

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return str(incoming.event.case.case_id)

    def concerns(self, incoming: Incoming[Any]) -> bool:
        """Whether a visitor opened it; the id of the contact tells which one, never what he says."""
        return incoming.event.case.gateway in self._gateways

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
