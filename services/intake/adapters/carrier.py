"""Parcel scans of any carrier as CloudEvents "parcel.scan" (IN-2): by HTTP in three modes, or straight by Kafka."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from services.intake.adapters.cloudevents import Batch, CloudEvent, Reader
from services.intake.adapters.contact import interaction_id_of, originals
from services.intake.adapters.edge import EdgeInstant, Line, TrackingNumber, Word
from services.intake.adapters.person import CustomerOfPerson
from services.intake.adapters.signed import verify_signature
from services.intake.delivery import Accepted, Adapter, Delivery, Verified
from shared.contracts.parcels import PARCEL_SCANNED, ParcelScan, Shipment
from shared.contracts.personal import Personal
from shared.contracts.topics import PARCEL_EVENTS
from shared.messaging.message import Outgoing, outgoing
from shared.security.identity import IdentityKey

PARCEL_SCAN = "parcel.scan"
SOURCE = "intake"
PLACE = "scan"
"""A scan's id follows from its cause and this."""


def _short(value: Personal) -> Personal:
    if len(value.reveal()) > MAX_SIGNER:
        raise ValueError(f"at most {MAX_SIGNER} characters")
    return value


MAX_SIGNER = 100
Signer = Annotated[Personal, AfterValidator(_short)]
Grams = Annotated[int, Field(ge=0, le=100_000_000)]


class ScannedShipment(Shipment):
    """The contract's shipment, with a consignee as the carrier names one: read once, and written as it is."""

    model_config = ConfigDict(strict=True)

    product: Word = "standard"
    goods: Line | None = None
    weight_g: Grams = 0
    consignee: CustomerOfPerson = None
    merchant_id: Word | None = None
    origin: Line | None = None
    destination: Line | None = None
    promised_at: EdgeInstant | None = None


class Scan(ParcelScan):
    """The contract's scan in the strict types of the edge: what validates here needs no second validation."""

    model_config = ConfigDict(strict=True)

    tracking_number: TrackingNumber
    carrier: Word
    occurred_at: EdgeInstant
    place: Line | None = None
    description: Line | None = None
    signer: Signer | None = None
    estimated_at: EdgeInstant | None = None
    shipment: ScannedShipment | None = None


class ScanEvent(CloudEvent[Literal["parcel.scan"], Scan]):
    """A scan in CloudEvents' structured mode."""


READER = Reader(ScanEvent, Batch[Literal["parcel.scan"], Scan], Scan)


def scan_message(scan: ParcelScan, cause: str, now: datetime, traceparent: str | None) -> Outgoing:
    return outgoing(
        PARCEL_EVENTS,
        scan,
        type=PARCEL_SCANNED,
        key=scan.tracking_number,
        cause=cause,
        place=PLACE,
        time=now,
        source=SOURCE,
        traceparent=traceparent,
    )


def cause_of(gateway: str, source: str, event_id: str) -> str:
    """What a scan follows from: the same event, sent again in another push or batch, has the same cause."""
    return f"gateway/{gateway}/{source}/{event_id}"


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    context = {"identity": identity, "unknown": verified.cause}
    events = READER.read(delivery.headers, verified.payload, context)
    traceparent = delivery.traceparent
    push_id = interaction_id_of(verified.cause)
    scans = tuple(
        scan_message(e.data, cause_of(delivery.gateway.name, e.source, e.id), delivery.received_at, traceparent)
        for e in events
    )
    return Accepted(
        id=push_id,
        messages=(*originals(delivery, push_id, traceparent), *scans),
        answer={"id": push_id, "events": len(events)},
    )


ADAPTER = Adapter(verify_signature, normalise)
