"""order-events.v1: what happened to an order in a shop (IN-2)."""

from shared.contracts.base import Contract, Fen, Instant, Word
from shared.contracts.people import Customer


class OrderStage(Word):
    CREATED = "created"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    ADDRESS_CHANGED = "address_changed"


class OrderEvent(Contract):
    """An order (订单) reached a stage; amount in fen."""

    order_number: str
    shop: str
    stage: OrderStage
    occurred_at: Instant
    customer: Customer | None = None
    amount_fen: Fen | None = None
    tracking_numbers: tuple[str, ...] = ()


ORDER_CHANGED = "parcelcare.order.changed"
TYPES: dict[str, type[Contract]] = {ORDER_CHANGED: OrderEvent}
