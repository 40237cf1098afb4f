"""What nine scans in ten do: a parcel that is well comes to its next node. Told without unpacking its state (RO-11)."""

import orjson

from services.routing.parcels.fold import WAITING_FOR_DELAY, due_of
from services.routing.parcels.rules import Rules
from services.routing.parcels.scan import Scan
from services.routing.parcels.state import SIGNED
from services.routing.parcels.track import NONE, TRACK_POINTS
from shared.messaging.partition_state.fold import Packed

_LINE = orjson.OPT_APPEND_NEWLINE


def moved_on(payload: bytes, scan: Scan, rules: Rules, now: int) -> Packed | None:
    """The state's payload (see state.py) after the scan, and when it is due. `now` in microseconds.

    What is given is what `fold` comes to, byte for byte. None: an exception, a shipment, a timer or a scan out of
    order is in it, or the track is full: `fold` is to look.
    """
    _, carrier, at, node, kind, _, _, _, shipment = scan
    end = payload.index(b"\n") + 1
    _, due, _, signed, last_at, _, _, episodes, product, shipment_at, length = orjson.loads(payload[:end])
    if kind != NONE or shipment is not None or episodes or due <= now or not last_at < at <= now + rules.ahead:
        return None
    if payload.count(b"\n") > TRACK_POINTS:
        return None
    signed = signed or node == SIGNED
    due = due_of(at, node, WAITING_FOR_DELAY, signed, product, rules)
    head = (carrier, due, WAITING_FOR_DELAY, signed, at, node, NONE, (), product, shipment_at, length)
    return orjson.dumps(head, option=_LINE) + payload[end:] + orjson.dumps(scan.point, option=_LINE), due
