"""A record is read by hand or by the contract, and it makes no difference (RO-11, IN-8)."""

from typing import cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.parcels.reading import events_parser
from services.routing.parcels.scan import Scan, scan_of
from shared.contracts.parcels import PARCEL_LOOKUP, PARCEL_SCANNED, ParcelLookup, ParcelScan
from shared.contracts.topics import PARCEL_EVENTS
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.record import Malformed, Skipped, cloud_event_parser
from tests.unit.intake import scans
from tests.unit.intake.records import record, record_of
from tests.unit.routing_parcels.given import NUMBER, at, scan

pytestmark = pytest.mark.req("RO-11", "IN-8")
parse, carefully = events_parser("g"), cloud_event_parser(PARCEL_EVENTS.types, "g")
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def headers() -> list[tuple[str, bytes]]:
    return Outgoing("parcel-events.v1", NUMBER, "e-1", PARCEL_SCANNED, at(0), b"", "intake").headers()


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.none(), scans.values(), scans.plain_fields().map(orjson.dumps)),
    st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_type", "ce_time", "traceparent", "pc_replay_group", "x"]),
            st.one_of(st.none(), st.binary(max_size=4), st.sampled_from([b"g", PARCEL_LOOKUP.encode(), b"", TRACE])),
        ),
        max_size=2,
    ),
)
def test_both_ways_come_to_the_same(value: bytes | None, more: list[tuple[str, bytes | None]]) -> None:
    one = record(value, cast(list[tuple[str, bytes]], [*headers(), *more]), NUMBER.encode())
    quick, careful = parse(one), carefully(one)
    assert type(quick) is type(careful)
    if isinstance(quick, Malformed | Skipped):
        assert quick == careful
    elif isinstance(quick, Incoming) and isinstance(careful, Incoming):
        event = careful.event
        coded = scan_of(event) if isinstance(quick.event, Scan) and isinstance(event, ParcelScan) else event
        assert quick.event == coded
        fields = ("id", "type", "key", "time", "topic", "partition", "offset", "timestamp_ms", "traceparent")
        assert all(getattr(quick, name) == getattr(careful, name) for name in fields)


def test_the_usual_scan_is_read_by_hand_and_a_question_by_the_contract() -> None:
    usual = parse(record(scan(1).model_dump_json(exclude_none=True).encode(), headers()))
    assert isinstance(usual, Incoming)
    assert isinstance(usual.event, Scan)
    asked = ParcelLookup(tracking_number=NUMBER, case_id="c").model_dump_json().encode()
    message = Outgoing("parcel-events.v1", NUMBER, "q", PARCEL_LOOKUP, at(0), asked, "routing")
    question = parse(record_of(message))
    assert isinstance(question, Incoming)
    assert question.event.case_id == "c"


def test_a_consignee_stays_masked_in_what_is_read() -> None:
    shipment = {"consignee": {"customer_id": "c", "name": "王小明"}}
    value = orjson.dumps({**orjson.loads(scan(1).model_dump_json(exclude_none=True)), "shipment": shipment})
    assert "王小明" not in repr(parse(record(value, headers())).event)  # type: ignore[union-attr]
