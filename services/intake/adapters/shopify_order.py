"""Shopify's order and refund as its webhooks hold them, and what they say in our words."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.intake.adapters.edge import Edge, EdgeInstant, OrderNumber, TrackingNumber
from services.intake.adapters.person import Person
from shared.contracts.orders import OrderEvent, OrderStage
from shared.contracts.people import Customer
from shared.security.identity import IdentityKey

OUR_CURRENCY = "CNY"
MAX_SHOP = 64
MOST_FEN = 10**12
_TRACKING_NUMBER: TypeAdapter[str] = TypeAdapter(TrackingNumber)
_ORDER_NUMBER: TypeAdapter[str] = TypeAdapter(OrderNumber)

Id = Annotated[int, Field(ge=1, lt=2**63)]
Amount = Annotated[str, StringConstraints(pattern=r"^-?\d{1,10}(\.\d{1,4})?$")]
Currency = Annotated[str, Field(max_length=8)]
Short = Annotated[str, Field(max_length=300)] | None


def _order_number(name: str, order_id: int) -> str:
    """#1001 as the customer knows it, without the mark; Shopify's own id where a shop's numbers can't be a key."""
    try:
        return _ORDER_NUMBER.validate_python(name.replace("#", ""))
    except ValidationError:
        return str(order_id)


def fen(amount: str, currency: str | None) -> int | None:
    """Other currencies are left out: the contract's amounts are fen, and no rate is ours to choose."""
    if currency != OUR_CURRENCY:
        return None
    value = int((Decimal(amount) * 100).to_integral_value())
    return value if 0 <= value <= MOST_FEN else None


class Address(Edge):
    """Where to; everything of it is personal."""

    name: Short = None
    phone: Short = None
    address1: Short = None
    address2: Short = None
    city: Short = None
    province: Short = None
    zip: Short = None
    country_code: Short = None

    def lines(self) -> str:
        fields = (self.name, self.phone, self.address1, self.address2, self.city, self.province, self.zip)
        return "\n".join(field or "" for field in (*fields, self.country_code))


class ShopifyCustomer(Edge):
    first_name: Short = None
    last_name: Short = None
    email: Short = None
    phone: Short = None


class Fulfillment(Edge):
    id: Id
    created_at: EdgeInstant | None = None
    tracking_number: Short = None
    tracking_numbers: Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=100)] = ()


class ShopifyOrder(Edge):
    """The body of orders/*. `name` is the number that the customer knows."""

    id: Id
    name: Annotated[str, Field(max_length=64)]
    created_at: EdgeInstant
    updated_at: EdgeInstant | None = None
    processed_at: EdgeInstant | None = None
    cancelled_at: EdgeInstant | None = None
    email: Short = None
    phone: Short = None
    customer_locale: Short = None
    currency: Currency | None = None
    total_price: Amount | None = None
    customer: ShopifyCustomer | None = None
    shipping_address: Address | None = None
    fulfillments: Annotated[tuple[Fulfillment, ...], Field(max_length=200)] = ()

    def seconds_since_creation(self) -> float:
        return ((self.updated_at or self.created_at) - self.created_at).total_seconds()

    def address_mark(self, identity: IdentityKey) -> str:
        """Tells addresses apart and, being a keyed hash, nothing of them."""
        lines = self.shipping_address.lines() if self.shipping_address else ""
        return identity.customer_id(openid=f"shopify-address/{lines}")

    def event(self, stage: OrderStage, shop: str, identity: IdentityKey, unknown: str) -> OrderEvent:
        return OrderEvent(
            order_number=_order_number(self.name, self.id),
            shop=shop[:MAX_SHOP],
            stage=stage,
            occurred_at=self._moment_of(stage),
            customer=self._customer(identity, unknown),
            amount_fen=fen(self.total_price, self.currency) if self.total_price else None,
            tracking_numbers=tuple(dict.fromkeys(self._tracking_numbers())),
        )

    def _moment_of(self, stage: OrderStage) -> datetime:
        changed = self.updated_at or self.created_at
        shipped = max((f.created_at for f in self.fulfillments if f.created_at), default=None)
        moments = {
            OrderStage.CREATED: self.created_at,
            OrderStage.PAID: self.processed_at,
            OrderStage.SHIPPED: shipped,
            OrderStage.CANCELLED: self.cancelled_at,
        }
        return moments.get(stage) or changed

    def _customer(self, identity: IdentityKey, unknown: str) -> Customer | None:
        person, address = self.customer or ShopifyCustomer(), self.shipping_address or Address()
        name = " ".join(filter(None, (person.first_name, person.last_name))) or address.name
        phone = self.phone or person.phone or address.phone
        email = self.email or person.email
        if not (name or phone or email):
            return None
        locale = (self.customer_locale or "").lower()
        language = "zh" if locale.startswith("zh") else "en" if locale else None
        return Person(
            name=(name or "")[:100] or None,
            phone=phone[:40] if phone else None,
            email=email[:254] if email else None,
            language=language,
        ).to_customer(identity, unknown)

    def _tracking_numbers(self) -> Iterator[str]:
        """What is written into the field but is no tracking number (自提) stays in the original."""
        for fulfillment in self.fulfillments:
            for number in (*fulfillment.tracking_numbers, fulfillment.tracking_number or ""):
                try:
                    yield _TRACKING_NUMBER.validate_python(number)
                except ValidationError:
                    continue


class Transaction(Edge):
    kind: Short = None
    status: Short = None
    amount: Amount
    currency: Currency | None = None


class ShopifyRefund(Edge):
    """The body of refunds/create. It knows the order by Shopify's own id only."""

    id: Id
    order_id: Id
    created_at: EdgeInstant
    processed_at: EdgeInstant | None = None
    transactions: Annotated[tuple[Transaction, ...], Field(max_length=200)] = ()

    def event(self, shop: str) -> OrderEvent:
        paid = [t for t in self.transactions if t.kind == "refund" and t.status == "success"]
        amounts = [fen(t.amount, t.currency) for t in paid]
        known = [amount for amount in amounts if amount is not None]
        total = sum(known) if known and len(known) == len(amounts) else None
        return OrderEvent(
            order_number=str(self.order_id),
            shop=shop[:MAX_SHOP],
            stage=OrderStage.REFUNDED,
            occurred_at=self.processed_at or self.created_at,
            amount_fen=total if total is not None and total <= MOST_FEN else None,
        )
