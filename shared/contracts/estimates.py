"""When a parcel is expected: the carrier's own words, and our estimate, revised by what befalls it (RO-11)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant


class CarrierEstimate(Contract):
    """What the carrier itself says of the arrival (承运方预计送达)."""

    arrives_at: Instant
    stated_at: Instant = Field(description="what befell the parcel later is not in it")


EstimateBasis = Literal["carrier", "route", "exception", "incident"]
"""What it follows from: the carrier's words; what is usually left of the route; the same after what holds it up."""


class ArrivalEstimate(Contract):
    """When a parcel is expected (预计送达), as its customer was told."""

    at: Instant
    basis: EstimateBasis
    held_since: Instant | None = Field(None, description="when it was found that something holds the parcel up")
    held_until: Instant | None = Field(None, description="so long, as far as the tables and the incident say")


class EstimateMoved(Contract):
    """The parcel is expected at another time, by more than the table's tolerance, or nobody can say any more."""

    type: Literal["estimate_moved"] = "estimate_moved"
    before: Instant | None = None
    after: Instant | None = None
    told: bool = Field(True, description="False: the incident that the case is under tells its customer")
