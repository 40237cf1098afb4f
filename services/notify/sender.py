"""Sends a batch of notices: customers at the same time, one customer's notices in order (NO-2, NO-3)."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.indicators import Indicators
from services.notify.plan import SOURCE
from services.notify.sending import OrderedSending
from shared.contracts.notices import NOTICE_FAILED, NOTICE_SENT, NoticeFailed, NoticeRequested, NoticeSent
from shared.contracts.topics import NOTICES
from shared.messaging.handler import Session
from shared.messaging.message import Incoming, Outgoing, result_of
from shared.messaging.outcome import Done, Outcome, Retry

log = structlog.get_logger()


class Channel(Protocol):
    async def deliver(self, notice: NoticeRequested) -> Delivery: ...


class NoticeSender:
    """`perform` delivers before the transaction; the handler that it returns stores what came of it."""

    def __init__(self, channels: Mapping[str, Channel], indicators: Indicators, deadline_s: float) -> None:
        self._channels = channels
        self._indicators = indicators
        self._sending = OrderedSending[NoticeRequested](self._deliver, _notice_id, customer_of, deadline_s)

    async def perform(self, batch: Sequence[Incoming[Any]]) -> "Deliveries":
        return Deliveries(await self._sending.deliver(batch))

    async def _deliver(self, notice: NoticeRequested) -> Delivery:
        begin = time.perf_counter()
        delivery = await self._channels[notice.channel].deliver(notice)
        self._indicators.delivery_seconds.labels(notice.channel).observe(time.perf_counter() - begin)
        self._indicators.deliveries.labels(notice.channel, type(delivery).__name__.lower()).inc()
        if isinstance(delivery, Delayed):
            log.warning("notice_delayed", notice_id=notice.notice_id, case_id=notice.case_id, reason=delivery.reason)
        return delivery


class Deliveries:
    """The handler for one batch whose deliveries are known: results become NoticeSent and NoticeFailed."""

    def __init__(self, results: Mapping[str, Delivery]) -> None:
        self._results = results

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return customer_of(incoming)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        return [outcome_of(incoming, self._results.get(incoming.event.notice_id)) for incoming in batch]


def _notice_id(notice: NoticeRequested) -> str:
    return notice.notice_id


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
    key = incoming.event.customer_id
    return result_of(incoming, NOTICES, event, type=event_type, key=key, time=at, source=SOURCE)
