"""From the scans of a carrier's push to the messages of an accepted delivery."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.intake.adapters.carrier import scan_message
from services.intake.adapters.contact import interaction_id_of, originals
from services.intake.adapters.edge import TrackingNumber
from services.intake.delivery import Accepted, Answer, Delivery, FieldError, Reason, Rejected, Verified
from shared.contracts.parcels import ParcelScan

MAX_DESCRIPTION = 500
MAX_PLACE = 200
MAX_CARRIER = 40
DATE_LENGTH = len("2026-11-22")
_TRACKING_NUMBER: TypeAdapter[str] = TypeAdapter(TrackingNumber)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan, what it follows from (the same line in another push has the same cause), and its unknown codes."""

    scan: ParcelScan
    cause: str
    unknown: tuple[str, ...] = ()


def accept_scans(
    delivery: Delivery,
    verified: Verified,
    scans: Sequence[Scanned],
    answer: Mapping[str, Any] | Answer | None = None,
    status: int = 202,
    nothing: str | None = None,
) -> Accepted:
    """`nothing` says why no scan came of it; without an `answer` the sender is told the id and how many there were."""
    push_id = interaction_id_of(verified.cause)
    unknown = tuple(code for scanned in scans for code in scanned.unknown)
    traceparent = delivery.traceparent
    messages = tuple(
        scan_message(s.scan, f"gateway/{delivery.gateway.name}/{s.cause}", delivery.received_at, traceparent)
        for s in scans
    )
    kept = originals(delivery, push_id, traceparent, unknown_codes=unknown)
    told = {"id": push_id, "events": len(scans)} if answer is None else answer
    return Accepted(push_id, (*kept, *messages), told, None if scans else nothing, unknown, status)


def tracking_number(text: str, pointer: str) -> str:
    """Raises `Rejected` where it is none."""
    try:
        return _TRACKING_NUMBER.validate_python(text)
    except ValidationError:
        error = FieldError(pointer, "is not a tracking number")
        raise Rejected(Reason.INVALID, "a track needs its number", [error]) from None


def instant(text: str, time_zone: str, pointer: str) -> datetime:
    """A time in UTC; `time_zone` is that of a time that says none. Raises `Rejected`."""
    try:
        time = datetime.fromisoformat(text.strip())
        aware = time if time.tzinfo else datetime.fromisoformat(f"{time.isoformat()}{time_zone}")
        if 2000 <= aware.year <= 2100:
            return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Rejected(Reason.INVALID, "a scan has no time", [FieldError(pointer, "is not a time of our century")])


def expected(scans: Sequence[Scanned], arrives: str | None, time_zone: str) -> list[Scanned]:
    """The scans, the latest of them with the carrier's own estimate of the arrival; a date alone means by its end.

    An estimate that can't be read is left out: the scans are what counts.
    """
    if not scans or not arrives:
        return list(scans)
    text = arrives.strip()
    try:
        at = instant(f"{text}T23:59:59" if len(text) == DATE_LENGTH else text, time_zone, "")
    except Rejected:
        return list(scans)
    latest = max(scans, key=lambda scanned: scanned.scan.occurred_at)
    with_it = replace(latest, scan=latest.scan.model_copy(update={"estimated_at": at}))
    return [with_it if scanned is latest else scanned for scanned in scans]


def digest(content: bytes) -> str:
    """Names a delivery whose sender gives it no id: the same push, sent again, has the same bytes."""
    return hashlib.sha256(content).hexdigest()
