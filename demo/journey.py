"""The way of one parcel: its terms of carriage, and every scan that the carriers will make of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from demo.market import Carrier, City, Goods, Product
from demo.population import Person


class Fate(StrEnum):
    """What becomes of a parcel."""

    NORMAL = "normal"
    STALLED = "stalled"  # no scan for 48 h comes due during the day; most move on later
    LOST = "lost"
    VANISHED = "vanished"  # lost, and the carrier does not say so
    DAMAGED = "damaged"  # a carrier's scan says so
    FAILED = "failed"
    REFUSED = "refused"
    WRONG_ADDRESS = "wrong_address"
    MISROUTED = "misrouted"
    HELD_BY_CUSTOMS = "held_by_customs"
    WEATHER = "weather"
    WRONG_SIGN = "wrong_sign"


class Way(StrEnum):
    """By which gateway the scans of a parcel come."""

    TOPIC = "parcels-topic"
    CLOUD_EVENTS = "carrier"
    KUAIDI100 = "kuaidi100"
    SF = "sf"


@dataclass(frozen=True, slots=True)
class PlannedScan:
    """One line of a track; no two of a parcel have the same second."""

    at: datetime
    node: str
    place: str
    description: str
    exception: str | None = None
    fault: str | None = None
    signer: str | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """A parcel; money in fen, weight in grams. `phone_masked`: the label shows 199****0123."""

    tracking_number: str
    order_number: str
    carrier: Carrier
    product: Product
    goods: Goods
    value_fen: int
    insured_fen: int
    declared_fen: int
    weight_g: int
    limit_notified: bool
    origin: City
    destination: City
    abroad: bool
    outlet: str
    shop: str
    consignee: Person
    phone_masked: bool
    fate: Fate
    way: Way
    promised_at: datetime
    scans: tuple[PlannedScan, ...]

    @property
    def freight_fen(self) -> int:
        return self.product.freight_fen(self.weight_g)

    def seen_at(self, moment: datetime) -> tuple[PlannedScan, ...]:
        """The scans until then, oldest first."""
        return tuple(scan for scan in self.scans if scan.at <= moment)
