"""EDIFACT IFTSTA (D.96A and later): each status (STS) of each consignment (CNI) a scan of each piece it is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.adapters import edifact
from services.intake.adapters.edge import media_type
from services.intake.adapters.edifact import Message, Segment
from services.intake.adapters.edifact_time import time_of
from services.intake.adapters.signed import verify_signature
from services.intake.adapters.status_table import Table, meaning, table
from services.intake.adapters.track import (
    MAX_CARRIER,
    MAX_DESCRIPTION,
    MAX_PLACE,
    Scanned,
    accept_scans,
    tracking_number,
)
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, FieldError, Reason, Rejected, Verified
from shared.contracts.parcels import ExceptionKind, Fault, ParcelScan
from shared.security.identity import IdentityKey

MEDIA_TYPES = ("application/edifact", "text/plain")
IFTSTA = "IFTSTA"
MAX_SCANS = 5000

_COMMON_AGENCIES = frozenset({"", "6", "9", "86"})
"""UN/ECE, GS1 and the parties themselves: their codes stand in the table as they are."""

_WAYBILLS = ("AAM", "AWB", "CN", "CRN", "SRN", "UCN", "AAS", "CU", "ACD")
"""Reference qualifiers (1153) of a number that a parcel is tracked by, the likeliest first."""
_EQUIPMENT = ("EQ",)
_BILLS = ("BM", "MB", "BN")
_STATUS_TIMES = ("334", "7", "9", "178", "186", "137")
"""Qualifiers (2005) of the moment that a status is of; 334 is the time of the change itself."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status: `own` are the segments behind its STS, `consignment` those of its CNI, `head` the message's."""

    sts: Segment
    own: Sequence[Segment]
    consignment: Sequence[Segment]
    head: Sequence[Segment]
    sender: str


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    if media_type(delivery.headers) not in MEDIA_TYPES:
        raise Rejected(Reason.MEDIA_TYPE, f"send {' or '.join(MEDIA_TYPES)}")
    return verify_signature(delivery, credentials)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    found = read(verified.payload, delivery.gateway.charset)
    statuses = [status for message in found if message.type == IFTSTA for status in statuses_of(message)]
    codes = table("iftsta")
    scans: list[Scanned] = []
    for number, status in enumerate(statuses, 1):
        scans += scans_of(status, number, codes, delivery.gateway.name)
        if len(scans) > MAX_SCANS:
            raise Rejected(Reason.TOO_LARGE, f"more than {MAX_SCANS} scans; send several interchanges")
    types = ", ".join(sorted({m.type[:6] for m in found}))
    return accept_scans(delivery, verified, scans, nothing=f"interchange without a status ({types})")


def read(content: bytes, charset: str | None = None) -> list[Message]:
    """Raises `Rejected` (400)."""
    try:
        found = list(edifact.messages(edifact.text_of(content, charset)))
    except edifact.Unreadable as error:
        raise Rejected(Reason.MALFORMED, str(error)) from None
    if not found:
        raise Rejected(Reason.MALFORMED, "the body holds no EDIFACT message (UNH to UNT)")
    return found


def statuses_of(message: Message) -> Iterator[Status]:
    """What stands before the first CNI is the message's, up to the first STS the consignment's, then each status's."""
    head: list[Segment] = []
    consignment: list[Segment] = []
    own: list[Segment] = []
    sts: Segment | None = None
    for segment in (*message.segments, None):
        if segment is None or segment.tag in ("CNI", "STS"):
            if sts is not None:
                yield Status(sts, tuple(own), tuple(consignment), tuple(head), message.sender)
            own, sts = [], segment if segment is not None and segment.tag == "STS" else None
            if segment is not None and segment.tag == "CNI":
                consignment = [segment]
        elif sts is not None:
            own.append(segment)
        else:
            (consignment or head).append(segment)


def scans_of(status: Status, number: int, table: Table, gateway: str) -> list[Scanned]:
    """One scan for each piece that the status is about. Raises `Rejected`."""
    pointer = f"/STS/{number}"
    at = _time_of(status, table, pointer)
    code, reason = _code(status.sts, 1), _code(status.sts, 2)
    text = _text_of(status)
    means = meaning(table, code or None, text)
    why = table.reasons.get(reason)
    exception: ExceptionKind | None = why.exception if why else means.exception
    fault: Fault | None = why.fault if why else means.fault
    unknown = [c for c in (means.unknown_code, f"reason/{reason}" if reason and not why else None) if c]
    place = _place_of(status)
    scanned = []
    for piece in pieces_of(status, pointer):
        scan = ParcelScan(
            tracking_number=piece,
            carrier=_carrier_of(status) or gateway,
            node=means.node,
            occurred_at=at,
            place=place,
            description=text[:MAX_DESCRIPTION] or None,
            exception=exception,
            fault=fault,
        )
        cause = f"{piece}/{at.isoformat()}/{code}/{reason}/{place or ''}/{text}"
        scanned.append(Scanned(scan, cause, tuple(unknown)))
    return scanned


