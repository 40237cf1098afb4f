"""A hub stands still for three hours: what should be scanned there is reported late, and goes on afterwards."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from demo.journey import Fate, Journey, PlannedScan
from demo.parcels import Day, distinct_seconds

BEGINS, LASTS = timedelta(hours=3), timedelta(hours=3)
"""Three hours after the day's opening, at ten: the first contacts have come, and most of the day is still ahead."""
BACKLOG_HOURS = (0.1, 2.0)
NODES = frozenset({"hub_in", "sorted", "linehaul_in", "linehaul_out"})
WORDS = ("分拣线停电，快件滞留【@】，抢修中", "【@】设备故障，快件延误", "@ 停机检修，快件等待分拣")


@dataclass(frozen=True, slots=True)
class Standstill:
    """The hub, from when to when; `journeys` with what it does to them."""

    hub: str
    begins: datetime
    ends: datetime
    held: int
    journeys: tuple[Journey, ...]


def stand_still(journeys: Sequence[Journey], day: Day, seed: int) -> Standstill:
    """Of the hub through which most parcels pass in those hours; parcels with a fate of their own are left alone."""
    begins = day.opens + BEGINS
    ends, rng = begins + LASTS, random.Random(f"{seed}/standstill")
    passing = Counter(scan.place for journey in journeys if (scan := _first(journey, None, begins, ends)) is not None)
    hub = max(passing, key=lambda place: (passing[place], place), default="")
    after = tuple(_held(rng, journey, hub, begins, ends) for journey in journeys)
    return Standstill(hub, begins, ends, sum(a is not b for a, b in zip(after, journeys, strict=True)), after)


def _first(journey: Journey, hub: str | None, begins: datetime, ends: datetime) -> PlannedScan | None:
    """The first scan of those hours at the hub (None: at any)."""
    if journey.fate is not Fate.NORMAL:
        return None
    there = (s for s in journey.scans if begins <= s.at < ends and s.node in NODES and hub in (None, s.place))
    return next(there, None)


def _held(rng: random.Random, journey: Journey, hub: str, begins: datetime, ends: datetime) -> Journey:
    """The scan says that it is late; what follows comes after the end, the backlog first."""
    scan = _first(journey, hub, begins, ends)
    if scan is None:
        return journey
    place = journey.scans.index(scan)
    late = replace(scan, exception="delay", fault="carrier", description=rng.choice(WORDS).replace("@", hub))
    rest = journey.scans[place + 1 :]
    if rest:
        resumes = ends + timedelta(hours=rng.uniform(*BACKLOG_HOURS))
        wait = max(timedelta(0), resumes - rest[0].at)
        rest = tuple(replace(one, at=one.at + wait) for one in rest)
    return replace(journey, scans=tuple(distinct_seconds([*journey.scans[:place], late, *rest])))
