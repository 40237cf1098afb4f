"""What is kept of an open parcel, and its compact form: the scan that comes next reads and writes little of it.

Kinds, nodes and faults are stored as their place in the contract's enumeration: there, only append.
"""

from typing import Any, NamedTuple

import orjson

from services.routing.parcels.track import AT, FAULT, KIND, NODE, NONE, PLACE, TEXT, Point, points
from shared.contracts.parcels import ExceptionKind, Fault, Node, Parcel
from shared.messaging.partition_state.batch import instant

NODES, KINDS, FAULTS = tuple(Node), tuple(ExceptionKind), tuple(Fault)
NODE_CODE = {node: code for code, node in enumerate(NODES)}
KIND_CODE = {kind: code for code, kind in enumerate(KINDS)}
FAULT_CODE = {fault: code for code, fault in enumerate(FAULTS)}
SIGNED = NODE_CODE[Node.SIGNED]
DEFAULT_PRODUCT = "standard"
ESTIMATE = "estimate"
"""The key, beside a shipment's, of what the carrier last said of the arrival."""


class Episode(NamedTuple):
    """One exception of a parcel, by kind: open while `cleared_at` is 0. Times in microseconds.

    `last` is the event time of its latest report; only a scan after it can clear it.
    """

    kind: int
    exception_id: str
    since: int
    last: int
    cleared_at: int


class ParcelState(NamedTuple):
    """`silence`: how many of its timers have fired since the last scan, which is (last_at, last_node, last_kind).

    `shipment` is the JSON of what is known of the contract's `Shipment`, and of the carrier's estimate (empty: none),
    by scans up to `shipment_at`; `product` is of it. `track`: see track.py. Both stay bytes: few events look into them.
    """

    carrier: str
    due: int
    silence: int
    signed: bool
    last_at: int
    last_node: int
    last_kind: int
    episodes: tuple[Episode, ...]
    product: str
    shipment_at: int
    shipment: bytes
    track: bytes


def encode(state: ParcelState) -> bytes:
    """The head as one line of JSON, then the shipment, then the track."""
    episodes = [list(e) for e in state.episodes] if state.episodes else ()
    head = (*state[:7], episodes, *state[8:10], len(state.shipment))
    return orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE) + state.shipment + state.track


def decode(payload: bytes) -> ParcelState:
    end = payload.index(b"\n") + 1
    head = orjson.loads(payload[:end])
    track = end + head[10]
    head[10:] = payload[end:track], payload[track:]
    head[7] = tuple([Episode(*e) for e in head[7]]) if head[7] else ()
    return ParcelState._make(head)


def parcel_of(tracking_number: str, state: ParcelState) -> Parcel:
    """The parcel as the contract shows it."""
    shipment = orjson.loads(state.shipment) if state.shipment else {}
    estimate = shipment.pop(ESTIMATE, None)
    said = shipment or (state.shipment and estimate is None)
    return Parcel.model_validate(
        {
            "tracking_number": tracking_number,
            "carrier": state.carrier,
            "node": NODES[state.last_node],
            "shipment": shipment if said else None,
            "estimate": estimate,
            "track": [_track_point(p) for p in points(state.track)],
        }
    )


def _track_point(point: Point) -> dict[str, Any]:
    return {
        "node": NODES[point[NODE]],
        "at": instant(point[AT]),
        "place": point[PLACE],
        "description": point[TEXT],
        "exception": None if point[KIND] == NONE else KINDS[point[KIND]],
        "fault": None if point[FAULT] == NONE else FAULTS[point[FAULT]],
    }
