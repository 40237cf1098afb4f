"""EDIFACT IFTSTA (D.96A and later): each status (STS) of each consignment (CNI) a scan of each piece it is about."""

from collections.abc import Iterator, Mapping, Sequence
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
from shared.contracts.parcels import ParcelScan
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
class Facts:
    """What the segments of a message's head, a consignment or a status say; read once, whoever asks how often."""

    references: Mapping[str, str]
    times: Mapping[str, tuple[str, str]]
    carrier: str
    equipment: str
    place: str


@dataclass(frozen=True, slots=True)
class Status:
    """A status: `own` are the segments behind its STS; `facts` are its own, its consignment's and its message's.

    `waybill` is the number of its CNI.
    """

    sts: Segment
    own: Sequence[Segment]
    facts: tuple[Facts, Facts, Facts]
    waybill: str
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
        for scanned in scans_of(status, number, codes, delivery.gateway.name):
            if len(scans) == MAX_SCANS:
                raise Rejected(Reason.TOO_LARGE, f"more than {MAX_SCANS} scans; send several interchanges")
            scans.append(scanned)
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
    head, *consignments = _cut(message.segments, "CNI")
    about, *statuses = _cut(head, "STS")
    known = facts_of(about)
    yield from _statuses(statuses, facts_of(()), known, "", message.sender)
    for cni, *rest in consignments:
        about, *statuses = _cut(rest, "STS")
        yield from _statuses(statuses, facts_of(about), known, cni.get(1), message.sender)


def _statuses(
    groups: Sequence[Sequence[Segment]], consignment: Facts, head: Facts, waybill: str, sender: str
) -> Iterator[Status]:
    for sts, *own in groups:
        yield Status(sts, own, (facts_of(own), consignment, head), waybill, sender)


def _cut(segments: Sequence[Segment], tag: str) -> list[list[Segment]]:
    """What stands before the first segment of that tag (also where it is nothing), then one group for each."""
    groups: list[list[Segment]] = [[]]
    for segment in segments:
        if segment.tag == tag:
            groups.append([])
        groups[-1].append(segment)
    return groups


def facts_of(segments: Sequence[Segment]) -> Facts:
    """The first of its kind counts; times and places before the transport (TDT), whose plans follow it."""
    references: dict[str, str] = {}
    times: dict[str, tuple[str, str]] = {}
    named = {"carrier": "", "equipment": "", "place": ""}
    planned = False
    for segment in segments:
        match segment.tag:
            case "RFF" if segment.get(0, 1):
                references.setdefault(segment.get(0), segment.get(0, 1))
            case "TDT":
                planned = True
            case "DTM" if not planned:
                times.setdefault(segment.get(0), (segment.get(0, 1), segment.get(0, 2)))
            case "LOC" if not planned:
                named["place"] = named["place"] or segment.get(1, 3) or segment.get(1)
            case "NAD" if segment.get(0) == "CA":
                named["carrier"] = named["carrier"] or segment.get(1)
            case "EQD":
                named["equipment"] = named["equipment"] or segment.get(1)
    return Facts(references, times, **named)


def scans_of(status: Status, number: int, table: Table, gateway: str) -> Iterator[Scanned]:
    """One scan for each piece that the status is about. Raises `Rejected`."""
    pointer = f"/STS/{number}"
    at = _time_of(status, table, pointer)
    code, reason = _code(status.sts, 1), _code(status.sts, 2)
    text = _text_of(status)
    means = meaning(table, code or None, text)
    why = table.reasons.get(reason)
    unknown = [c for c in (means.unknown_code, f"reason/{reason}" if reason and not why else None) if c]
    place = status.facts[0].place[:MAX_PLACE] or None
    carrier = next(filter(None, (f.carrier for f in status.facts)), status.sender)[:MAX_CARRIER].lower() or gateway
    for piece in pieces_of(status, pointer):
        scan = ParcelScan(
            tracking_number=piece,
            carrier=carrier,
            node=means.node,
            occurred_at=at,
            place=place,
            description=text[:MAX_DESCRIPTION] or None,
            exception=why.exception if why else means.exception,
            fault=why.fault if why else means.fault,
        )
        yield Scanned(scan, f"{piece}/{at.isoformat()}/{code}/{reason}/{place or ''}/{text}", tuple(unknown))


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
    own, _, head = (facts.times for facts in status.facts)
    given = next((own[q] for q in _STATUS_TIMES if q in own), None) or head.get("137")
    found = time_of(*given, table.time_zone) if given else None
    if found is None:
        raise Rejected(Reason.INVALID, "a status has no time", [FieldError(f"{pointer}/DTM", "is not a time")])
    return found


def pieces_of(status: Status, pointer: str = "/STS") -> Iterator[str]:
    """The numbers that the status is about: packages (GIN), else the waybill, the equipment, the bill of lading.

    The status's own references count before its consignment's, and these before the message's. Raises `Rejected`.
    """
    packages = [n for s in status.own if s.tag == "GIN" for n in _identities(s)]
    numbers = packages or [_number_of(status)]
    for number in dict.fromkeys(n.replace(" ", "") for n in numbers):
        yield tracking_number(number, f"{pointer}/RFF")


def _number_of(status: Status) -> str:
    own = status.facts[:1]
    return (
        _reference(own, _WAYBILLS)
        or status.waybill
        or _reference(status.facts, _WAYBILLS)
        or _reference(status.facts, _EQUIPMENT)
        or next(filter(None, (f.equipment for f in status.facts)), "")
        or _reference(status.facts, _BILLS)
    )


def _reference(places: Sequence[Facts], qualifiers: Sequence[str]) -> str:
    return next((f.references[q] for f in places for q in qualifiers if q in f.references), "")


def _identities(gin: Segment) -> Iterator[str]:
    """GIN holds several numbers, or ranges, of which the first is the piece's."""
    for element in range(1, len(gin.elements)):
        if gin.get(element):
            yield gin.get(element)


ADAPTER = Adapter(verify, normalise)
