"""Parcel scans and order events as CloudEvents in three modes (IN-2, IN-6)."""

from typing import Any

import orjson
import pytest

from services.intake.delivery import Accepted, Reason, Rejected
from shared.contracts.orders import OrderEvent, OrderStage
from shared.contracts.parcels import ExceptionKind, Fault, Node, ParcelScan
from shared.contracts.people import ContactKind
from tests.unit.intake.given import accept, json_delivery, of_topic, read

SCAN: dict[str, Any] = {
    "tracking_number": "sf1234567890123",
    "carrier": "shunfeng",
    "node": "hub_in",
    "occurred_at": "2026-11-20T15:00:00+08:00",
    "place": "杭州",
    "description": "快件到达【杭州分拨中心】",
}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


def event(event_id: str = "e-1", **change: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/sf/hangzhou",
        "type": "parcel.scan",
        "time": "2026-11-20T07:00:01Z",
        "data": SCAN,
    } | change


def structured(body: Any, **how: Any) -> Accepted:
    return accept(json_delivery("carrier", body, headers=STRUCTURED, **how))


def binary(body: Any, **headers: str) -> Accepted:
    attributes = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/sf/hangzhou", "ce-type": "parcel.scan"}
    named = attributes | {name.replace("_", "-"): value for name, value in headers.items()}
    return accept(json_delivery("carrier", body, headers=named))


def scans(accepted: Accepted) -> list[ParcelScan]:
    return [read(m, ParcelScan) for m in of_topic(accepted, "parcel-events.v1")]


@pytest.mark.req("IN-2")
def test_the_three_modes_say_the_same() -> None:
    one = structured(event())
    batch = accept(json_delivery("carrier", [event()], headers=BATCH, webhook_id="msg_2"))
    two = binary(SCAN, ce_time="2026-11-20T07:00:01Z")
    messages = [of_topic(a, "parcel-events.v1") for a in (one, batch, two)]
    assert {m.value for group in messages for m in group} == {messages[0][0].value}
    assert len({m.id for group in messages for m in group}) == 1


@pytest.mark.req("IN-2")
def test_a_scan_is_keyed_by_its_tracking_number() -> None:
    message = of_topic(structured(event()), "parcel-events.v1")[0]
    scan = read(message, ParcelScan)
    assert message.key == scan.tracking_number == "SF1234567890123"
    assert scan.node is Node.HUB_IN
    assert scan.occurred_at.isoformat() == "2026-11-20T07:00:00+00:00"


@pytest.mark.req("IN-6")
def test_an_event_that_comes_in_another_push_keeps_its_id() -> None:
    first = accept(json_delivery("carrier", [event("e-1"), event("e-2")], headers=BATCH, webhook_id="a"))
    again = accept(json_delivery("carrier", [event("e-2"), event("e-3")], headers=BATCH, webhook_id="b"))
    ids = [[m.id for m in of_topic(a, "parcel-events.v1")] for a in (first, again)]
    assert ids[0][1] == ids[1][0]
    assert len({*ids[0], *ids[1]}) == 3
    assert first.answer["events"] == 2


@pytest.mark.req("IN-2")
def test_exception_and_party_at_fault_are_kept() -> None:
    scan = scans(structured(event(data=SCAN | {"exception": "damage", "fault": "carrier"})))[0]
    assert (scan.exception, scan.fault) == (ExceptionKind.DAMAGE, Fault.CARRIER)


@pytest.mark.req("IN-2", "RO-11")
def test_a_carrier_may_say_when_it_expects_to_deliver() -> None:
    scan = scans(structured(event(data=SCAN | {"estimated_at": "2026-11-22T18:00:00+08:00"})))[0]
    assert scan.estimated_at is not None
    assert scan.estimated_at.isoformat() == "2026-11-22T10:00:00+00:00"


