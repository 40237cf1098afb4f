"""Counts the events of a batch: one fold, one write (ME-1)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog

from services.metrics.fold import Cell, fold
from shared.messaging.handler import Session
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome

log = structlog.get_logger()


class Adds(Protocol):
    """Where increments go, inside the loop's transaction."""

    async def add(self, amounts: Mapping[Cell, int], session: Session) -> None: ...


class CountEvents:
    """The inbox lets each event reach this once, so adding is enough."""

    def __init__(self, figures: Adds) -> None:
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
