"""From stored totals to series as they are shown: zeros, ages of the backlog, cumulative buckets. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from services.metrics.indicator import AGE_BOUNDS_H, BACKLOG, INDICATORS, LEGAL_OPEN, WORK_ORDERS_OPEN
from services.metrics.shapes import INFINITY, SUM, Indicator
from services.metrics.zero import zeros
from shared.contracts.legal import LegalKind

SOON_H = 48
Totals = Mapping[tuple[str, tuple[str, ...]], int]
ByLabels = Mapping[tuple[str, ...], int]


def by_indicator(totals: Totals) -> dict[str, dict[tuple[str, ...], int]]:
    """The amounts of each indicator, with a zero for each series that is known to be possible."""
    grouped: dict[str, dict[tuple[str, ...], int]] = {
        indicator.name: dict.fromkeys(zeros(indicator), 0) for indicator in INDICATORS
    }
    for (name, labels), amount in totals.items():
        grouped[name][labels] = amount
    return grouped


def histogram_series(
    indicator: Indicator, values: ByLabels
) -> Iterator[tuple[tuple[str, ...], list[tuple[float, int]], float]]:
    """Labels, cumulative buckets by upper bound in seconds, and the sum in seconds."""
    bounds = [*(str(bound) for bound in indicator.bounds_ms), INFINITY]
    for labels in sorted({series[:-1] for series in values}):
        count = 0
        buckets: list[tuple[float, int]] = []
        for bound in bounds:
            count += values.get((*labels, bound), 0)
            buckets.append((float(bound) / 1000, count))
        yield labels, buckets, values.get((*labels, SUM), 0) / 1000


def as_shown(indicator: Indicator, values: ByLabels, now: datetime) -> ByLabels:
    """A gauge that is kept by hours is shown by brackets of them."""
    if indicator in (BACKLOG, WORK_ORDERS_OPEN):
        return by_age(values, now)
    return legal_by_end(values, now) if indicator is LEGAL_OPEN else values


def legal_by_end(slots: ByLabels, now: datetime) -> dict[tuple[str, ...], int]:
    """From (kind, hour of its end) to (kind, `48h` or `later`); each kind shows both."""
    soon = int(now.timestamp()) // 3600 + SOON_H
    ends: dict[tuple[str, ...], int] = {(kind.value, due): 0 for kind in LegalKind for due in ("48h", "later")}
    for (kind, hour), amount in slots.items():
        ends[kind, "48h" if int(hour) < soon else "later"] += amount
    return ends


def by_age(slots: ByLabels, now: datetime) -> dict[tuple[str, ...], int]:
    """From (whose…, hour of opening) to (whose…, age bracket); each of them shows all its brackets."""
    this_hour = int(now.timestamp()) // 3600
    ages: dict[tuple[str, ...], int] = {}
    for (*whose, opened), amount in slots.items():
        for bracket in BRACKETS:
            ages.setdefault((*whose, bracket), 0)
        ages[*whose, bracket_of(this_hour - int(opened))] += amount
    return ages


def _brackets() -> tuple[str, ...]:
    edges = (0, *AGE_BOUNDS_H)
    closed = tuple(f"{low}-{high}h" for low, high in pairwise(edges))
    return (*closed, f"{edges[-1]}h+")


BRACKETS = _brackets()


def bracket_of(age_h: int) -> str:
    return next((BRACKETS[n] for n, bound in enumerate(AGE_BOUNDS_H) if age_h < bound), BRACKETS[-1])
