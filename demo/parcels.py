"""The parcels of the demo day: some 3,000 journeys whose scans fill the day, with what goes wrong on the way."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from demo.journey import Fate, Journey, PlannedScan, Way
from demo.market import Carrier, City, Goods, Product, market, weighted
from demo.mishaps import reported, stalled
from demo.population import Person
from demo.stations import Station, clearance, stations

CHINA = ZoneInfo("Asia/Shanghai")
ABROAD_SHARE = 0.05
FATES = {
    Fate.NORMAL: 0.896,
    Fate.STALLED: 0.026,
    Fate.LOST: 0.005,
    Fate.VANISHED: 0.007,
    Fate.DAMAGED: 0.015,
    Fate.FAILED: 0.018,
    Fate.REFUSED: 0.004,
    Fate.WRONG_ADDRESS: 0.006,
    Fate.MISROUTED: 0.006,
    Fate.HELD_BY_CUSTOMS: 0.005,
    Fate.WEATHER: 0.008,
    Fate.WRONG_SIGN: 0.004,
}
SF, SF_PUSHED = "sf", 0.15
WAYS = {Way.TOPIC: 84, Way.CLOUD_EVENTS: 10, Way.KUAIDI100: 6}
# Couriers sleep: what would be scanned at night at the door is scanned in the morning.
DOOR_NODES = frozenset({"out_for_delivery", "held", "signed"})
DOOR_OPENS, DOOR_CLOSES = 7, 21
DELIVERED_BEFORE_SHARE = 0.4
SILENT = (Fate.STALLED, Fate.VANISHED)
MILESTONES = frozenset({"ordered", "picked_up", "linehaul_out", "destination_in", "signed"})


@dataclass(frozen=True, slots=True)
class Day:
    """The business day that is played: from `opens` to `closes`."""

    opens: datetime
    closes: datetime

    def holds(self, moment: datetime) -> bool:
        return self.opens <= moment < self.closes


def parcels(rng: random.Random, people: Sequence[Person], day: Day, scans: int) -> tuple[Journey, ...]:
    """Some delivered on the days before, and journeys until their scans that fall into the day are `scans`."""
    before = rng.sample(people, round(len(people) * DELIVERED_BEFORE_SHARE))
    made = [_delivered_before(rng, consignee, day) for consignee in before]
    numbers = {journey.tracking_number for journey in made}
    missing = scans
    for consignee in endless(rng, people):
        journey = _journey(rng, consignee, day, day.opens + timedelta(hours=rng.uniform(-26, 7)))
        if journey.tracking_number in numbers:
            continue
        today = [scan for scan in journey.scans if day.holds(scan.at)]
        if len(today) > missing:
            drop = set(today[missing:])
            journey = replace(journey, scans=tuple(scan for scan in journey.scans if scan not in drop))
        numbers.add(journey.tracking_number)
        made.append(journey)
        missing -= len(today)
        if missing <= 0:
            return tuple(made)
    raise ValueError("there is nobody to send a parcel to")


def _delivered_before(rng: random.Random, consignee: Person, day: Day) -> Journey:
    """Of what is over, carriers give the milestones of the last two days."""
    journey = _journey(rng, consignee, day, day.opens, fate=Fate.NORMAL)
    earlier = journey.scans[-1].at - (day.opens - timedelta(hours=rng.uniform(10, 40)))
    scans = [replace(scan, at=scan.at - earlier) for scan in journey.scans if scan.node in MILESTONES]
    return replace(journey, scans=tuple(distinct_seconds(scans)), promised_at=journey.promised_at - earlier)


def endless(rng: random.Random, people: Sequence[Person]) -> Iterator[Person]:
    while people:
        yield from rng.sample(people, len(people))


def _journey(rng: random.Random, consignee: Person, day: Day, started: datetime, fate: Fate | None = None) -> Journey:
    fate = fate or weighted(rng, list(FATES), list(FATES.values()))
    abroad = fate is Fate.HELD_BY_CUSTOMS or rng.random() < ABROAD_SHARE
    origin = rng.choice([c for c in (market().overseas if abroad else market().cities) if c != consignee.city])
    outlet = rng.choice(consignee.city.outlets)
    goods = rng.choice(market().goods)
    scans = _scans(rng, fate, _way(rng, origin, consignee.city, outlet, abroad), started, day)
    # The 48 hours are the limit of ordinary goods: other products have limits of their own.
    product = market().product("standard") if fate in SILENT else _product(rng, goods)
    value_fen = rng.randrange(goods.cheapest, goods.dearest + 1) * 100 - rng.choice((0, 0, 1, 10, 20))
    insured = rng.random() < (0.5 if value_fen > 100_000 else 0.12)
    carrier = weighted(rng, market().carriers, [c.share for c in market().carriers])
    return Journey(
        tracking_number=carrier.number(rng),
        order_number=f"{rng.randrange(10**17, 10**18)}",
        carrier=carrier,
        product=product,
        goods=goods,
        value_fen=value_fen,
        insured_fen=value_fen if insured else 0,
        declared_fen=value_fen if insured or rng.random() < 0.35 else 0,
        weight_g=rng.randrange(100, 45_000 if product.code == "heavy" else 6_000),
        limit_notified=rng.random() > 0.06,
        origin=origin,
        destination=consignee.city,
        abroad=abroad,
        outlet=outlet,
        shop=rng.choice(market().shops),
        consignee=consignee,
        phone_masked=rng.random() < 0.08,
        fate=fate,
        way=_gateway(rng, carrier) if fate not in SILENT else Way.TOPIC,
        promised_at=scans[0].at + timedelta(hours=product.hours),
        scans=tuple(scans),
    )


def _gateway(rng: random.Random, carrier: Carrier) -> Way:
    """SF pushes its routes itself to some shops; the others' scans come as the shops chose."""
    if carrier.code == SF and rng.random() < SF_PUSHED:
        return Way.SF
    return weighted(rng, list(WAYS), list(WAYS.values()))


