"""Reading parcel-events.v1: the usual scan of our own intake by hand, every other record by the contract (RO-11)."""

from functools import lru_cache
from typing import Any

from aiokafka import ConsumerRecord

from services.routing.parcels.scan import usual_scan_of
from shared.contracts.parcels import PARCEL_SCANNED
from shared.contracts.topics import MAX_EVENT_BYTES, PARCEL_EVENTS
from shared.contracts.usual_scan import usual_scan
from shared.messaging.message import Incoming
from shared.messaging.record import REPLAY_GROUP_HEADER, Parsed, Parser, cloud_event_parser, parse_time
from shared.tracing import well_formed

_SCANNED = PARCEL_SCANNED.encode()
_time = lru_cache(maxsize=64)(parse_time)
"""Intake stamps the scans of a batch with one time."""


def events_parser(group: str) -> Parser:
    careful = cloud_event_parser(PARCEL_EVENTS.types, group)

    def parse(record: "ConsumerRecord[bytes, bytes]") -> Parsed:
        return _usual(record) or careful(record)

    return parse


def _usual(record: "ConsumerRecord[bytes, bytes]") -> Incoming[Any] | None:
    """None: not wrong, but for the contract to judge."""
    value = record.value
    attributes = dict(record.headers)
    try:
        if (
            value is None
            or len(value) > MAX_EVENT_BYTES
            or attributes["ce_type"] != _SCANNED
            or REPLAY_GROUP_HEADER in attributes
            or len(attributes) != len(record.headers)
            or not b" ".join(attributes.values()).isascii()
        ):
            return None
        event_id, time = attributes["ce_id"].decode(), _time(attributes["ce_time"].decode())
    except (KeyError, TypeError):
        return None
    scan = usual_scan(value)
    if scan is None or time is None or not event_id:
        return None
    trace = attributes.get("traceparent")
    return Incoming(
        event_id,
        PARCEL_SCANNED,
        usual_scan_of(scan),
        (record.key or b"").decode("utf-8", "replace"),
        time,
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        well_formed(trace.decode()) if trace else None,
    )
