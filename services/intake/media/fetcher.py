"""Fetches a batch of media: many at a time, each into the store, and none for longer than the batch may take (IN-4)."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.intake.gateways import Gateway
from services.intake.indicators import Indicators
from services.intake.media.failures import Later, Never, NotThere
from services.intake.media.outcome import Delayed, Failed, Fetched, Stored, outcome_of
from services.intake.media.rules import MediaRules
from services.intake.media.source import Source
from services.intake.media.storing import Store, stored
from shared.contracts.media import MediaFault, MediaRequested
from shared.messaging.handler import Session
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome

log = structlog.get_logger()

REMEMBERED = 5000
MOST_RUNNING = 128


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway whose media can be fetched."""

    gateway: Gateway
    source: Source


@dataclass(frozen=True, slots=True)
class Pace:
    """`batch_s`: so long a batch waits; what takes longer goes on, and its record is parked until it is done.
    `file_s`: so long one file may take."""

    batch_s: float
    file_s: float
    at_once: int


class MediaFetcher:
    """`perform` fetches before the transaction; the handler that it returns stores what came of it.

    The store names a file by its content, so a file that is fetched twice (a crash before the commit, two owners of a
    partition) is one object, and the news of it has one id.
    """

    def __init__(
        self,
        places: Mapping[str, Place],
        store: Store,
        rules: MediaRules,
        indicators: Indicators,
        now: Callable[[], datetime],
        real_now: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._places = places
        self._store = store
        self._rules = rules
        self._indicators = indicators
        self._now = now
        self._real_now = real_now
        self._pace = pace
        self._turns = asyncio.Semaphore(pace.at_once)
        self._resting: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[Fetched]] = {}
        self._final: OrderedDict[str, Fetched] = OrderedDict()

    async def perform(self, batch: Sequence[Incoming[Any]]) -> "Fetches":
        tasks = {incoming.id: task for incoming in batch if (task := self._task_of(incoming)) is not None}
        if tasks:
            await asyncio.wait(set(tasks.values()), timeout=self._pace.batch_s)
        # An error that nothing here foresaw comes out of result(), and is the loop's to handle.
        return Fetches({event_id: task.result() for event_id, task in tasks.items() if task.done()})

    async def close(self) -> None:
        """What is still on its way is fetched anew by whoever reads its record next."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _task_of(self, incoming: Incoming[MediaRequested]) -> "asyncio.Task[Fetched] | None":
        """The fetch of this file, begun now or before; None where too many are on their way."""
        known = self._running.get(incoming.id)
        if known is not None:
            return known
        if len(self._running) >= MOST_RUNNING:
            return None
        task = asyncio.create_task(self._fetch(incoming))
        self._running[incoming.id] = task
        task.add_done_callback(lambda _: self._running.pop(incoming.id, None))
        return task

    async def _fetch(self, incoming: Incoming[MediaRequested]) -> Fetched:
        if (known := self._final.get(incoming.id)) is not None:
            return known
        request = incoming.event
        place = self._places.get(request.gateway)
        if place is None:
            return self._settled(incoming, self._failed(MediaFault.NOT_CONFIGURED, "its gateway fetches no media"))
        begun = time.perf_counter()
        async with self._turns:
            fetched = await self._tried(incoming, place)
        self._indicators.media_seconds.labels(request.gateway).observe(time.perf_counter() - begun)
        return self._settled(incoming, fetched)

    def _settled(self, incoming: Incoming[MediaRequested], fetched: Fetched) -> Fetched:
        request = incoming.event
        self._indicators.media.labels(request.gateway, type(fetched).__name__.lower()).inc()
        said = {"ref": request.media.ref, "gateway": request.gateway, "interaction_id": request.interaction_id}
        if isinstance(fetched, Delayed):
            log.warning("media_delayed", reason=fetched.reason, **said)
            return fetched
        if isinstance(fetched, Failed):
            log.warning("media_failed", fault=fetched.fault.value, reason=fetched.reason, **said)
        self._final[incoming.id] = fetched
        if len(self._final) > REMEMBERED:
            self._final.popitem(last=False)
        return fetched

    async def _tried(self, incoming: Incoming[MediaRequested], place: Place) -> Fetched:
        age = self._real_now() - datetime.fromtimestamp(incoming.timestamp_ms / 1000, tz=self._real_now().tzinfo)
        try:
            self._let_rest(place)
            async with asyncio.timeout(self._pace.file_s):
                return await self._into_store(incoming.event, place)
        except NotThere as error:
            if age >= timedelta(seconds=self._rules.missing_patience_seconds):
                return self._failed(MediaFault.GONE, str(error))
            return Delayed(str(error))
        except Never as error:
            return self._failed(error.fault, str(error))
        except (Later, TimeoutError) as error:
            reason = str(error) or "took too long"
            if isinstance(error, Later) and error.rest_s:
                self._resting[place.gateway.name] = time.monotonic() + error.rest_s
            if age >= self._rules.kept(place.gateway.kind):
                return self._failed(MediaFault.EXPIRED, reason)
            return Delayed(reason)

    def _let_rest(self, place: Place) -> None:
        if time.monotonic() < self._resting.get(place.gateway.name, 0.0):
            raise Later("its gateway rests after a failure")

    async def _into_store(self, request: MediaRequested, place: Place) -> Stored:
        download = await place.source.open(request.media)
        try:
            return await stored(self._store, download, place.gateway.media_limit_bytes, self._now)
        finally:
            await download.close()

    def _failed(self, fault: MediaFault, reason: str) -> Failed:
        return Failed(self._now(), fault, reason)


class Fetches:
    """The handler for one batch whose files have come or not: it turns that into news of their contacts."""

    def __init__(self, fetched: Mapping[str, Fetched]) -> None:
        self._fetched = fetched

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return media_of(incoming)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        late = Delayed("still on its way")
        return [outcome_of(incoming, self._fetched.get(incoming.id, late)) for incoming in batch]


def media_of(incoming: Incoming[Any]) -> str:
    """The aggregate of a file is the file itself: no other waits behind it."""
    return str(incoming.event.media.ref)
