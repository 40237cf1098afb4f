"""AfterShip webhook (v4 and dated versions): a tracking with its checkpoints, each a scan with an id of its own."""

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

SIGNATURE = "aftership-hmac-sha256"
UPDATE = "tracking_update"
MAX_SIGNER = 100

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,40}$")] | None
Name = Annotated[str, Field(max_length=300)] | None


class Checkpoint(Edge):
    """One scan. `checkpoint_time` is the place's local time, with an offset where the carrier gives one."""

    checkpoint_time: Annotated[str, Field(max_length=40)]
    slug: Annotated[str, Field(max_length=100)] | None = None
    tag: Code = None
    subtag: Code = None
    message: Annotated[str, Field(max_length=4000)] | None = None
    location: Name = None
    city: Name = None
    state: Name = None
    country_name: Name = None
    country_region_name: Name = None

    def place(self) -> str | None:
        parts = (self.city, self.state, self.country_region_name or self.country_name)
        return (self.location or ", ".join(filter(None, parts)))[:MAX_PLACE] or None


class Tracking(Edge):
    """A tracking as of now, its checkpoints oldest first."""

    tracking_number: Annotated[str, Field(max_length=100)]
    slug: Annotated[str, Field(max_length=100)] | None = None
    tag: Code = None
    expected_delivery: Annotated[str, Field(max_length=40)] | None = None
    signed_by: Annotated[str, Field(max_length=200)] | None = None
    checkpoints: Annotated[tuple[Checkpoint, ...], Field(max_length=500)] = ()


class AfterShipEvent(Edge):
    """The body of the webhook; v4 has no event_id. `msg` is a Tracking where `event` is tracking_update."""

    event: Annotated[str, Field(max_length=100)]
    event_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    msg: dict[str, Any]


class TrackingUpdate(AfterShipEvent):
    msg: Tracking  # type: ignore[assignment]


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_media_type(delivery.headers, "application/json")
    require_hmac(delivery, secret_of(delivery, credentials), SIGNATURE, "base64")
    return Verified(f"gateway/{delivery.gateway.name}/{digest(delivery.body)}", delivery.body)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    event = read_json(AfterShipEvent, verified.payload)
    if event.event_id:
        verified = Verified(f"gateway/{delivery.gateway.name}/{event.event_id}", verified.payload)
    if event.event != UPDATE:
        return accept_scans(delivery, verified, (), nothing=f"event of no scan ({event.event})")
    tracking = read_json(TrackingUpdate, verified.payload).msg
    return accept_scans(
        delivery, verified, scans_of(tracking, table("aftership")), nothing=f"no checkpoint ({tracking.tag})"
    )


def scans_of(tracking: Tracking, table: Table) -> list[Scanned]:
    """Raises `Rejected`."""
    if not tracking.checkpoints:
        return []
    number = tracking_number(tracking.tracking_number, "/msg/tracking_number")
    scans = [_scan(tracking, number, point, index, table) for index, point in enumerate(tracking.checkpoints)]
    return expected(scans, tracking.expected_delivery, table.time_zone)


def _scan(tracking: Tracking, number: str, point: Checkpoint, index: int, table: Table) -> Scanned:
    at = instant(point.checkpoint_time, table.time_zone, f"/msg/checkpoints/{index}/checkpoint_time")
    text = point.message or ""
    fine, coarse = point.subtag or "", point.tag or ""
    means = meaning(table, fine or coarse or None, text, coarse)
    scan = ParcelScan(
        tracking_number=number,
        carrier=(point.slug or tracking.slug or "unknown")[:MAX_CARRIER],
        node=means.node,
        occurred_at=at,
        place=point.place(),
        description=text[:MAX_DESCRIPTION] or None,
        exception=means.exception,
        fault=means.fault,
        signer=_signer(tracking, means.node),
    )
    unknown = (means.unknown_code,) if means.unknown_code else ()
    return Scanned(scan, f"{number}/{at.isoformat()}/{fine or coarse}/{text}", unknown)


def _signer(tracking: Tracking, node: Node) -> Personal | None:
    return Personal(tracking.signed_by[:MAX_SIGNER]) if tracking.signed_by and node is Node.SIGNED else None


ADAPTER = Adapter(verify, normalise)
