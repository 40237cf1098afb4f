"""Changes of cases and claims: load the views, decide, save them with the notices that follow (NO-1, NO-5)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notify.changes import case_id_of
from services.notify.indicators import Indicators
from services.notify.plan import Planner, concerns, decide
from services.notify.store import ViewStore
from services.notify.view import View
from shared.messaging.handler import Decision, Session, fold_in_turns
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome


class ChangeHandler:
    """Claims and their case share the case's view, so the case id is what orders and parks both."""

    def __init__(self, store: ViewStore, planner: Planner, now: Callable[[], datetime], indicators: Indicators) -> None:
        self._store = store
        self._planner = planner
        self._now = now
        self._indicators = indicators

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return case_id_of(incoming.event)

    def concerns(self, incoming: Incoming[Any]) -> bool:
        """False for events that leave no trace here whatever the view is: they need no look-up."""
        return concerns(incoming.event, self._planner.rules)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        views = await self._store.load(list({self.aggregate_of(i) for i in batch}), session)
        changed, outcomes = await fold_in_turns(batch, views, self.aggregate_of, self._key_of, self._decide)
        await self._store.save(views, changed, session)
        return outcomes

    def _key_of(self, incoming: Incoming[Any], views: Mapping[str, View]) -> str:
        return self.aggregate_of(incoming)

    def _decide(self, view: View | None, incoming: Incoming[Any]) -> Decision[View]:
        decision = decide(view, incoming, self._planner, self._now())
        if decision.state is not None and not decision.messages and _untold(decision.state, view):
            self._indicators.unreachable.inc()
        return decision


def _untold(after: View, before: View | None) -> bool:
    """Whether the event had something to tell and nobody to tell it to."""
    known = {entry.of for entry in before.timeline} if before else set()
    return any(entry.told == "nobody" and entry.of not in known for entry in after.timeline)
