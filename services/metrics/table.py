"""The figures as a table for people and programs: what GET /v1/indicators answers. Pure."""

from collections.abc import Iterator
from datetime import datetime
from math import isinf

from pydantic import BaseModel, Field

from services.metrics.indicator import INDICATORS
from services.metrics.series import ByLabels, Totals, as_shown, by_indicator, histogram_series
from services.metrics.shapes import Indicator, Type


class SeriesRow(BaseModel):
    """One series: `value` of counters and gauges; count, sum and cumulative buckets of histograms (seconds)."""

    labels: dict[str, str]
    value: int | None = None
    count: int | None = None
    sum_seconds: float | None = None
    buckets: dict[str, int] | None = None


class IndicatorRow(BaseModel):
    name: str
    type: Type
    help: str
    unit: str
    total: int = Field(description="sum of the values, or of the counts of a histogram")
    series: list[SeriesRow]


class IndicatorTable(BaseModel):
    """All indicators, since the beginning or within whole hours (then without gauges)."""

    as_of: datetime
    start: datetime | None = None
    end: datetime | None = None
    indicators: list[IndicatorRow]


def table(totals: Totals, now: datetime, start: datetime | None = None, end: datetime | None = None) -> IndicatorTable:
    grouped = by_indicator(totals)
    shown = [i for i in INDICATORS if start is None or i.type is not Type.GAUGE]
    rows = [_row(i, as_shown(i, grouped[i.name], now)) for i in shown]
    return IndicatorTable(as_of=now, start=start, end=end, indicators=rows)


def _row(indicator: Indicator, values: ByLabels) -> IndicatorRow:
    series = list(_series(indicator, values))
    return IndicatorRow(
        name=indicator.name,
        type=indicator.type,
        help=indicator.help,
        unit=indicator.unit,
        total=sum((s.count if s.value is None else s.value) or 0 for s in series),
        series=series,
    )


def _series(indicator: Indicator, values: ByLabels) -> Iterator[SeriesRow]:
    names = indicator.label_names
    if indicator.type is Type.HISTOGRAM:
        for labels, buckets, total_s in histogram_series(indicator, values):
            shown = {"+Inf" if isinf(bound) else f"{bound:g}": count for bound, count in buckets}
            yield SeriesRow(
                labels=dict(zip(names, labels, strict=True)),
                count=shown["+Inf"],
                sum_seconds=total_s,
                buckets=shown,
            )
        return
    for labels, amount in sorted(values.items()):
        yield SeriesRow(labels=dict(zip(names, labels, strict=True)), value=amount)
