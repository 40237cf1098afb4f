"""Keeping the originals: raw.v1 into the store, each once, however often Kafka delivers it (IN-3)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from services.intake.indicators import Indicators
from services.intake.store import RawStore
from shared.messaging.message import Incoming
from shared.messaging.processor import Ownership
from shared.mongo import is_passing

log = structlog.get_logger()

GROUP = "intake-archive"
MAX_BYTES = 8 * 1024 * 1024
"""Of one insert: MongoDB takes 48 MB, and memory is finite."""


class Archiver:
    """Insert-only with an id that follows from the delivery: no inbox, no transaction, no state of its own."""

    def __init__(self, store: RawStore, indicators: Indicators) -> None:
        self._store = store
        self._indicators = indicators

    async def process(self, batch: Sequence[Incoming[Any]], owns: Ownership) -> None:
        """Returns when all are stored; while the database is away it waits, and Kafka keeps the rest."""
        for portion in portions(batch):
            await self._until_stored(portion)

    async def _until_stored(self, portion: Sequence[Incoming[Any]]) -> None:
        delay = 0.1
        while True:
            try:
                self._indicators.archived.inc(await self._store.add([i.event for i in portion]))
            except PyMongoError as error:
                if not is_passing(error):
                    raise
                log.warning("archive_waits", error=type(error).__name__, pieces=len(portion))
                await asyncio.sleep(delay)
                delay = min(2.0, delay * 2)
            else:
                return

    async def assigned(self, partitions: Sequence[int]) -> None:
        """Nothing to load: the archive belongs to no partition."""

    async def revoked(self, partitions: Sequence[int]) -> None:
        """Nothing to give back."""


def portions(batch: Sequence[Incoming[Any]]) -> list[list[Incoming[Any]]]:
    """The batch in its order, cut where a portion would grow over `MAX_BYTES`."""
    cut: list[list[Incoming[Any]]] = []
    size = 0
    for incoming in batch:
        length = len(incoming.event.body)
        if not cut or size + length > MAX_BYTES:
            cut.append([])
            size = 0
        cut[-1].append(incoming)
        size += length
    return cut
