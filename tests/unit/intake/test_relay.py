"""Parcel scans by Kafka: the same events as by HTTP, whichever way they are read, and none lost while Kafka is away."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from services.intake.gateways import Gateway
from services.intake.indicators import Indicators
from services.intake.relay import Passed, ScanRelay, relay_parser, rows_of
from services.intake.stream import parcels_parser
from shared.contracts.base import derived_id
from shared.contracts.parcels import PARCEL_SCANNED, Node, ParcelScan
from shared.messaging.appender import Appender, Row
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.partitioning import partition_of
from shared.messaging.publisher import Publisher, PublishFailed
from shared.messaging.record import Malformed, Parsed, Skipped
from tests.unit.intake import scans
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW
from tests.unit.intake.records import record
from tests.unit.intake.test_carrier import SCAN, shipment
from tests.unit.intake.test_stream import headers

PARCELS = GATEWAYS["parcels-topic"]
KEEPING = PARCELS.model_copy(update={"keep_raw": True})
PLAIN = SCAN | {"tracking_number": "SF1234567890123"}
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
parse = relay_parser(PARCELS, "g", IDENTITY)
carefully = relay_parser(KEEPING, "g", IDENTITY)
"""A gateway whose originals are kept takes the careful way with each scan."""


def passed(value: Any, given_headers: Sequence[tuple[str, bytes]], how: Any = parse) -> Incoming[Any]:
    parsed: Parsed = how(record(value if isinstance(value, bytes) else orjson.dumps(value), given_headers))
    assert isinstance(parsed, Incoming), parsed
    return parsed


def row_of(incoming: Incoming[Any], partitions: int = 4) -> tuple[int, Row]:
    ((partition, (row,)),) = rows_of([incoming], partitions, NOW).items()
    return partition, row


@pytest.mark.req("IN-2")
@pytest.mark.parametrize("scan", [PLAIN, SCAN])
def test_a_scan_by_kafka_lies_with_its_parcel_and_keeps_its_trace(scan: dict[str, Any]) -> None:
    partition, (key, value, attributes) = row_of(passed(scan, headers("parcel.scan", traceparent=TRACE)))
    read = ParcelScan.model_validate_json(value or b"")
    assert (key, read.tracking_number) == (b"SF1234567890123", "SF1234567890123")
    assert read.node is Node.HUB_IN
    assert partition == partition_of(key, 4)
    assert dict(attributes)["traceparent"] == TRACE


@pytest.mark.req("IN-2")
def test_it_has_the_headers_of_every_event_of_ours() -> None:
    incoming = passed(PLAIN, headers("parcel.scan"))
    _, (key, value, attributes) = row_of(incoming)
    scan_id = derived_id("gateway/parcels-topic//crm/e-1", "scan")
    usual = Outgoing("", key.decode(), scan_id, PARCEL_SCANNED, NOW, value or b"", "intake")
    assert dict(attributes) == dict(usual.headers())
    assert len(attributes) == len(usual.headers())


@pytest.mark.req("IN-2")
def test_a_consignee_by_kafka_is_a_customer() -> None:
    _, (_, value, _) = row_of(passed(shipment(name="韩梅梅", phone="13800138000"), headers("parcel.scan")))
    scan = ParcelScan.model_validate_json(value or b"")
    assert scan.shipment is not None
    assert scan.shipment.consignee is not None
    assert scan.shipment.consignee.customer_id == IDENTITY.customer_id(phone_e164="+8613800138000")


@pytest.mark.req("IN-6")
@pytest.mark.parametrize("scan", [PLAIN, SCAN])
def test_redelivery_gives_the_same_ids_and_another_source_others(scan: dict[str, Any]) -> None:
    def scan_id(**change: bytes) -> str:
        event: Passed = passed(scan, headers("parcel.scan", **change)).event
        return event.id

    assert scan_id() == scan_id()
    assert scan_id() != scan_id(ce_source=b"/other")
    assert scan_id() != scan_id(ce_id=b"e-2")


@pytest.mark.req("IN-8")
@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.none(), scans.values(), scans.plain_fields().map(orjson.dumps)),
    st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_time", "traceparent", "pc_replay_group", "x"]),
            st.one_of(
                st.none(), st.binary(max_size=4), st.sampled_from([b"g", b"parcel.scan", b"", b"i" * 257, TRACE])
            ),
        ),
        max_size=2,
    ),
)
def test_the_quick_way_and_the_careful_one_come_to_the_same(
    value: bytes | None, more: list[tuple[str, bytes | None]]
) -> None:
    one = record(value, cast(list[tuple[str, bytes]], [*headers("parcel.scan"), *more]))
    quick, careful = parse(one), carefully(one)
    assert type(quick) is type(careful)
    if isinstance(quick, Malformed | Skipped):
        assert quick == careful
    elif isinstance(quick, Incoming) and isinstance(careful, Incoming):
        assert (quick.id, quick.time, quick.traceparent) == (careful.id, careful.time, careful.traceparent)
        assert (quick.event.key, quick.event.id) == (careful.event.key, careful.event.id)
        read = [ParcelScan.model_validate_json(parsed.event.value) for parsed in (quick, careful)]
        assert read[0].model_dump() == read[1].model_dump()


@pytest.mark.req("IN-8")
def test_what_cannot_be_read_has_the_reason_of_the_edge() -> None:
    for value, given_headers in (
        (b"{", headers("parcel.scan")),
        (orjson.dumps(PLAIN | {"node": "moon"}), headers("parcel.scan")),
        (orjson.dumps(PLAIN), headers("parcel.scan", ce_id=b"")),
        (orjson.dumps(PLAIN), headers("parcel.scan", x=b"\xff")),
        (orjson.dumps(PLAIN), headers("parcel.scan", ce_time=b"noon")),
        (orjson.dumps(PLAIN).ljust(2_000_000), headers("parcel.scan")),
    ):
        one = record(value, given_headers)
        assert isinstance(parse(one), Malformed)
        assert parse(one) == parcels_parser(PARCELS, "g", IDENTITY)(one)
    assert isinstance(parse(record(b"{}", headers("parcel.scan", pc_replay_group=b"other"))), Skipped)


class Kafka:
    """Stands for the appender and the publisher; the first `failures` sends fail."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.rows: list[Row] = []
        self.originals: list[Outgoing] = []

    async def partitions(self) -> int:
        return 4

    async def append(self, rows: Mapping[int, Sequence[Row]]) -> None:
        if self.failures:
            self.failures -= 1
            raise PublishFailed("away")
        self.rows += [row for of in rows.values() for row in of]

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        self.originals += messages


