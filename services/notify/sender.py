"""Sends a batch of notices: customers at the same time, one customer's notices in order (NO-2, NO-3)."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.indicators import Indicators
from services.notify.plan import SOURCE
from shared.contracts.notices import NOTICE_FAILED, NOTICE_SENT, NoticeFailed, NoticeRequested, NoticeSent
from shared.contracts.topics import NOTICES
from shared.messaging.handler import Session
from shared.messaging.message import Incoming, Outgoing, outgoing
from shared.messaging.outcome import Done, Outcome, Retry

log = structlog.get_logger()

REMEMBERED = 5000


class Channel(Protocol):
    async def deliver(self, notice: NoticeRequested) -> Delivery: ...


class NoticeSender:
    """`perform` delivers before the transaction; the handler that it returns stores what came of it.

    Where the transaction has to run again, what was delivered is remembered and not delivered twice. Across a
    crash the same Message-ID or webhook-id goes out again, by which the receiver knows the repeat.
    """

    def __init__(self, channels: Mapping[str, Channel], indicators: Indicators, deadline_s: float) -> None:
        self._channels = channels
        self._indicators = indicators
        self._deadline_s = deadline_s
        self._final: OrderedDict[str, Delivery] = OrderedDict()

    async def perform(self, batch: Sequence[Incoming[Any]]) -> "Deliveries":
        by_customer: dict[str, list[NoticeRequested]] = {}
        for incoming in batch:
            by_customer.setdefault(customer_of(incoming), []).append(incoming.event)
        results: dict[str, Delivery] = {}
        tasks = [asyncio.create_task(self._in_order(notices, results)) for notices in by_customer.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            _raise_first(tasks)
        return Deliveries(results)

    async def _in_order(self, notices: Sequence[NoticeRequested], results: dict[str, Delivery]) -> None:
        """Stops at the first one that has to wait; those behind it wait too."""
        for notice in notices:
            results[notice.notice_id] = delivery = await self._deliver(notice)
            if isinstance(delivery, Delayed):
                return

    async def _deliver(self, notice: NoticeRequested) -> Delivery:
        if (known := self._final.get(notice.notice_id)) is not None:
            return known
        begin = time.perf_counter()
        delivery = await self._channels[notice.channel].deliver(notice)
        self._indicators.delivery_seconds.labels(notice.channel).observe(time.perf_counter() - begin)
        self._indicators.deliveries.labels(notice.channel, type(delivery).__name__.lower()).inc()
        if isinstance(delivery, Delayed):
            log.warning("notice_delayed", notice_id=notice.notice_id, case_id=notice.case_id, reason=delivery.reason)
        else:
            self._remember(notice.notice_id, delivery)
        return delivery

    def _remember(self, notice_id: str, delivery: Delivery) -> None:
        self._final[notice_id] = delivery
        if len(self._final) > REMEMBERED:
            self._final.popitem(last=False)


class Deliveries:
    """The handler for one batch whose deliveries are known: results become NoticeSent and NoticeFailed."""

    def __init__(self, results: Mapping[str, Delivery]) -> None:
        self._results = results

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return customer_of(incoming)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        return [outcome_of(incoming, self._results.get(incoming.event.notice_id)) for incoming in batch]


def customer_of(incoming: Incoming[Any]) -> str:
    """The aggregate of a notice: order is kept within a customer."""
    return str(incoming.event.customer_id)


def outcome_of(incoming: Incoming[NoticeRequested], delivery: Delivery | None) -> Outcome:
    """Pure: what a delivery means for its record; none: it was behind a delayed one, or too late."""
    match delivery:
        case Sent(at):
            return Done((_message(incoming, NOTICE_SENT, at, NoticeSent(sent_at=at, **_same(incoming.event))),))
        case Refused(at, reason):
            failed = NoticeFailed(failed_at=at, reason=reason, **_same(incoming.event))
            return Done((_message(incoming, NOTICE_FAILED, at, failed),))
        case Delayed(reason):
            return Retry(reason)
        case _:
            return Retry("queued behind an earlier notice")


def _same(notice: NoticeRequested) -> dict[str, Any]:
    names = ("notice_id", "kind", "case_id", "customer_id", "channel", "caused_at")
    return {name: getattr(notice, name) for name in names}


def _message(
    incoming: Incoming[NoticeRequested], event_type: str, at: datetime, event: NoticeSent | NoticeFailed
) -> Outgoing:
    return outgoing(
        NOTICES,
        event,
        type=event_type,
        key=incoming.event.customer_id,
        cause=incoming.id,
        place="result",
        time=at,
        source=SOURCE,
        traceparent=incoming.traceparent,
    )


def _raise_first(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """An error that no channel foresaw must not pass as a mere delay."""
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
