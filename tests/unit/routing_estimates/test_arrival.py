"""RO-11: when a parcel arrives, by its node, its product, what holds it up, and what its carrier says."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.estimates.arrival import Held, arrival
from services.routing.estimates.table import ARRIVED, ON_THE_WAY
from services.routing.hours import ALWAYS
from shared.contracts.estimates import CarrierEstimate
from shared.contracts.parcels import Node, Parcel, Shipment, TrackPoint
from tests.unit.routing.builders import NOON, after, rules

pytestmark = pytest.mark.req("RO-11")

TABLE = rules().estimates
TO_THE_HOUR = replace(TABLE, delivery=replace(ALWAYS, week=(tuple((n, n + 60) for n in range(0, 1440, 60)),) * 7))
"""Delivered around the clock: an estimate is the next full hour, and not the evening."""


def on_its_way(
    node: Node = Node.HUB_IN,
    product: str = "standard",
    scanned: datetime = NOON,
    promised: datetime | None = None,
    said: CarrierEstimate | None = None,
) -> Parcel:
    return Parcel(
        tracking_number="SF100",
        carrier="sf",
        node=node,
        shipment=Shipment(product=product, promised_at=promised),
        estimate=said,
        track=(TrackPoint(node=node, at=scanned),),
    )


def held(hours: float = 24, since: datetime = NOON) -> Held:
    return Held(since, since + timedelta(hours=hours))


def expected(parcel: Parcel, what: Held | None = None, now: datetime = NOON) -> tuple[datetime, str] | None:
    found = arrival(parcel, what, TABLE, now)
    return None if found is None else (found.at, found.basis)


def evening(days: int) -> datetime:
    """20:00 in Shanghai, so many days after NOON's: the couriers go home."""
    return after(days=days, hours=8)


@pytest.mark.parametrize(
    ("node", "product", "days"),
    [
        (Node.HUB_IN, "standard", 3),  # 62 h: the 14th, 02:00, delivered that day
        (Node.HUB_IN, "heirlooms", 3),
        (Node.HUB_IN, "express", 2),  # 41 h: the 13th, 05:00
        (Node.HUB_IN, "same_day", 0),  # 8 h: at 20:00 sharp is the next day's
        (Node.DESTINATION_IN, "standard", 1),
        (Node.OUT_FOR_DELIVERY, "express", 0),
        (Node.CUSTOMS, "standard", 3),
    ],
)
def test_what_is_usually_left_decides_where_nobody_promised_anything(node: Node, product: str, days: int) -> None:
    at = evening(1 if (node, product) == (Node.HUB_IN, "same_day") else days)
    assert expected(on_its_way(node, product)) == (at, "route")


PROMISE = after(hours=30)


@pytest.mark.parametrize(
    ("parcel", "what", "now", "at", "basis"),
    [
        # The carrier's word holds as long as nothing befalls the parcel and its time has not passed.
        (on_its_way(promised=PROMISE), None, NOON, PROMISE, "carrier"),
        (on_its_way(promised=PROMISE), None, after(hours=31), evening(3), "route"),
        (on_its_way(promised=PROMISE, said=CarrierEstimate(arrives_at=after(hours=40), stated_at=NOON)), None, NOON,
         after(hours=40), "carrier"),
        # What holds it up comes on top of what was left by the carrier's word: 24 + 30 h.
        (on_its_way(promised=PROMISE), held(), NOON, evening(2), "exception"),
        # It moved since: what is left is by the table, from when it goes on: 24 + 62 h.
        (on_its_way(promised=PROMISE, scanned=after(hours=1)), held(), after(hours=1), evening(4), "exception"),
        # The promise has passed: by the table.
        (on_its_way(promised=after(hours=-1)), held(), NOON, evening(4), "exception"),
        # The carrier knew of it: nothing is added.
        (on_its_way(said=CarrierEstimate(arrives_at=after(hours=50), stated_at=NOON)), held(), NOON,
         after(hours=50), "carrier"),
        # It did not know.
        (on_its_way(said=CarrierEstimate(arrives_at=after(hours=50), stated_at=after(hours=-1))), held(), NOON,
         evening(3), "exception"),
        # It is held longer than was thought.
        (on_its_way(scanned=after(hours=-1)), held(), after(hours=30), evening(4), "exception"),
    ],
)  # fmt: skip
def test_the_revised_estimate(parcel: Parcel, what: Held | None, now: datetime, at: datetime, basis: str) -> None:
    assert expected(parcel, what, now) == (at, basis)


@pytest.mark.parametrize("node", sorted(ARRIVED))
def test_what_has_arrived_is_expected_no_more(node: Node) -> None:
    assert expected(on_its_way(node)) is None
    assert expected(on_its_way(node), held()) is None


def test_nobody_can_say_when_a_lost_parcel_arrives() -> None:
    assert expected(on_its_way(promised=PROMISE), Held(NOON, None)) is None


hours = st.integers(-400, 400).map(lambda n: timedelta(hours=n / 4))
nodes = st.sampled_from(ON_THE_WAY)
products = st.sampled_from(["standard", "express", "economy", "same_day", "cold_chain"])
carriers = st.one_of(
    st.none(),
    st.builds(lambda at, said: CarrierEstimate(arrives_at=NOON + at, stated_at=NOON + said), hours, hours),
)
parcels = st.builds(
    lambda node, product, scanned, promised, said: on_its_way(
        node, product, NOON + scanned, None if promised is None else NOON + promised, said
    ),
    nodes,
    products,
    hours,
    st.one_of(st.none(), hours),
    carriers,
)


@given(parcel=parcels, since=hours, lasts=st.one_of(st.none(), st.integers(0, 300)), late=st.integers(0, 300))
def test_it_is_never_before_now(parcel: Parcel, since: timedelta, lasts: int | None, late: int) -> None:
    """Whatever is scanned, and whenever somebody looks."""
    what = None if lasts is None else held(lasts, NOON + since)
    now = max(NOON + since, parcel.track[-1].at) + timedelta(hours=late)
    found = arrival(parcel, what, TABLE, now)
    assert found is not None
    assert found.at >= now


@given(parcel=parcels, since=hours, late=st.integers(0, 100), two=st.tuples(st.integers(0, 300), st.integers(0, 300)))
def test_what_is_held_longer_does_not_arrive_earlier(
    parcel: Parcel, since: timedelta, late: int, two: tuple[int, int]
) -> None:
    now = NOON + since + timedelta(hours=late)
    shorter, longer = (arrival(parcel, held(h, NOON + since), TO_THE_HOUR, now) for h in sorted(two))
    assert shorter is not None
    assert longer is not None
    assert shorter.at <= longer.at


@given(product=products, node=nodes, hops=st.integers(0, 9))
def test_a_scan_further_on_never_moves_it_back_by_itself(product: str, node: Node, hops: int) -> None:
    """At the same moment, so that nothing but the way counts; customs is passed by parcels from abroad alone."""
    way = [one for one in ON_THE_WAY if one is not Node.CUSTOMS]
    if node is Node.CUSTOMS:
        return
    further = way[min(way.index(node) + hops, len(way) - 1)]
    here, there = expected(on_its_way(node, product)), expected(on_its_way(further, product))
    assert here is not None
    assert there is not None
    assert there[0] <= here[0]
