"""Delivers the records of a batch: aggregates at the same time, those of one aggregate in order (NO-2, NO-3)."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from services.notify.delivery import Delayed, Delivery
from shared.messaging.message import Incoming

E = TypeVar("E")
REMEMBERED = 5000


class OrderedSending(Generic[E]):
    """Where a transaction has to run again, what was delivered is remembered and not delivered twice.

    Across a crash the same id goes out again, by which the receiver knows the repeat.
    """

    def __init__(
        self,
        deliver: Callable[[E], Awaitable[Delivery]],
        id_of: Callable[[E], str],
        aggregate_of: Callable[[Incoming[Any]], str],
        deadline_s: float,
    ) -> None:
        self._deliver = deliver
        self._id_of = id_of
        self._aggregate_of = aggregate_of
        self._deadline_s = deadline_s
        self._final: OrderedDict[str, Delivery] = OrderedDict()

    async def deliver(self, batch: Sequence[Incoming[Any]]) -> dict[str, Delivery]:
        """By id; what is missing was behind a delayed one, or too late."""
        by_aggregate: dict[str, list[E]] = {}
        for incoming in batch:
            by_aggregate.setdefault(self._aggregate_of(incoming), []).append(incoming.event)
        results: dict[str, Delivery] = {}
        tasks = [asyncio.create_task(self._in_order(events, results)) for events in by_aggregate.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            _raise_first(tasks)
        return results

    async def _in_order(self, events: Sequence[E], results: dict[str, Delivery]) -> None:
        """Stops at the first one that has to wait; those behind it wait too."""
        for event in events:
            results[self._id_of(event)] = delivery = await self._once(event)
            if isinstance(delivery, Delayed):
                return

    async def _once(self, event: E) -> Delivery:
        key = self._id_of(event)
        if (known := self._final.get(key)) is not None:
            return known
        delivery = await self._deliver(event)
        if not isinstance(delivery, Delayed):
            self._remember(key, delivery)
        return delivery

    def _remember(self, key: str, delivery: Delivery) -> None:
        self._final[key] = delivery
        if len(self._final) > REMEMBERED:
            self._final.popitem(last=False)


def _raise_first(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """An error that no channel foresaw must not pass as a mere delay."""
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
