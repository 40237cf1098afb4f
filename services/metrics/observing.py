"""One observation of a histogram as increments. Pure."""

from bisect import bisect_left
from datetime import datetime

from services.metrics.shapes import INFINITY, SUM, Indicator

Increments = list[tuple[Indicator, tuple[str, ...], int]]
"""Indicator, labels, amount."""


def observe(found: Increments, histogram: Indicator, labels: tuple[str, ...], start: datetime, end: datetime) -> None:
    """One observation: its bracket and its length in whole milliseconds (never negative: clocks differ)."""
    ms = max(0, round((end - start).total_seconds() * 1000))
    place = bisect_left(histogram.bounds_ms, ms)
    bound = str(histogram.bounds_ms[place]) if place < len(histogram.bounds_ms) else INFINITY
    found.append((histogram, (*labels, bound), 1))
    found.append((histogram, (*labels, SUM), ms))
