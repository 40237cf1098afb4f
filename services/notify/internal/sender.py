"""Sends pushes: each by its way, those of a matter to one person in order (NO-7)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from services.notify.delivery import Delayed, Delivery, Refused
from services.notify.indicators import Indicators
from services.notify.internal.outcome import outcome_of
from services.notify.internal.payload import to_phone, to_receiver
from services.notify.internal.staff import Directory
from services.notify.mime import build_push
from services.notify.sending import OrderedSending
from services.notify.smtp import Postman
from services.notify.webhook import WebhookSender
from shared.contracts.pushes import PushRequested
from shared.messaging.handler import Session
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome

log = structlog.get_logger()

PHONE_GATEWAY = "phone-gateway"
"""The receiver in webhooks.json that takes orders for calls and text messages."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Mail, signed webhook and phone gateway; addresses come from the directory when it is a push's turn."""

    directory: Directory
    postman: Postman
    webhooks: WebhookSender
    now: Callable[[], datetime]

    async def deliver(self, push: PushRequested) -> Delivery:
        person = self.directory.person(push.person)
        address = person.address(push.way) if person else None
        if address is None:
            return Refused(self.now(), f"{push.way}: not in the directory any more")
        if push.way == "mail":
            return await self.postman.send(address, partial(build_push, push))
        if push.way == "webhook":
            return await self.webhooks.post(address, push.push_id, to_receiver(push))
        return await self.webhooks.post(PHONE_GATEWAY, push.push_id, to_phone(push, address))


class PushSender:
    """`perform` delivers before the transaction; the handler that it returns stores what came of it."""

    def __init__(self, ways: Ways, indicators: Indicators, deadline_s: float, patience: timedelta) -> None:
        self._ways = ways
        self._indicators = indicators
        self._patience = patience
        self._sending = OrderedSending[PushRequested](self._deliver, _id_of, matter_of, deadline_s)

    async def perform(self, batch: Sequence[Incoming[Any]]) -> "PushDeliveries":
        return PushDeliveries(await self._sending.deliver(batch), self._ways.now(), self._patience)

    async def _deliver(self, push: PushRequested) -> Delivery:
        delivery = await self._ways.deliver(push)
        result = type(delivery).__name__.lower()
        self._indicators.pushes.labels(push.way, result).inc()
        if isinstance(delivery, Delayed | Refused):
            log.warning(f"push_{result}", push_id=push.push_id, kind=push.kind, way=push.way, reason=delivery.reason)
            if isinstance(delivery, Refused) and not push.then:
                self._indicators.unreached.inc()
        return delivery


@dataclass(frozen=True, slots=True)
class PushDeliveries:
    """The handler for one batch whose deliveries are known."""

    results: Mapping[str, Delivery]
    now: datetime
    patience: timedelta

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return matter_of(incoming)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        return [outcome_of(i, self.results.get(i.event.push_id), self.now, self.patience) for i in batch]


def matter_of(incoming: Incoming[Any]) -> str:
    """The aggregate of a push: what holds one back holds back the same matter to the same person alone."""
    return f"{incoming.event.subject_id}/{incoming.event.person}"


def _id_of(push: PushRequested) -> str:
    return push.push_id
