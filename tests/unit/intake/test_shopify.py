"""Shopify's webhooks as order events: stages, amounts, who, and each change once (IN-2, IN-6, IN-8)."""

from dataclasses import replace
from typing import Any

import pytest

from services.intake.delivery import Accepted, Delivery, Reason, Rejected
from shared.contracts.orders import OrderEvent, OrderStage
from shared.contracts.people import ContactKind
from tests.unit.intake.given import accept, of_topic, read
from tests.unit.intake.pushes import shopify

ADDRESS = {"name": "李雷", "phone": "13800138000", "address1": "西湖路 1 号", "city": "杭州", "country_code": "CN"}


def order(**change: Any) -> dict[str, Any]:
    return {
        "id": 820982911946154508,
        "name": "#1001",
        "created_at": "2026-11-20T15:00:00+08:00",
        "updated_at": "2026-11-20T15:00:02+08:00",
        "currency": "CNY",
        "total_price": "199.00",
        "email": "li@mail.example",
        "customer_locale": "zh-CN",
        "customer": {"first_name": "李", "last_name": "雷"},
        "shipping_address": ADDRESS,
        "fulfillments": [],
    } | change


def refund(**change: Any) -> dict[str, Any]:
    paid = {"kind": "refund", "status": "success", "amount": "41.94", "currency": "CNY"}
    return {
        "id": 890088186047892319,
        "order_id": 820982911946154508,
        "created_at": "2026-11-21T15:00:00+08:00",
        "transactions": [paid, paid | {"amount": "8.06"}, paid | {"status": "failure"}, paid | {"kind": "void"}],
    } | change


def events(accepted: Accepted) -> list[OrderEvent]:
    return [read(m, OrderEvent) for m in of_topic(accepted, "order-events.v1")]


def ids(accepted: Accepted) -> list[str]:
    return [m.id for m in of_topic(accepted, "order-events.v1")]


LATER = {"updated_at": "2026-11-20T16:00:00+08:00"}


@pytest.mark.req("IN-2")
def test_an_order_is_keyed_by_the_number_that_the_customer_knows() -> None:
    accepted = accept(shopify("orders/create", order()))
    (event,) = events(accepted)
    (message,) = of_topic(accepted, "order-events.v1")
    assert message.key == event.order_number == "1001"
    assert (event.shop, event.stage, event.amount_fen) == ("our-shop.myshopify.com", OrderStage.CREATED, 19900)
    assert event.occurred_at.isoformat() == "2026-11-20T07:00:00+00:00"
    assert event.customer is not None
    assert event.customer.reach(ContactKind.PHONE) == "+8613800138000"
    assert (event.customer.language, accepted.status) == ("zh", 200)


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("topic", "stage"),
    [
        ("orders/paid", OrderStage.PAID),
        ("orders/fulfilled", OrderStage.SHIPPED),
        ("orders/partially_fulfilled", OrderStage.SHIPPED),
        ("orders/cancelled", OrderStage.CANCELLED),
        ("orders/updated", OrderStage.ADDRESS_CHANGED),
    ],
)
def test_topics_are_stages(topic: str, stage: OrderStage) -> None:
    (event,) = events(accept(shopify(topic, order(**LATER))))
    assert event.stage is stage


@pytest.mark.req("IN-2")
def test_a_fulfilled_order_brings_its_tracking_numbers() -> None:
    fulfilled = [
        {"id": 1, "created_at": "2026-11-21T08:00:00Z", "tracking_numbers": ["sf1234567890123", "自提"]},
        {"id": 2, "created_at": "2026-11-21T09:00:00Z", "tracking_number": "SF1234567890123"},
    ]
    (event,) = events(accept(shopify("orders/fulfilled", order(fulfillments=fulfilled))))
    assert event.tracking_numbers == ("SF1234567890123",)
    assert event.occurred_at.hour == 9


@pytest.mark.req("IN-2")
def test_a_refund_adds_up_what_went_back() -> None:
    (event,) = events(accept(shopify("refunds/create", refund())))
    assert (event.stage, event.amount_fen, event.order_number) == (OrderStage.REFUNDED, 5000, "820982911946154508")


@pytest.mark.req("IN-2")
def test_amounts_of_other_currencies_are_left_out() -> None:
    (event,) = events(accept(shopify("orders/create", order(currency="USD"))))
    assert event.amount_fen is None


@pytest.mark.req("IN-6")
def test_the_same_change_has_the_same_id_whichever_webhook_brings_it() -> None:
    first = accept(shopify("orders/paid", order()))
    other = accept(shopify("orders/paid", order(**LATER), x_shopify_webhook_id="wh-2"))
    assert ids(first) == ids(other)
    assert first.id != other.id
    assert ids(accept(shopify("orders/create", order()))) != ids(first)


@pytest.mark.req("IN-2", "IN-6")
def test_an_update_is_news_only_where_the_address_changed() -> None:
    created = ids(accept(shopify("orders/create", order())))
    assert ids(accept(shopify("orders/updated", order(**LATER)))) == created
    moved = order(shipping_address=ADDRESS | {"address1": "西湖路 2 号"}, **LATER)
    assert ids(accept(shopify("orders/updated", moved))) != created
    assert ids(accept(shopify("orders/updated", moved))) == ids(accept(shopify("orders/updated", moved)))


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(("topic", "body"), [("orders/updated", order()), ("products/update", {"id": 1})])
def test_what_is_no_stage_is_taken_and_kept(topic: str, body: dict[str, Any]) -> None:
    accepted = accept(shopify(topic, body))
    assert accepted.suppressed
    assert (events(accepted), len(of_topic(accepted, "raw.v1"))) == ([], 1)


@pytest.mark.req("SY-5")
def test_keys_and_ids_carry_nothing_personal() -> None:
    accepted = accept(shopify("orders/create", order()))
    (message,) = of_topic(accepted, "order-events.v1")
    shown = f"{message.key} {message.id} {events(accepted)!r}"
    assert all(word not in shown for word in ("李雷", "13800138000", "li@mail", "西湖"))


@pytest.mark.req("IN-2")
def test_a_name_that_can_be_no_key_gives_way_to_shopifys_id() -> None:
    (event,) = events(accept(shopify("orders/create", order(name="订单 #7"))))
    assert event.order_number == "820982911946154508"


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (shopify("orders/create", order(), signature="AAAA"), Reason.SIGNATURE),
        (shopify("orders/create", order(), signature=""), Reason.SIGNATURE),
        (replace(shopify("orders/create", order()), body=b"{}"), Reason.SIGNATURE),
        (shopify("orders/create", b"{"), Reason.MALFORMED),
        (shopify("orders/create", []), Reason.INVALID),
        (shopify("orders/create", order(id="1")), Reason.INVALID),
        (shopify("orders/create", order(total_price="1e9")), Reason.INVALID),
        (shopify("orders/create", order(created_at="today")), Reason.INVALID),
        (shopify("refunds/create", refund(transactions=[{"amount": None}])), Reason.INVALID),
        (shopify("", order()), Reason.INVALID),
        (shopify("orders/create", order(), x_shopify_shop_domain=""), Reason.INVALID),
        (shopify("orders/create", order(), content_type="text/html"), Reason.MEDIA_TYPE),
    ],
)
def test_a_wrong_webhook_is_refused(wrong: Delivery, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(wrong)
    assert refusal.value.reason is reason
