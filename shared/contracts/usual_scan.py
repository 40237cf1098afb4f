"""The usual scan, read without the model: it is the flood, and the model takes three times as long.

This is no second contract. A scan that is taken here is one that intake's edge and the contract take too, with the
same content; whatever is out of the ordinary (a person, a shipment, a field that is new, a time before 2000) is left
to the models, which know what to say about it. The tests of intake and of the parcels hold both to that.
"""

import re
from datetime import datetime
from typing import Any

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
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)",
    re.ASCII,
).fullmatch
"""Tracking number, carrier and time, joined by what none of them may contain."""


def usual_scan(value: bytes) -> dict[str, Any] | None:
    """The fields of a scan, `occurred_at` as an aware time; None: ask the model."""
    try:
        scan = orjson.loads(value)
        at = scan["occurred_at"]
        if not (
            FIELDS.issuperset(scan)
            and _NAMED(" ".join((scan["tracking_number"], scan["carrier"], at)))
            and scan["node"] in _NODES
            and scan.get("exception") in _EXCEPTIONS
            and scan.get("fault") in _FAULTS
            and _is_line(scan.get("place"))
            and _is_line(scan.get("description"))
        ):
            return None
        scan["occurred_at"] = datetime.fromisoformat(at)
    except (ValueError, KeyError, TypeError):
        return None
    return scan  # type: ignore[no-any-return]


def _is_line(text: object) -> bool:
    return text is None or (type(text) is str and len(text) <= MAX_LINE)
