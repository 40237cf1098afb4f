"""The events of customers as messages, keyed by customer, with ids that follow from their cause."""

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.customers import TYPES, CustomerEvent
from shared.contracts.topics import CUSTOMERS
from shared.messaging.message import Outgoing, outgoing

_NAMES = {model: name for name, model in TYPES.items()}


def messages(events: Iterable[CustomerEvent], now: datetime, traceparent: str | None = None) -> tuple[Outgoing, ...]:
    return tuple(
        outgoing(
            CUSTOMERS,
            event,
            type=_NAMES[type(event)],
            key=event.customer_id,
            cause=event.cause,
            place=f"{CUSTOMERS.name}/{event.customer_id}/{_NAMES[type(event)]}/{event.version}",
            time=now,
            source="intake",
            traceparent=traceparent,
        )
        for event in events
    )