def _product(rng: random.Random, goods: Goods) -> Product:
    if goods.nature == "cold":
        return market().product("cold_chain")
    products = [p for p in market().products if p.share]
    return weighted(rng, products, [p.share for p in products])


def _way(rng: random.Random, origin: City, destination: City, outlet: str, abroad: bool) -> list[Station]:
    middle = rng.choice(market().cities) if rng.random() < 0.8 else None
    way = stations(rng, origin, destination, outlet, middle if middle not in (origin, destination) else None)
    if abroad:
        way.insert(6, clearance(rng.choice(market().ports)))
    return way


def _scans(rng: random.Random, fate: Fate, way: Sequence[Station], started: datetime, day: Day) -> list[PlannedScan]:
    scans: list[PlannedScan] = []
    at = started.replace(microsecond=0)
    for station in way:
        at = _awake(rng, at + timedelta(seconds=round(rng.uniform(*station.hours) * 3600)), station.node)
        signer = rng.choice(market().signers) if station.node == "signed" else None
        scans.append(PlannedScan(at, station.node, station.place, station.description(rng), signer=signer))
    return distinct_seconds(_befallen(rng, fate, scans, day))


def _befallen(rng: random.Random, fate: Fate, scans: list[PlannedScan], day: Day) -> list[PlannedScan]:
    if fate is Fate.NORMAL:
        return scans
    due = day.opens + (day.closes - day.opens) * rng.uniform(0.03, 0.93)
    if fate is Fate.STALLED:
        return stalled(rng, scans, due, moves_on=rng.random() < 0.6)
    if fate is Fate.VANISHED:
        return stalled(rng, scans, due - timedelta(hours=rng.uniform(4, 30)), moves_on=False)
    told = reported(rng, fate, scans)
    report = next((scan for scan in told if scan.exception), None)
    if report is None:
        return told
    # What goes wrong goes wrong today: that is what the day is about.
    return [replace(scan, at=scan.at + (due - report.at)) for scan in told]


def _awake(rng: random.Random, at: datetime, node: str) -> datetime:
    hour = at.astimezone(CHINA).hour
    if node not in DOOR_NODES or DOOR_OPENS <= hour < DOOR_CLOSES:
        return at
    morning = at.astimezone(CHINA).replace(hour=DOOR_OPENS, minute=0, second=0)
    if hour >= DOOR_CLOSES:
        morning += timedelta(days=1)
    return (morning + timedelta(seconds=rng.randrange(300, 9000))).astimezone(at.tzinfo)


def distinct_seconds(scans: list[PlannedScan]) -> list[PlannedScan]:
    """In order, and no two at the same second: a track is read by number and time."""
    result: list[PlannedScan] = []
    for scan in sorted(scans, key=lambda scan: scan.at):
        at = scan.at.replace(microsecond=0)
        if result and at <= result[-1].at:
            at = result[-1].at + timedelta(seconds=1)
        result.append(replace(scan, at=at))
    return result