def shipment(**consignee: str) -> dict[str, Any]:
    terms = {"freight_fen": 1200, "insured_fen": 50000, "weight_g": 800, "promised_at": "2026-11-22T10:00:00Z"}
    return SCAN | {"shipment": terms | {"consignee": consignee}}


@pytest.mark.req("IN-2")
def test_the_shipment_comes_with_its_consignee_as_a_customer() -> None:
    terms = scans(structured(event(data=shipment(name="韩梅梅", phone="13800138000"))))[0].shipment
    assert terms is not None
    assert terms.consignee is not None
    assert terms.insured_fen == 50000
    assert terms.consignee.reach(ContactKind.PHONE) == "+8613800138000"


def test_a_masked_phone_number_of_a_label_is_no_handle() -> None:
    first = scans(structured(event(data=shipment(name="韩**", phone="138****8000"))))[0].shipment
    other = scans(structured(event("e-2", data=shipment(name="韩**")), webhook_id="msg_2"))[0].shipment
    assert first is not None
    assert other is not None
    assert first.consignee is not None
    assert other.consignee is not None
    assert first.consignee.contacts == ()
    assert first.consignee.customer_id != other.consignee.customer_id


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"type": "parcel.lost"}, "/type"),
        ({"source": ""}, "/source"),
        ({"data": SCAN | {"node": "moon"}}, "/data/node"),
        ({"data": SCAN | {"tracking_number": "运单号"}}, "/data/tracking_number"),
        ({"data": SCAN | {"signer": "张" * 101}}, "/data/signer"),
        ({"data": shipment() | {"shipment": {"freight_fen": -1}}}, "/data/shipment/freight_fen"),
        ({"data": shipment() | {"shipment": {"freight_fen": 1.5}}}, "/data/shipment/freight_fen"),
        ({"data": shipment() | {"shipment": {"consignee": 7}}}, "/data/shipment/consignee"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        structured(event(**change))
    assert refusal.value.reason is Reason.INVALID
    assert [e.pointer for e in refusal.value.errors] == [pointer]


@pytest.mark.req("IN-8")
def test_one_bad_event_refuses_the_batch_and_says_which() -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("carrier", [event(), event("e-2", data={})], headers=BATCH))
    assert refusal.value.errors[0].pointer == "/1/data/tracking_number"


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("body", [[], [event()] * 1001], ids=["empty", "too many"])
def test_a_batch_has_between_one_and_a_thousand_events(body: list[Any]) -> None:
    with pytest.raises(Rejected):
        accept(json_delivery("carrier", body, headers=BATCH))


@pytest.mark.req("IN-8")
def test_binary_mode_without_its_headers_names_them() -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("carrier", SCAN))
    assert {e.pointer for e in refusal.value.errors} >= {"/headers/id", "/headers/source", "/headers/type"}


def order(**change: Any) -> dict[str, Any]:
    data = {
        "order_number": "TB20261101",
        "shop": "shop-1",
        "stage": "refunded",
        "occurred_at": "2026-11-20T07:00:00Z",
        "amount_fen": 19900,
        "customer": {"name": "李雷", "email": "li@mail.example"},
        "tracking_numbers": ["SF1234567890123"],
    }
    return {"specversion": "1.0", "id": "o-1", "source": "/shop", "type": "order.changed", "data": data | change}


@pytest.mark.req("IN-2")
def test_an_order_event_is_keyed_by_its_order() -> None:
    accepted = accept(json_delivery("shop", order(), headers=STRUCTURED))
    message = of_topic(accepted, "order-events.v1")[0]
    changed = read(message, OrderEvent)
    assert message.key == changed.order_number == "TB20261101"
    assert changed.stage is OrderStage.REFUNDED
    assert changed.customer is not None
    assert changed.customer.reach(ContactKind.EMAIL) == "li@mail.example"


@pytest.mark.req("IN-8")
def test_an_order_with_a_wrong_stage_is_refused() -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("shop", orjson.dumps(order(stage="eaten")), headers=STRUCTURED))
    assert refusal.value.errors[0].pointer == "/data/stage"
