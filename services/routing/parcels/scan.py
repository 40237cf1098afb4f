"""A scan as the fold takes it in: codes instead of names, microseconds instead of times."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.routing.parcels.state import ESTIMATE, FAULT_CODE, KIND_CODE, NODE_CODE
from services.routing.parcels.track import NONE, PLACE_LENGTH, TEXT_LENGTH, Point
from shared.contracts.parcels import ParcelScan
from shared.contracts.usual_scan import UsualScan
from shared.messaging.partition_state.batch import micros


class Scan(NamedTuple):
    """The middle part, from `at` to `text`, is a point of the track; `shipment` is the JSON object of what is said."""

    tracking_number: str
    carrier: str
    at: int
    node: int
    kind: int
    fault: int
    place: str | None
    text: str | None
    shipment: Mapping[str, Any] | None

    @property
    def point(self) -> Point:
        return self[2:8]


def scan_of(event: ParcelScan) -> Scan:
    return Scan(
        event.tracking_number,
        event.carrier,
        max(0, micros(event.occurred_at)),
        NODE_CODE[event.node],
        NONE if event.exception is None else KIND_CODE[event.exception],
        NONE if event.fault is None else FAULT_CODE[event.fault],
        event.place and event.place[:PLACE_LENGTH],
        event.description and event.description[:TEXT_LENGTH],
        _said(event),
    )


def _said(event: ParcelScan) -> dict[str, Any] | None:
    """Of the shipment, and of its arrival: kept together, for few scans say either."""
    shipment = event.shipment
    if shipment is None and event.estimated_at is None:
        return None
    said = {} if shipment is None else shipment.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    if event.estimated_at is not None:
        said[ESTIMATE] = {"arrives_at": event.estimated_at.isoformat(), "stated_at": event.occurred_at.isoformat()}
    return said


def usual_scan_of(usual: UsualScan) -> Scan:
    """Of a scan that names no shipment, and no time before 2000."""
    number, carrier, node, at, place, text, exception, fault = usual
    return Scan(
        number,
        carrier,
        micros(at),
        _NODES[node],
        _KINDS[exception],
        _FAULTS[fault],
        place and place[:PLACE_LENGTH],
        text and text[:TEXT_LENGTH],
        None,
    )


_NODES: Mapping[str, int] = {node.value: code for node, code in NODE_CODE.items()}
_KINDS: Mapping[str | None, int] = {None: NONE, **{kind.value: code for kind, code in KIND_CODE.items()}}
_FAULTS: Mapping[str | None, int] = {None: NONE, **{fault.value: code for fault, code in FAULT_CODE.items()}}
