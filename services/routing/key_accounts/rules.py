"""Who is a key account by volume: how many parcels in a calendar month, and for how long it holds (RO-5)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from shared.contracts.orders import OrderStage

Month = str
"""A calendar month as 2026-11: sorts as time goes."""
Counted = Literal["buyer", "shop"]


@dataclass(frozen=True, slots=True)
class KeyAccountRules:
    """key_accounts.yaml. More than `parcels_over` parcels in a month of `zone`: `tier`, for the rest of that month and
    `months_after` more. `stages`: of an order, whose parcels count; `counted_for`: whose they are."""

    parcels_over: int
    months_after: int
    zone: ZoneInfo
    stages: frozenset[OrderStage]
    counted_for: frozenset[Counted]
    tier: str

    @property
    def kept(self) -> int:
        """So many parcels of a month are enough to know."""
        return self.parcels_over + 1

    def month_of(self, at: datetime) -> Month:
        return f"{at.astimezone(self.zone):%Y-%m}"

    def oldest(self, now: datetime) -> Month:
        """The earliest month that still matters."""
        return _shifted(self.month_of(now), -self.months_after)

    def ends_at(self, month: Month) -> datetime:
        """Until when (UTC, exclusive) a month's parcels matter."""
        year, number = _parts(_shifted(month, 1 + self.months_after))
        return datetime(year, number, 1, tzinfo=self.zone).astimezone(UTC)


def _parts(month: Month) -> tuple[int, int]:
    year, number = month.split("-")
    return int(year), int(number)


def _shifted(month: Month, months: int) -> Month:
    year, number = _parts(month)
    years, left = divmod(year * 12 + number - 1 + months, 12)
    return f"{years:04d}-{left + 1:02d}"
