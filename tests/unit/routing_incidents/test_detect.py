"""RO-12: many exceptions are an incident where so many would be too improbable by chance."""

from datetime import datetime, timedelta
from math import exp, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.incidents.cause import Cell, cause_of, covers, key_of, region_of, site_of
from services.routing.incidents.detect import (
    Found,
    History,
    Tally,
    expected_in,
    poisson_tail,
    suspects,
    unexplained,
    verdicts,
)
from shared.contracts.incidents import Cause, Scope
from shared.contracts.parcels import ExceptionKind
from tests.unit.routing.builders import HUB, NOON, after, incident, incident_rules

pytestmark = pytest.mark.req("RO-12")

NOTHING_BEFORE = History(0, 0.0)
DELAY = ExceptionKind.DELAY


def tally(number: int, site: str = HUB, carrier: str = "sf", minutes: float = 10, kind: ExceptionKind = DELAY) -> Tally:
    return Tally(Cell(kind, carrier, site), NOON - timedelta(minutes=minutes), number)


def found(*tallies: Tally, history: History = NOTHING_BEFORE, now: datetime = NOON) -> list[Found]:
    all_of = suspects(tallies, incident_rules(), now)
    return verdicts(all_of, {key_of(s.cause): history for s in all_of}, incident_rules(), now)


def scopes(*tallies: Tally, history: History = NOTHING_BEFORE) -> list[tuple[str, int]]:
    return [(one.cause.scope.value, one.surprise.count) for one in found(*tallies, history=history)]


@pytest.mark.parametrize(
    ("tallies", "expected"),
    [
        ([tally(7)], []),
        ([tally(8)], [("carrier_site", 8)]),
        ([tally(4, minutes=50), tally(4, minutes=5)], [("carrier_site", 8)]),
        ([tally(4, minutes=61), tally(4, minutes=5)], [("carrier_site", 8)]),
        ([tally(4, minutes=65), tally(4, minutes=5)], []),
        # What comes late counts where it lies, as far back as `late_minutes`.
        ([tally(5, minutes=150), tally(3, minutes=100)], [("carrier_site", 8)]),
        ([tally(8, minutes=181)], []),
        ([tally(4), tally(4, carrier="yto")], [("site", 8)]),
        ([tally(9), tally(1, carrier="yto")], [("carrier_site", 9)]),
        ([tally(8), tally(5, carrier="yto")], [("site", 13)]),
        ([tally(8), tally(8, site="上海青浦分拨中心")], [("carrier_site", 8), ("carrier_site", 8)]),
        ([tally(4), tally(4, kind=ExceptionKind.DAMAGE)], []),
        ([tally(6, site="")], []),
    ],
)
def test_a_site_is_found_by_its_carrier_or_by_all(tallies: list[Tally], expected: list[tuple[str, int]]) -> None:
    assert scopes(*tallies) == expected


def test_the_window_that_holds_most_is_the_incidents() -> None:
    (one,) = found(tally(2, minutes=170), tally(9, minutes=120), tally(3, minutes=90), tally(4, minutes=5))
    assert (one.surprise.count, one.since) == (12, NOON - timedelta(minutes=150))


def test_a_region_a_carrier_and_the_whole_network() -> None:
    east = ["杭州", "上海", "南京", "苏州", "合肥", "济南"]
    storm = [tally(3, site=f"{city}{n}号网点", carrier=("sf", "yto")[n]) for city in east for n in range(2)]
    assert scopes(*storm) == [("region", 36)]
    strike = [
        tally(6, site=f"{city}网点", carrier="yto") for city in ("西安", "成都", "沈阳", "武汉", "广州", "北京", "昆明")
    ]
    assert scopes(*strike) == [("carrier", 42)]
    outage = [tally(4, site=f"某地{n}", carrier=f"c{n % 4}") for n in range(31)]
    assert scopes(*outage) == [("system", 124)]


def test_what_a_narrow_cause_explains_does_not_count_for_a_wide_one() -> None:
    busy = [tally(40)]
    others = [tally(1, site=f"{city}网点", carrier="yto") for city in ("上海", "南京", "苏州", "合肥")]
    assert scopes(*busy, *others) == [("carrier_site", 40)]


@pytest.mark.parametrize(
    ("count", "per_hour", "is_one"), [(8, 0.04, True), (8, 1.0, False), (60, 10.0, True), (60, 20.0, False)]
)
def test_many_are_no_surprise_where_many_are_usual(count: int, per_hour: float, is_one: bool) -> None:
    hours = 28 * 24.0
    assert bool(found(tally(count), history=History(round(per_hour * hours), hours))) is is_one


