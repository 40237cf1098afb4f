"""Tells open progress pages when their case's view has grown, whichever process wrote it (NO-5)."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from services.notify.indicators import Indicators
from services.notify.view import View


class Views(Protocol):
    async def versions(self, case_ids: Sequence[str]) -> Mapping[str, int]: ...

    async def read(self, case_ids: Sequence[str]) -> Mapping[str, View]: ...


class TooManyWatchers(Exception):
    """This process watches as many pages as it may; the browser tries again later."""


class Subscription:
    """One open page: the latest view that it has not yet seen. A slow reader skips versions, never misses the last."""

    def __init__(self, seen: int) -> None:
        self.seen = seen
        self._latest: View | None = None
        self._news = asyncio.Event()
        self._ended = False

    def offer(self, view: View) -> None:
        if view.version > self.seen:
            self.seen = view.version
            self._latest = view
            self._news.set()

    def set(self) -> None:
        """The server is to end, and so are the views. Named as the event that a streaming response sets then."""
        self._ended = True
        self._news.set()

    async def views(self) -> AsyncIterator[View]:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._ended:
                return
            if self._latest is not None:
                yield self._latest


class Watcher:
    """`poll` asks once for all watched cases of this process; run it every few hundred milliseconds."""

    def __init__(self, views: Views, indicators: Indicators, limit: int) -> None:
        self._views = views
        self._indicators = indicators
        self._limit = limit
        self._count = 0
        self._watched: dict[str, set[Subscription]] = {}

    @contextmanager
    def watch(self, case_id: str, subscription: Subscription) -> Iterator[Subscription]:
        """Offers it the case's views as they grow. Raises `TooManyWatchers`."""
        if self.full:
            raise TooManyWatchers
        self._watched.setdefault(case_id, set()).add(subscription)
        self._changed(+1)
        try:
            yield subscription
        finally:
            self._watched[case_id].discard(subscription)
            if not self._watched[case_id]:
                del self._watched[case_id]
            self._changed(-1)

    @property
    def full(self) -> bool:
        return self._count >= self._limit

    async def poll(self) -> None:
        if not self._watched:
            return
        versions = await self._views.versions(list(self._watched))
        grown = [c for c, version in versions.items() if any(s.seen < version for s in self._watched.get(c, ()))]
        if not grown:
            return
        for case_id, view in (await self._views.read(grown)).items():
            for subscription in self._watched.get(case_id, ()):
                subscription.offer(view)

    def _changed(self, by: int) -> None:
        self._count += by
        self._indicators.page_watchers.set(self._count)
