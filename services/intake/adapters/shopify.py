"""Shopify webhooks: orders created, paid, fulfilled, cancelled, changed in their address, and refunds (IN-2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.adapters.contact import interaction_id_of, originals
from services.intake.adapters.edge import read_json, require_media_type
from services.intake.adapters.hmac_body import require_hmac, secret_of
from services.intake.adapters.shopify_order import ShopifyOrder, ShopifyRefund
from services.intake.adapters.track import digest
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, FieldError, Reason, Rejected, Verified
from shared.contracts.orders import ORDER_CHANGED, OrderEvent, OrderStage
from shared.contracts.topics import ORDER_EVENTS
from shared.messaging.message import Outgoing, outgoing
from shared.security.identity import IdentityKey

SIGNATURE = "x-shopify-hmac-sha256"
TOPIC = "x-shopify-topic"
SHOP = "x-shopify-shop-domain"
WEBHOOK_ID = "x-shopify-webhook-id"
MAX_HEADER = 120

REFUND = "refunds/create"
UPDATE = "orders/updated"
STAGES = {
    "orders/create": OrderStage.CREATED,
    "orders/paid": OrderStage.PAID,
    "orders/fulfilled": OrderStage.SHIPPED,
    "orders/partially_fulfilled": OrderStage.SHIPPED,
    "orders/cancelled": OrderStage.CANCELLED,
    UPDATE: OrderStage.ADDRESS_CHANGED,
}
PART_OF_CREATION_S = 60
"""Shopify sends an update beside the creation, in any order; nobody moves house within a minute."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an order, and what of the order names it: the same change has the same id, however it comes."""

    event: OrderEvent
    named: str


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_media_type(delivery.headers, "application/json")
    require_hmac(delivery, secret_of(delivery, credentials), SIGNATURE, "base64")
    mark = _header(delivery, WEBHOOK_ID) or digest(delivery.body)
    return Verified(f"gateway/{delivery.gateway.name}/{mark}", delivery.body)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    topic, shop = _header(delivery, TOPIC), _header(delivery, SHOP)
    if not (topic and shop):
        missing = [
            FieldError(f"/headers/{name}", "is missing") for name in (TOPIC, SHOP) if not _header(delivery, name)
        ]
        raise Rejected(Reason.INVALID, "Shopify names the topic and the shop in headers", missing)
    changes = _changes(topic, shop, verified, identity)
    push_id = interaction_id_of(verified.cause)
    traceparent = delivery.traceparent
    messages = [_message(change, delivery, shop) for change in changes]
    return Accepted(
        id=push_id,
        messages=(*originals(delivery, push_id, traceparent), *messages),
        answer={"id": push_id, "events": len(changes)},
        suppressed=None if changes else f"no stage of an order ({topic})",
        status=200,
    )


def _changes(topic: str, shop: str, verified: Verified, identity: IdentityKey) -> Sequence[Change]:
    if topic == REFUND:
        refund = read_json(ShopifyRefund, verified.payload)
        return [Change(refund.event(shop), f"refund/{refund.id}")]
    stage = STAGES.get(topic)
    if stage is None:
        return []
    order = read_json(ShopifyOrder, verified.payload)
    if topic == UPDATE and order.seconds_since_creation() < PART_OF_CREATION_S:
        return []
    event = order.event(stage, shop, identity, verified.cause)
    return [Change(event, f"order/{order.id}/{_named(order, stage, identity)}")]


def _named(order: ShopifyOrder, stage: OrderStage, identity: IdentityKey) -> str:
    """An update does not say what changed. An address is announced once: by the creation, or by the first update that
    has it; every other update then has the id of one of these, and is dropped as its repeat."""
    if stage in (OrderStage.CREATED, OrderStage.ADDRESS_CHANGED):
        return f"address/{order.address_mark(identity)}"
    if stage is OrderStage.SHIPPED:
        return f"shipped/{'-'.join(str(f.id) for f in sorted(order.fulfillments, key=lambda f: f.id))}"
    return stage.value


def _message(change: Change, delivery: Delivery, shop: str) -> Outgoing:
    return outgoing(
        ORDER_EVENTS,
        change.event,
        type=ORDER_CHANGED,
        key=change.event.order_number,
        cause=f"gateway/{delivery.gateway.name}/{shop}/{change.named}",
        place="order",
        time=delivery.received_at,
        source="intake",
        traceparent=delivery.traceparent,
    )


def _header(delivery: Delivery, name: str) -> str:
    value = delivery.headers.get(name, "").strip().lower()
    return value if len(value) <= MAX_HEADER and value.isascii() and value.isprintable() else ""


ADAPTER = Adapter(verify, normalise)
