"""RO-5: counting parcels by customer and month: order, repeats and the split into batches do not matter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.decision_table import RuleError
from services.routing.key_accounts import rule_file
from services.routing.key_accounts.rules import KeyAccountRules
from services.routing.key_accounts.volume import Shipped, Volume, grown, key_until, shipped
from services.routing.rule_files import DIRECTORY
from shared.contracts.orders import OrderEvent, OrderStage
from shared.contracts.people import Customer
from tests.unit.routing.builders import NOON, customer, rules

pytestmark = pytest.mark.req("RO-5")

SHIPPED = rules().key_accounts
THREE = replace(SHIPPED, parcels_over=3)
ANN = customer("ann")
OLDEST = "2026-10"


def order(
    *numbers: str,
    who: Customer | None = ANN,
    at: datetime = NOON,
    stage: OrderStage = OrderStage.SHIPPED,
    shop: str = "shop-1",
) -> OrderEvent:
    return OrderEvent(
        order_number="TB1", shop=shop, stage=stage, occurred_at=at, customer=who, tracking_numbers=numbers
    )


def parcels(number: int, start: int = 0) -> tuple[str, ...]:
    return tuple(f"SF{n:06}" for n in range(start, start + number))


def counted(found: Sequence[Shipped], terms: KeyAccountRules = THREE, *, oldest: str = "2026-10") -> dict[str, Volume]:
    return grown({}, found, oldest, terms)


@pytest.mark.parametrize(
    ("at", "month", "until"),
    [
        (datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC), "2026-10", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        (datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC), "2026-11", datetime(2026, 12, 31, 16, tzinfo=UTC)),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), "2027-01", datetime(2027, 2, 28, 16, tzinfo=UTC)),
    ],
)
def test_a_month_is_one_of_shanghai_and_the_mark_outlasts_it_by_one(at: datetime, month: str, until: datetime) -> None:
    assert SHIPPED.month_of(at) == month
    assert SHIPPED.ends_at(month) == until
    assert replace(SHIPPED, months_after=0).ends_at(month) < until


@pytest.mark.parametrize(("number", "is_key"), [(50, False), (51, True), (400, True)])
def test_more_than_fifty_parcels_of_a_month_make_a_key_account(number: int, is_key: bool) -> None:
    volumes = counted(list(shipped(order(*parcels(number)), NOON, SHIPPED)), SHIPPED)
    assert (key_until(volumes.values(), OLDEST, SHIPPED) is not None) is is_key
    assert len(volumes["ann"]["2026-11"]) == min(number, 51)


def test_a_month_that_is_past_promotes_nobody_any_more() -> None:
    volumes = counted([Shipped("ann", "2026-10", parcels(4))])
    assert key_until(volumes.values(), "2026-10", THREE) is not None
    assert key_until(volumes.values(), "2026-11", THREE) is None


def test_parcels_of_two_months_do_not_add_up() -> None:
    october = Shipped("ann", "2026-10", parcels(3))
    november = Shipped("ann", "2026-11", parcels(3, 3))
    volumes = counted([october, november])
    assert key_until(volumes.values(), OLDEST, THREE) is None
    more = grown(volumes, [Shipped("ann", "2026-10", ("SFX",))], "2026-10", THREE)
    assert key_until(more.values(), OLDEST, THREE) == datetime(2026, 11, 30, 16, tzinfo=UTC)


def test_who_is_counted_for_what() -> None:
    assert [s.customer_id for s in shipped(order("SF1"), NOON, SHIPPED)] == ["ann", "shop-1"]
    assert [s.customer_id for s in shipped(order("SF1", who=None), NOON, SHIPPED)] == ["shop-1"]
    assert [s.customer_id for s in shipped(order("SF1", who=customer("unknown-1")), NOON, SHIPPED)] == ["shop-1"]
    assert [s.customer_id for s in shipped(order("SF1", who=customer("shop-1")), NOON, SHIPPED)] == ["shop-1"]
    buyers = replace(SHIPPED, counted_for=frozenset({"buyer"}))
    assert [s.customer_id for s in shipped(order("SF1"), NOON, buyers)] == ["ann"]


@pytest.mark.parametrize("stage", [stage for stage in OrderStage if stage is not OrderStage.SHIPPED])
def test_only_what_was_shipped_counts(stage: OrderStage) -> None:
    assert list(shipped(order("SF1", stage=stage), NOON, SHIPPED)) == []
    assert list(shipped(order(), NOON, SHIPPED)) == []


def test_a_shops_clock_that_runs_ahead_counts_for_the_day_of_its_event() -> None:
    ahead = order("SF1", at=NOON + timedelta(days=400))
    assert {s.month for s in shipped(ahead, NOON, SHIPPED)} == {"2026-11"}
    late = order("SF1", at=NOON - timedelta(days=20))
    assert {s.month for s in shipped(late, NOON, SHIPPED)} == {"2026-10"}


def test_what_is_older_than_the_months_that_matter_is_left_out_and_let_go() -> None:
    old, recent = Shipped("ann", "2026-09", parcels(9)), Shipped("ann", "2026-11", ("SF1",))
    assert counted([old]) == {}
    assert grown({"ann": {"2026-09": parcels(4)}}, [recent], "2026-10", THREE) == {"ann": {"2026-11": ["SF1"]}}


found = st.builds(
    Shipped,
    st.sampled_from(["ann", "bob", "shop-1"]),
    st.sampled_from(["2026-10", "2026-11"]),
    st.lists(st.integers(0, 12).map(lambda n: f"SF{n:02}"), min_size=1, max_size=5).map(tuple),
)


@given(
    st.lists(found, max_size=30).flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))), st.data()
)
def test_order_repeats_and_batches_do_not_matter(
    events: tuple[list[Shipped], list[Shipped]], data: st.DataObject
) -> None:
    told, shuffled = events
    if shuffled:
        shuffled = shuffled + data.draw(st.lists(st.sampled_from(shuffled), max_size=10), "told again")
    cut = data.draw(st.integers(0, len(shuffled)), "where a batch ends")
    volumes = counted(shuffled[:cut])
    volumes |= grown(volumes, shuffled[cut:], "2026-10", THREE)
    assert volumes == counted(told)
    assert grown(volumes, shuffled, "2026-10", THREE) == {}, "a replay changes nothing"


@given(st.lists(found, max_size=30))
def test_it_is_as_if_all_were_remembered(events: list[Shipped]) -> None:
    def distinct(ids: set[str], month: str) -> int:
        of_it = (e for e in events if e.customer_id in ids and e.month == month)
        return len({n for e in of_it for n in e.tracking_numbers})

    volumes = counted(events)
    for ids in ({"ann"}, {"ann", "bob"}, {"ann", "bob", "shop-1"}):
        ends = [THREE.ends_at(m) for m in ("2026-10", "2026-11") if distinct(ids, m) > THREE.parcels_over]
        assert key_until((volumes[i] for i in ids if i in volumes), OLDEST, THREE) == max(ends, default=None)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("parcels_over: 50", "parcels_over: many", "key_accounts.yaml:8: parcels_over"),
        ("parcels_over: 50", "parcels_over: 501", "key_accounts.yaml:8: parcels_over: 501 is not between"),
        ("months_after: 1", "months_after: 2", "key_accounts.yaml:8: months_after"),
        ("stages: [shipped]", "stages: [sent]", "key_accounts.yaml:8: stages: 'sent' is not one of"),
        ("stages: [shipped]", "stages: []", "key_accounts.yaml:8: stages: is empty"),
        ("[buyer, shop]", "[buyer, buyer]", "key_accounts.yaml:8: counted_for"),
        ("Asia/Shanghai", "Asia/Nowhere", "key_accounts.yaml:8: timezone"),
        ("tier: vip", "tier: gold", "key_accounts.yaml:8: tier: 'gold' is not one of vip"),
        ("tier: vip", "tier: standard", "key_accounts.yaml:8: tier"),
        ("tier: vip", "tier: vip\n  teir: vip", "key_accounts.yaml:8: teir: is no cell"),
        ("valid_from: 2026-01-01", "valid_from: 2027-01-01", "key_accounts.yaml: valid_from: not valid on"),
    ],
)
def test_a_wrong_cell_stops_the_start_with_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = (DIRECTORY / rule_file.FILE).read_text("utf-8")
    assert old in text
    (tmp_path / rule_file.FILE).write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RuleError, match=expected):
        rule_file.load(tmp_path, ("standard", "vip"), NOON.date())
