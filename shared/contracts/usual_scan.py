"""The usual scan, read without the model: it is the flood, and the model takes three times as long.

This is no second contract. A scan that is taken here is one that intake's edge and the contract take too, with the
same content; whatever is out of the ordinary (a person, a shipment, a field that is new, a time before 2000) is left
to the models, which know what to say about it. The tests of intake and of the parcels hold both to that.
"""

import re
from datetime import datetime

import orjson

from shared.contracts.parcels import ExceptionKind, Fault, Node

MAX_LINE = 500
"""Characters of a place and of a description, as intake's edge has it."""

FIELDS = frozenset({"tracking_number", "carrier", "node", "occurred_at", "place", "description", "exception", "fault"})
_NODES = frozenset(node.value for node in Node)
_EXCEPTIONS = frozenset({None, *(kind.value for kind in ExceptionKind)})
_FAULTS = frozenset({None, *(fault.value for fault in Fault)})
_NAMED = re.compile(
    r"[A-Z0-9][A-Z0-9-]{3,39} [A-Za-z0-9_.-]{1,64} "
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:[0-5]\d)",
    re.ASCII,
).fullmatch
"""Tracking number, carrier and time, joined by what none of them may contain."""


UsualScan = tuple[str, str, str, datetime, str | None, str | None, str | None, str | None]
"""Tracking number, carrier, node, time, place, description, exception, fault; enumerations by their names."""


def usual_scan(value: bytes) -> UsualScan | None:
    """None: ask the model."""
    try:
        scan = orjson.loads(value)
        number, carrier, node, time = scan["tracking_number"], scan["carrier"], scan["node"], scan["occurred_at"]
        told = scan.get
        place, text, exception, fault = told("place"), told("description"), told("exception"), told("fault")
        if (
            _NAMED(" ".join((number, carrier, time)))
            and FIELDS.issuperset(scan)
            and node in _NODES
            and exception in _EXCEPTIONS
            and fault in _FAULTS
            and (place is None or (type(place) is str and len(place) <= MAX_LINE))
            and (text is None or (type(text) is str and len(text) <= MAX_LINE))
        ):
            at = datetime.fromisoformat(time)
            return number, carrier, node, at, place, text, exception, fault
    except (ValueError, KeyError, TypeError):
        return None
    return None
