"""One thing that a gateway is to deliver: what, when, by which way, and what it is good for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from demo.corpus import Intent
from demo.journey import Journey
from demo.population import Person


class Route(StrEnum):
    """HTTP gateways by name, mail, and the two topics that gateways may write to."""

    WEB = "web"
    PHONE = "phone"
    CARRIER = "carrier"
    KUAIDI100 = "kuaidi100"
    SF = "sf"
    SHOP = "shop"
    WECHAT = "wechat"
    WEIBO = "weibo"
    TWILIO = "twilio"
    MAIL = "mail"
    CONTACTS_TOPIC = "gateway-contacts.v1"
    PARCELS_TOPIC = "gateway-parcels.v1"

    @property
    def is_topic(self) -> bool:
        return self in (Route.CONTACTS_TOPIC, Route.PARCELS_TOPIC)


class Purpose(StrEnum):
    CONTACT = "contact"
    SCANS = "scans"
    ORDERS = "orders"
    FORGED = "forged"  # a signature that is not the gateway's: must be refused
    GARBAGE = "garbage"  # must be refused, or be found in the dead letters


@dataclass(frozen=True, slots=True)
class Contact:
    """Who wrote about what; `print` recognises the interaction where no answer named it (Kafka)."""

    channel: str
    person: Person
    intent: Intent
    journey: Journey | None
    print: str
    claim_kind: str | None = None


ScanKey = tuple[str, datetime]
"""Tracking number and time: what names a scan, by whatever way it came."""


@dataclass(frozen=True, slots=True)
class Sending:
    """`id`: webhook-id, Message-ID or ce_id. `deliveries`: how often the gateway delivers it (its retries)."""

    at: datetime
    route: Route
    purpose: Purpose
    id: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    key: bytes | None = None
    sender: str = ""
    recipient: str = ""
    deliveries: int = 1
    contact: Contact | None = None
    scans: tuple[ScanKey, ...] = ()
    note: str = ""


def print_of(occurred_at: datetime, text: str) -> str:
    """Recognises a contact by what was said when; two of them practically never agree."""
    return f"{occurred_at.astimezone(UTC).isoformat()} {text.strip()}"
