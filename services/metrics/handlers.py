"""Counts the events of a batch: one fold, one write (ME-1)."""

from collections.abc import Sequence
from typing import Any

import structlog

from services.metrics.fold import fold
from services.metrics.store import Figures
from shared.messaging.handler import Session
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome

log = structlog.get_logger()


class CountEvents:
    """The inbox lets each event reach this once, so adding is enough."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        """Sums do not depend on the order: an event that waits to be tried again holds up none behind it."""
        return incoming.id

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> list[Outcome]:
        folded = fold(batch)
        for event_id, error in folded.failures:
            log.error("count_failed", event_id=event_id, exc_info=error)
        await self._figures.add(folded.amounts, session)
        return folded.outcomes
