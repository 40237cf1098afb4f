"""Lines of a file of scans (CSV, JSON Lines) as records of the gateway's topic; each with an id of its content."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from pydantic import ValidationError

from services.intake.adapters.carrier import PARCEL_SCAN, Scan
from services.intake.tracking_numbers import courier_of
from shared.contracts.topics import GATEWAY_PARCELS
from shared.messaging.message import Outgoing
from shared.security.identity import IdentityKey

SOURCE = "bulk"
MAX_ERRORS = 5
COLUMNS = ("tracking_number", "carrier", "node", "occurred_at", "place", "description", "exception", "fault", "signer")
_NOBODY = {"identity": IdentityKey(b"only to read a consignee"), "unknown": "bulk"}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a line can't go out: fields and what is expected there, never values (they may be personal)."""

    errors: tuple[str, ...]


def record_of_json(line: bytes, now: datetime) -> Outgoing | Refused:
    """A line of JSON Lines: a scan as `parcel.scan` has it in its `data`."""
    try:
        sent = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Refused((f"not JSON: column {error.colno}",))
    if not isinstance(sent, dict):
        return Refused(("not an object",))
    return _record(sent, now)


def record_of_row(row: Mapping[str | None, object], now: datetime) -> Outgoing | Refused:
    """A row of CSV by its column names; an empty cell is a field that is not there."""
    if None in row:
        return Refused(("more cells than columns",))
    cells = {name: str(value).strip() for name, value in row.items() if name is not None and value is not None}
    return _record({name: value for name, value in cells.items() if name in COLUMNS and value}, now)


def _record(sent: dict[str, object], now: datetime) -> Outgoing | Refused:
    """Checked as the gateway checks it, and sent as it is: the gateway reads it once more."""
    if not sent.get("carrier"):
        sent = sent | {"carrier": courier_of(str(sent.get("tracking_number", ""))) or "unknown"}
    value = _canonical(sent)
    if value is None:
        return Refused(("not in the encoding that was named: Excel in China writes gb18030 (--encoding gb18030)",))
    try:
        scan = Scan.model_validate_json(value, context=_NOBODY)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return Refused(tuple(f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in found[:MAX_ERRORS]))
    return Outgoing(
        topic=GATEWAY_PARCELS.name,
        key=scan.tracking_number,
        id=hashlib.sha256(value).hexdigest()[:32],
        type=PARCEL_SCAN,
        time=now,
        value=value,
        source=SOURCE,
    )


def _canonical(sent: dict[str, object]) -> bytes | None:
    try:
        return orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONEncodeError, TypeError):
        return None
