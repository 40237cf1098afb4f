"""What Prometheus reads at a scrape (ME-1)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from services.metrics.exporter import IndicatorCollector, Snapshot
from services.metrics.fold import fold
from services.metrics.indicator import BACKLOG, FIRST_RESPONSE, INDICATORS, NOTICES
from services.metrics.labels import hour_of
from services.metrics.series import BRACKETS, Totals, bracket_of, by_age
from services.metrics.shapes import Type
from services.metrics.zero import zeros
from shared.contracts.base import Contract
from tests.unit.metrics import events

pytestmark = pytest.mark.req("ME-1")

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def totals_of(given: list[Contract]) -> dict[tuple[str, tuple[str, ...]], int]:
    totals: dict[tuple[str, tuple[str, ...]], int] = {}
    for (name, labels, _), amount in fold(events.batch(given)).amounts.items():
        totals[name, labels] = totals.get((name, labels), 0) + amount
    return totals


def scrape(snapshot: Snapshot, now: datetime = events.START) -> Samples:
    registry = CollectorRegistry()
    registry.register(IndicatorCollector(lambda: snapshot, lambda: now))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(s.name, frozenset(s.labels.items())): s.value for f in families for s in f.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def shown(totals: Totals, now: datetime = events.START) -> Samples:
    return scrape(Snapshot(read_at=events.START, totals=totals), now)


def test_counters_and_gauges() -> None:
    samples = shown(totals_of(events.everything()))
    opened = {"channel": "web", "kind": "complaint", "tag": "delay", "origin": "contact"}
    assert value(samples, "parcelcare_cases_opened_total", **opened) == 1
    assert value(samples, "parcelcare_payout_fen_total", kind="loss") == 12_345
    assert value(samples, "parcelcare_claims", state="paid", kind="loss") == 1
    assert value(samples, "parcelcare_claims", state="awaiting_evidence", kind="loss") == 0


def test_a_histogram_is_cumulative_and_in_seconds() -> None:
    samples = shown(totals_of([*events.case_life()]))
    labels = {"channel": "web", "kind": "complaint"}
    name = "parcelcare_first_response_seconds"
    bounds = [900.0, 1800.0, 3600.0]
    assert [value(samples, f"{name}_bucket", **labels, le=str(b)) for b in bounds] == [0, 1, 1]
    assert value(samples, f"{name}_bucket", **labels, le="+Inf") == 1
    assert value(samples, f"{name}_count", **labels) == 1
    assert value(samples, f"{name}_sum", **labels) == 1200


@pytest.mark.req("ME-2")
def test_the_targets_are_bounds_of_the_histograms() -> None:
    assert {30_000, 5_400_000} <= set(FIRST_RESPONSE.bounds_ms)


def test_backlog_ages_as_time_passes() -> None:
    totals = totals_of([events.case_life()[0]])
    for hours, bracket in [(0, "0-1h"), (1, "1-2h"), (3, "2-4h"), (30, "24-72h"), (100, "72h+")]:
        samples = shown(totals, events.START + timedelta(hours=hours))
        found = {b: value(samples, "parcelcare_backlog_cases", group="east", age=b) for b in BRACKETS}
        assert found == dict.fromkeys(BRACKETS, 0) | {bracket: 1}


@pytest.mark.parametrize(("age", "bracket"), [(-1, "0-1h"), (0, "0-1h"), (7, "4-8h"), (8, "8-24h"), (72, "72h+")])
def test_brackets(age: int, bracket: str) -> None:
    assert bracket_of(age) == bracket


def test_a_group_that_never_had_cases_is_not_in_the_backlog() -> None:
    assert by_age({}, events.START) == {}
    slots: dict[tuple[str, ...], int] = {
        ("east", str(hour_of(events.START))): 3,
        ("west", str(hour_of(events.START) - 5)): 2,
    }
    ages = by_age(slots, events.START)
    assert (ages["east", "0-1h"], ages["west", "4-8h"], sum(ages.values())) == (3, 2, 5)


def test_a_gauge_is_never_below_zero() -> None:
    """The −1 of a case can be counted before its +1 where another process holds the partition up."""
    samples = shown({("parcel_exceptions_open", ("delay", "sf")): -1})
    assert value(samples, "parcelcare_parcel_exceptions_open", kind="delay", carrier="sf") == 0


def test_possible_series_are_shown_at_zero() -> None:
    samples = shown({})
    assert value(samples, "parcelcare_sla_clock_changes_total", clock="legal_answer", change="breached") == 0
    assert value(samples, "parcelcare_stage_seconds_count", stage="contact_to_case") == 0
    assert len(zeros(NOTICES)) == 36
    assert zeros(BACKLOG) == ()


def test_nothing_is_shown_while_figures_are_rebuilt() -> None:
    names = {
        name for name, _ in scrape(Snapshot(read_at=events.START, rebuilding=True, lag={("metrics", "cases.v1"): 5}))
    }
    assert not any(name.startswith("parcelcare_cases") for name in names)
    assert {"parcelcare_indicators_rebuilding", "parcelcare_kafka_lag_records"} <= names


def test_lag_and_dead_letters() -> None:
    samples = scrape(
        Snapshot(
            read_at=datetime(2026, 1, 1, tzinfo=UTC),
            lag={("routing", "interactions.v1"): 7},
            dead_letters={("claims", "schema"): 2},
        )
    )
    assert value(samples, "parcelcare_kafka_lag_records", group="routing", topic="interactions.v1") == 7
    assert value(samples, "parcelcare_dead_letters", group="claims", reason="schema") == 2
    assert value(samples, "parcelcare_indicators_rebuilding") == 0


def test_every_indicator_has_a_family() -> None:
    names = {name for name, _ in shown(totals_of(events.everything()))}
    suffix = {Type.COUNTER: "_total", Type.GAUGE: "", Type.HISTOGRAM: "_count"}
    assert {f"parcelcare_{i.name}{suffix[i.type]}" for i in INDICATORS} <= names | {
        "parcelcare_backlog_cases",
        "parcelcare_escalations_total",
        "parcelcare_sign_dispute_areas_total",
        "parcelcare_payouts_refused_total",
        "parcelcare_claim_reviews_total",
    }