def test_the_prior_weighs_less_the_longer_the_history() -> None:
    usual, hour = incident_rules().usual, timedelta(hours=1)
    assert expected_in(hour, NOTHING_BEFORE, usual) == pytest.approx(3 / 24)
    assert expected_in(hour, History(0, 672.0), usual) == pytest.approx(3 / 696)
    assert expected_in(hour * 2, History(6720, 672.0), usual) == pytest.approx(60, rel=0.04)


def test_the_surprise_says_why() -> None:
    (one,) = found(tally(9))
    assert (one.surprise.count, one.surprise.window_minutes) == (9, 60)
    assert one.surprise.expected == 0.125
    assert 0 < one.surprise.probability < 1e-12


def test_an_incident_explains_what_is_counted_while_it_is_open_and_before_it_closed() -> None:
    rules, mine = incident_rules(), [tally(20, minutes=30), tally(2, minutes=1)]
    open_one = incident(at=after(minutes=-20))
    assert unexplained(mine, [open_one], rules) == []
    closed = open_one.model_copy(update={"closed_at": after(minutes=-10)})
    assert unexplained(mine, [closed], rules) == [mine[1]]
    elsewhere = incident(site="上海青浦分拨中心")
    assert unexplained(mine, [elsewhere], rules) == mine


@given(st.integers(1, 60), st.floats(0.001, 60))
def test_the_poisson_tail_is_that_of_the_sum(count: int, expected: float) -> None:
    below = sum(exp(-expected) * expected**n / factorial(n) for n in range(count))
    assert poisson_tail(count, expected) == pytest.approx(1 - below, abs=1e-9)


@given(st.integers(1, 500), st.floats(0.001, 400), st.floats(0.001, 100))
def test_more_are_more_of_a_surprise_and_fewer_where_more_are_usual(count: int, expected: float, more: float) -> None:
    tail = poisson_tail(count, expected)
    assert 0 <= tail <= 1
    assert poisson_tail(count + 1, expected) <= tail + 1e-12
    assert poisson_tail(count, expected + more) >= tail - 1e-12


def test_the_tail_is_exact_where_it_is_tiny() -> None:
    assert poisson_tail(10, 0.3) == pytest.approx(exp(-0.3) * 0.3**10 / factorial(10), rel=0.05)
    assert poisson_tail(100, 1.0) > 0
    assert poisson_tail(0, 5.0) == 1
    assert poisson_tail(3, 0.0) == 0


cells = st.builds(
    Cell,
    kind=st.sampled_from([DELAY, ExceptionKind.DAMAGE]),
    carrier=st.sampled_from(["sf", "yto", "zto"]),
    site=st.sampled_from(["杭州转运中心", "上海青浦分拨中心", "广州白云分拨中心", "某地", ""]),
)


@given(st.dictionaries(st.tuples(cells, st.integers(0, 23)), st.integers(1, 60), max_size=40))
def test_no_exception_is_in_two_incidents_and_each_cause_covers_its_own(counts: dict[tuple[Cell, int], int]) -> None:
    rules = incident_rules()
    tallies = [Tally(cell, NOON - timedelta(minutes=5 * bucket), n) for (cell, bucket), n in counts.items()]
    incidents = found(*tallies)
    assert sum(one.surprise.count for one in incidents) <= sum(counts.values())
    assert len({key_of(one.cause) for one in incidents}) == len(incidents)
    for one in incidents:
        assert any(covers(one.cause, t.cell, rules.regions) for t in tallies)
        assert one.surprise.count >= one.rule.least


@given(cells, st.sampled_from(Scope))
def test_a_cell_is_covered_by_every_cause_that_it_has(cell: Cell, scope: Scope) -> None:
    regions = incident_rules().regions
    cause = cause_of(cell, scope, regions)
    assert cause is None or covers(cause, cell, regions)
    other = Cause(scope=Scope.CARRIER, kind=cell.kind, carrier="nobody")
    assert not covers(other, cell, regions)


@pytest.mark.parametrize(
    ("written", "site"),
    [
        ("【杭州转运中心】", "杭州转运中心"),
        ("  Hangzhou   Hub ", "Hangzhou Hub"),
        ("杭州转运中心（）", "杭州转运中心"),
        ("", ""),
    ],
)
def test_a_site_is_the_same_however_its_carrier_writes_it(written: str, site: str) -> None:
    assert site_of(written) == site


def test_a_region_is_known_by_the_beginning_of_a_name() -> None:
    regions = incident_rules().regions
    assert region_of("杭州转运中心", regions) == "华东"
    assert region_of("Los Angeles", regions) is None
