"""EasyPost tracker webhook: an event with the whole track, each detail a scan with an id of its own."""

import unicodedata
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.intake.adapters.edge import Edge, read_json, require_media_type
from services.intake.adapters.hmac_body import require_hmac, secret_of
from services.intake.adapters.status_table import Table, meaning, table
from services.intake.adapters.track import (
    MAX_CARRIER,
    MAX_DESCRIPTION,
    MAX_PLACE,
    Scanned,
    accept_scans,
    digest,
    expected,
    instant,
    tracking_number,
)
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, Verified
from shared.contracts.parcels import Node, ParcelScan
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

SIGNATURE = "x-hmac-signature"
PREFIX = "hmac-sha256-hex="
SAYS_NOTHING = frozenset({"", "unknown"})
MAX_SIGNER = 100

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,40}$")] | None
Name = Annotated[str, Field(max_length=200)] | None
Moment = Annotated[str, Field(max_length=40)]


class Location(Edge):
    city: Name = None
    state: Name = None
    country: Name = None

    def named(self) -> str | None:
        return ", ".join(filter(None, (self.city, self.state, self.country)))[:MAX_PLACE] or None


class TrackingDetail(Edge):
    """One scan; `message` is the carrier's own wording, `description` EasyPost's."""

    datetime: Moment
    status: Code = None
    status_detail: Code = None
    message: Annotated[str, Field(max_length=2000)] | None = None
    description: Annotated[str, Field(max_length=2000)] | None = None
    tracking_location: Location | None = None


class Tracker(Edge):
    """A tracker as of now, its details oldest first."""

    tracking_code: Annotated[str, Field(max_length=100)]
    carrier: Annotated[str, Field(max_length=100)] | None = None
    status: Code = None
    status_detail: Code = None
    updated_at: Moment | None = None
    est_delivery_date: Moment | None = None
    signed_by: Annotated[str, Field(max_length=200)] | None = None
    tracking_details: Annotated[tuple[TrackingDetail, ...], Field(max_length=500)] = ()


class EasyPostEvent(Edge):
    """The body of the webhook. `result` is a Tracker where `description` begins with tracker."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=100)]
    result: dict[str, Any]


class TrackerEvent(EasyPostEvent):
    """tracker.created and tracker.updated."""

    result: Tracker  # type: ignore[assignment]


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    """The secret may hold any characters: EasyPost normalises it (NFKD) before it signs."""
    require_media_type(delivery.headers, "application/json")
    secret = unicodedata.normalize("NFKD", secret_of(delivery, credentials) or "")
    require_hmac(delivery, secret, SIGNATURE, "hex", PREFIX)
    return Verified(f"gateway/{delivery.gateway.name}/{digest(delivery.body)}", delivery.body)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    event = read_json(EasyPostEvent, verified.payload)
    caused = Verified(f"gateway/{delivery.gateway.name}/{event.id}", verified.payload)
    if not event.description.startswith("tracker."):
        return accept_scans(delivery, caused, (), nothing=f"event of no parcel ({event.description})")
    tracker = read_json(TrackerEvent, verified.payload).result
    return accept_scans(
        delivery, caused, scans_of(tracker, table("easypost")), nothing=f"tracker without a track ({tracker.status})"
    )


def scans_of(tracker: Tracker, table: Table) -> list[Scanned]:
    """The details as scans; a tracker without any that says where the parcel is stands for one. Raises `Rejected`."""
    details = tracker.tracking_details
    if not details and tracker.updated_at and (tracker.status or "") not in SAYS_NOTHING:
        details = (
            TrackingDetail(
                datetime=tracker.updated_at, status=tracker.status, status_detail=tracker.status_detail, message=""
            ),
        )
    if not details:
        return []
    number = tracking_number(tracker.tracking_code, "/result/tracking_code")
    scans = [_scan(tracker, number, detail, index, table) for index, detail in enumerate(details)]
    return expected(scans, tracker.est_delivery_date, table.time_zone)


def _scan(tracker: Tracker, number: str, detail: TrackingDetail, index: int, table: Table) -> Scanned:
    at = instant(detail.datetime, table.time_zone, f"/result/tracking_details/{index}/datetime")
    text = detail.message or detail.description or ""
    fine, coarse = detail.status_detail or "", detail.status or ""
    means = meaning(table, coarse or None, text) if fine in SAYS_NOTHING else meaning(table, fine, text, coarse)
    scan = ParcelScan(
        tracking_number=number,
        carrier=(tracker.carrier or "unknown")[:MAX_CARRIER].lower(),
        node=means.node,
        occurred_at=at,
        place=detail.tracking_location.named() if detail.tracking_location else None,
        description=text[:MAX_DESCRIPTION] or None,
        exception=means.exception,
        fault=means.fault,
        signer=_signer(tracker, means.node),
    )
    unknown = (f"{coarse}/{means.unknown_code}".strip("/"),) if means.unknown_code else ()
    return Scanned(scan, f"{number}/{at.isoformat()}/{coarse}/{fine}/{text}", unknown)


def _signer(tracker: Tracker, node: Node) -> Personal | None:
    return Personal(tracker.signed_by[:MAX_SIGNER]) if tracker.signed_by and node is Node.SIGNED else None


ADAPTER = Adapter(verify, normalise)
