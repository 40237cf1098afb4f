"""Order events of shops (下单、付款、发货、退款、改址) as CloudEvents "order.changed" (IN-2)."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from services.intake.adapters.cloudevents import Batch, CloudEvent, Reader
from services.intake.adapters.contact import interaction_id_of, originals
from services.intake.adapters.edge import EdgeInstant, OrderNumber, TrackingNumber, Word
from services.intake.adapters.person import CustomerOfPerson
from services.intake.adapters.signed import verify_signature
from services.intake.delivery import Accepted, Adapter, Delivery, Verified
from shared.contracts.orders import ORDER_CHANGED as ORDER_CHANGED_EVENT
from shared.contracts.orders import OrderEvent
from shared.contracts.topics import ORDER_EVENTS
from shared.messaging.message import outgoing
from shared.security.identity import IdentityKey


class Order(OrderEvent):
    """The contract's order event in the strict types of the edge; amounts in fen."""

    model_config = ConfigDict(strict=True)

    order_number: OrderNumber
    shop: Word
    occurred_at: EdgeInstant
    customer: CustomerOfPerson = None
    tracking_numbers: Annotated[tuple[TrackingNumber, ...], Field(max_length=50)] = ()


class OrderChanged(CloudEvent[Literal["order.changed"], Order]):
    """An order event in CloudEvents' structured mode."""


READER = Reader(OrderChanged, Batch[Literal["order.changed"], Order], Order)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    context = {"identity": identity, "unknown": verified.cause}
    events = READER.read(delivery.headers, verified.payload, context)
    traceparent = delivery.traceparent
    push_id = interaction_id_of(verified.cause)
    orders = tuple(
        outgoing(
            ORDER_EVENTS,
            e.data,
            type=ORDER_CHANGED_EVENT,
            key=e.data.order_number,
            cause=f"gateway/{delivery.gateway.name}/{e.source}/{e.id}",
            place="order",
            time=delivery.received_at,
            source="intake",
            traceparent=traceparent,
        )
        for e in events
    )
    return Accepted(
        id=push_id,
        messages=(*originals(delivery, push_id, traceparent), *orders),
        answer={"id": push_id, "events": len(events)},
    )


ADAPTER = Adapter(verify_signature, normalise)
