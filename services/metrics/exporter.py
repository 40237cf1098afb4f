"""Prometheus' view of the figures: families built from the latest snapshot at each scrape (ME-1).

Every process exports the totals of all processes: aggregate over `instance` with max, never with sum.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from services.metrics.indicator import INDICATORS, PREFIX
from services.metrics.series import ByLabels, Totals, as_shown, by_indicator, histogram_series
from services.metrics.shapes import Indicator, Type


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known at `read_at`; `totals` None: nothing yet, or a rebuild is under way."""

    read_at: datetime | None = None
    totals: Totals | None = None
    rebuilding: bool = False
    lag: Mapping[tuple[str, str], int] = field(default_factory=dict)
    dead_letters: Mapping[tuple[str, str], int] = field(default_factory=dict)


class IndicatorCollector(Collector):
    """`snapshot` gives the latest one, `now` the business time that the backlog's age is measured at."""

    def __init__(self, snapshot: Callable[[], Snapshot], now: Callable[[], datetime]) -> None:
        self._snapshot = snapshot
        self._now = now

    def describe(self) -> Iterable[Metric]:
        """Empty: the registry is not to collect while the process is being built."""
        return ()

    def collect(self) -> Iterator[Metric]:
        snapshot = self._snapshot()
        now = self._now()
        yield from _about_us(snapshot, now)
        yield _lag(snapshot.lag)
        yield _dead_letters(snapshot.dead_letters)
        if snapshot.totals is not None:
            yield from families(snapshot.totals, now)


def families(totals: Totals, now: datetime) -> Iterator[Metric]:
    """One family for each indicator of the list."""
    grouped = by_indicator(totals)
    for indicator in INDICATORS:
        values = grouped[indicator.name]
        yield family(indicator, as_shown(indicator, values, now))


def family(indicator: Indicator, values: ByLabels) -> Metric:
    name, names = PREFIX + indicator.name, indicator.label_names
    if indicator.type is Type.HISTOGRAM:
        histogram = HistogramMetricFamily(name, indicator.help, labels=names)
        for labels, buckets, total_s in histogram_series(indicator, values):
            histogram.add_metric(labels, [(_le(bound), n) for bound, n in buckets], total_s)
        return histogram
    if indicator.type is Type.COUNTER:
        counter = CounterMetricFamily(name, indicator.help, labels=names)
        for labels, amount in sorted(values.items()):
            counter.add_metric(labels, amount)
        return counter
    gauge = GaugeMetricFamily(name, indicator.help, labels=names)
    for labels, amount in sorted(values.items()):
        # Below zero for a moment where the −1 of one partition overtakes the +1 of another process.
        gauge.add_metric(labels, max(0, amount))
    return gauge


def _about_us(snapshot: Snapshot, now: datetime) -> Iterator[Metric]:
    rebuilding = GaugeMetricFamily(
        PREFIX + "indicators_rebuilding", "1 while figures are withheld because they are being rebuilt."
    )
    rebuilding.add_metric((), int(snapshot.rebuilding))
    yield rebuilding
    if snapshot.read_at is not None:
        read = GaugeMetricFamily(
            PREFIX + "indicators_read_timestamp_seconds", "When the figures were last read from the database."
        )
        read.add_metric((), snapshot.read_at.timestamp())
        yield read


def _lag(lag: Mapping[tuple[str, str], int]) -> Metric:
    gauge = GaugeMetricFamily(
        PREFIX + "kafka_lag_records",
        "Records of a topic that a consumer group has not finished, as the broker sees it.",
        labels=("group", "topic"),
    )
    for labels, records in sorted(lag.items()):
        gauge.add_metric(labels, records)
    return gauge


def _dead_letters(letters: Mapping[tuple[str, str], int]) -> Metric:
    gauge = GaugeMetricFamily(
        PREFIX + "dead_letters",
        "Dead letters that wait for a person, by the group that gave up and the class of the reason.",
        labels=("group", "reason"),
    )
    for labels, count in sorted(letters.items()):
        gauge.add_metric(labels, count)
    return gauge


def _le(bound: float) -> str:
    """As Prometheus itself writes a bound: 30.0, +Inf."""
    return str(floatToGoString(bound))  # type: ignore[no-untyped-call]