def _code(sts: Segment, element: int) -> str:
    """A code of C555 or C556; of a partner's own list with its agency in front (HS/P)."""
    code, agency = sts.get(element), sts.get(element, 2)
    return code[:20] if not code or agency in _COMMON_AGENCIES else f"{agency[:20]}/{code[:20]}"


def _text_of(status: Status) -> str:
    """The status's and the reason's texts, and free text of the carrier (FTX)."""
    texts = [status.sts.get(1, 3), status.sts.get(2, 3)]
    texts += [
        " ".join(part.strip() for part in s.elements[3]) for s in status.own if s.tag == "FTX" and len(s.elements) > 3
    ]
    return ". ".join(t for t in texts if t.strip())


def _time_of(status: Status, table: Table, pointer: str) -> datetime:
    own, head = _times(status.own), _times(status.head)
    given = next((own[q] for q in _STATUS_TIMES if q in own), None) or head.get("137")
    found = time_of(*given, table.time_zone) if given else None
    if found is None:
        raise Rejected(Reason.INVALID, "a status has no time", [FieldError(f"{pointer}/DTM", "is not a time")])
    return found


def _times(segments: Sequence[Segment]) -> dict[str, tuple[str, str]]:
    """By qualifier, before the transport (TDT) whose plans follow."""
    times: dict[str, tuple[str, str]] = {}
    for segment in segments:
        if segment.tag == "TDT":
            break
        if segment.tag == "DTM":
            times.setdefault(segment.get(0), (segment.get(0, 1), segment.get(0, 2)))
    return times


def _place_of(status: Status) -> str | None:
    for segment in status.own:
        if segment.tag == "TDT":
            break
        if segment.tag == "LOC":
            return (segment.get(1, 3) or segment.get(1))[:MAX_PLACE] or None
    return None


def _carrier_of(status: Status) -> str:
    named = (s.get(1) for s in (*status.own, *status.consignment, *status.head) if s.tag == "NAD" and s.get(0) == "CA")
    return (next(filter(None, named), "") or status.sender)[:MAX_CARRIER].lower()


def pieces_of(status: Status, pointer: str = "/STS") -> list[str]:
    """The numbers that the status is about: packages (GIN), else the waybill, the equipment, the bill of lading.

    The status's own references count before its consignment's, and these before the message's. Raises `Rejected`.
    """
    packages = [n for s in status.own if s.tag == "GIN" for n in _identities(s)]
    number = (
        next(iter(packages), "") or _waybill(status) or _reference(status, _EQUIPMENT) or _reference(status, _BILLS)
    )
    found = packages or [number or _equipment(status)]
    return list(dict.fromkeys(tracking_number(n.replace(" ", ""), f"{pointer}/RFF") for n in found))


def _identities(gin: Segment) -> Iterator[str]:
    """GIN holds up to five numbers, or ranges of which the first is the piece's."""
    for element in range(1, len(gin.elements)):
        if gin.get(element):
            yield gin.get(element)


def _waybill(status: Status) -> str:
    own = _reference(status, _WAYBILLS, (status.own,))
    consignment = next((s.get(1) for s in status.consignment if s.tag == "CNI"), "")
    return own or consignment or _reference(status, _WAYBILLS)


def _reference(status: Status, qualifiers: Sequence[str], places: Sequence[Sequence[Segment]] | None = None) -> str:
    for segments in places or (status.own, status.consignment, status.head):
        numbers = {s.get(0): s.get(0, 1) for s in reversed(segments) if s.tag == "RFF"}
        found = next((numbers[q] for q in qualifiers if numbers.get(q)), "")
        if found:
            return found
    return ""


def _equipment(status: Status) -> str:
    return next((s.get(1) for s in (*status.own, *status.consignment, *status.head) if s.tag == "EQD"), "")


ADAPTER = Adapter(verify, normalise)