def relay(kafka: Kafka, gateway: Gateway, alive: list[int]) -> ScanRelay:
    return ScanRelay(
        gateway,
        cast(Appender, kafka),
        cast(Publisher, kafka),
        Indicators(CollectorRegistry()),
        lambda: NOW,
        lambda: alive.append(1),
    )


@pytest.mark.req("SY-2", "IN-2")
async def test_it_returns_when_kafka_has_all_of_them_in_order_and_says_that_it_lives() -> None:
    kafka, alive = Kafka(failures=1), list[int]()
    batch = [passed(PLAIN, headers("parcel.scan", ce_id=b"e-%d" % n)) for n in range(20)]
    await relay(kafka, PARCELS, alive).process(batch, lambda _: True)
    sent = [dict(attributes)["ce_id"].decode() for _, _, attributes in kafka.rows]
    assert sent == [incoming.event.id for incoming in batch]
    assert alive == [1]
    assert kafka.originals == []


async def test_originals_of_scans_are_kept_where_the_gateway_says_so() -> None:
    kafka, body = Kafka(), orjson.dumps(PLAIN)
    await relay(kafka, KEEPING, []).process([passed(body, headers("parcel.scan"), carefully)], lambda _: True)
    (raw,), ((_, _, attributes),) = kafka.originals, kafka.rows
    assert (raw.topic, raw.value) == ("raw.v1", body)
    assert raw.id.encode() == dict(attributes)["ce_id"]
    assert dict(raw.extra)["orig_ce_source"] == b"/crm"


async def test_nothing_to_pass_on_is_no_work() -> None:
    kafka = Kafka(failures=1)
    await relay(kafka, PARCELS, []).process([], lambda _: True)
    assert kafka.failures == 1
