"""Stages of calls: load the calls, decide, save them with the contacts that are due (IN-1, IN-6)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.adapters.contact import interaction_message
from services.intake.calls.call import CallFile
from services.intake.calls.decide import stage_reached
from services.intake.calls.rules import CallRules
from services.intake.calls.store import CallStore
from shared.messaging.handler import Decision, Session, fold
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome


class CallHandler:
    """One call is one aggregate: its stages are decided one after the other, whoever sent them."""

    def __init__(self, store: CallStore, rules: CallRules, now: Callable[[], datetime]) -> None:
        self._store = store
        self._rules = rules
        self._now = now

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return str(incoming.event.call_id)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        calls = await self._store.load(list({self.aggregate_of(i) for i in batch}), session)
        changed, outcomes = fold(batch, calls, self.aggregate_of, self._key_of, self._decide)
        await self._store.save(changed.values(), session)
        return outcomes

    def _key_of(self, incoming: Incoming[Any], calls: Mapping[str, CallFile]) -> str:
        return self.aggregate_of(incoming)

    def _decide(self, file: CallFile | None, incoming: Incoming[Any]) -> Decision[CallFile]:
        now = self._now()
        decision = stage_reached(file, incoming.event, self._rules, now)
        if decision.file is file:
            return Decision()
        if decision.contact is None:
            return Decision(decision.file)
        return Decision(decision.file, (interaction_message(decision.contact, now, incoming.traceparent),))
