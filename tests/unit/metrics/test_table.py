"""The figures as JSON (ME-1)."""

from datetime import datetime

import pytest

from services.metrics.table import IndicatorRow, table
from tests.unit.metrics import events
from tests.unit.metrics.test_exporter import totals_of

pytestmark = pytest.mark.req("ME-1")


def row(name: str, **span: datetime) -> IndicatorRow:
    rows = table(totals_of(events.everything()), events.START, **span).indicators
    return next(r for r in rows if r.name == name)


def test_counters_have_a_value_and_a_total() -> None:
    contacts = row("contacts")
    assert contacts.total == 2
    assert {s.labels["channel"]: s.value for s in contacts.series} == {"web": 1, "phone": 1}


def test_histograms_have_count_sum_and_buckets() -> None:
    (series,) = row("resolution_seconds").series
    assert (series.count, series.sum_seconds) == (2, 24_000)
    assert series.buckets is not None
    assert (series.buckets["3600"], series.buckets["7200"], series.buckets["+Inf"]) == (0, 1, 2)


def test_a_span_of_hours_has_no_gauges() -> None:
    names = {r.name for r in table({}, events.START, events.START, events.at(60)).indicators}
    assert "contacts" in names
    assert names.isdisjoint({"backlog_cases", "claims", "parcel_exceptions_open"})
