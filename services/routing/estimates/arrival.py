"""When a parcel arrives: what is left of its route, after what holds it up (RO-11). Pure.

It needs the node, the product and the exception alone, so nothing of it is kept of the parcels that are well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.routing.estimates.table import ARRIVED, EstimateRules
from shared.contracts.estimates import ArrivalEstimate, EstimateBasis
from shared.contracts.parcels import Parcel

Cause = Literal["exception", "incident"]


@dataclass(frozen=True, slots=True)
class Held:
    """Something holds the parcel up since `since`. `until` None: nobody can say how long."""

    since: datetime
    until: datetime | None
    basis: Cause = "exception"


def arrival(parcel: Parcel, held: Held | None, rules: EstimateRules, now: datetime) -> ArrivalEstimate | None:
    """Never before `now`; the longer it is held, the later. None: it has arrived, or nobody can say."""
    if parcel.node in ARRIVED or (held is not None and held.until is None):
        return None
    said = _said_by_carrier(parcel, held, now)
    if said is not None:
        return _estimate(said, "carrier", held)
    if held is None:
        return _estimate(rules.delivery.closing(_unhindered(parcel, rules, now)), "route", None)
    assert held.until is not None
    goes_on = max(held.until, now)
    return _estimate(rules.delivery.closing(goes_on + _left(parcel, held, rules)), held.basis, held)


def promised(parcel: Parcel) -> datetime | None:
    """The carrier's estimate, else what was promised at the start, whatever befell the parcel since."""
    if parcel.estimate is not None:
        return parcel.estimate.arrives_at
    return parcel.shipment.promised_at if parcel.shipment else None


def _said_by_carrier(parcel: Parcel, held: Held | None, now: datetime) -> datetime | None:
    """The carrier's word, as far as it knew of what holds the parcel up; a time that has passed says nothing."""
    said = promised(parcel)
    if said is None or said <= now:
        return None
    if held is None:
        return said
    return said if parcel.estimate is not None and parcel.estimate.stated_at >= held.since else None


def _unhindered(parcel: Parcel, rules: EstimateRules, now: datetime) -> datetime:
    left = rules.left(parcel)
    usual = (parcel.track[-1].at if parcel.track else now) + left
    return usual if usual > now else now + left


def _left(parcel: Parcel, held: Held, rules: EstimateRules) -> timedelta:
    """What was left by the carrier's own word when the parcel was stopped, unless it has moved since."""
    said = promised(parcel)
    moved = bool(parcel.track) and parcel.track[-1].at > held.since
    return rules.left(parcel) if said is None or said <= held.since or moved else said - held.since


def _estimate(at: datetime, basis: EstimateBasis, held: Held | None) -> ArrivalEstimate:
    return ArrivalEstimate(
        at=at,
        basis=basis,
        held_since=held.since if held else None,
        held_until=held.until if held else None,
    )
