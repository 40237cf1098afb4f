"""What became of one notice at its provider: three disjoint results (NO-2)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider will never take it. `reason` holds no personal data."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Delayed:
    """A passing failure: try again later."""

    reason: str


Delivery = Sent | Refused | Delayed
