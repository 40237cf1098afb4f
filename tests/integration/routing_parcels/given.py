"""Scans to send: busy parcels that report things, and silent ones whose delay is due."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.contracts.parcels import ExceptionKind, Node, ParcelLookup, ParcelScan

NUMBERS = [f"SF{n:010d}" for n in range(60)]
Event = tuple[ParcelScan | ParcelLookup, str]


def scans(count: int, first: int, now: datetime) -> list[Event]:
    """Scans of all parcels in turn; one in four reports something, and some come twice."""
    dice = random.Random(first)
    made: list[Event] = []
    for n in range(first, first + count):
        event = ParcelScan(
            tracking_number=NUMBERS[n % len(NUMBERS)],
            carrier="sf",
            node=dice.choice(list(Node)[:9]),
            occurred_at=now - timedelta(hours=10) + timedelta(seconds=n),
            exception=dice.choice(list(ExceptionKind)) if dice.random() < 0.25 else None,
        )
        made += [(event, f"e{n}")] * dice.choice([1, 1, 1, 2])
    return made


def silent(numbers: Sequence[int], now: datetime) -> list[Event]:
    """Parcels whose last scan was 50 hours ago: delayed as soon as anybody looks."""
    return [
        (
            ParcelScan(
                tracking_number=f"YT{n:010d}",
                carrier="yto",
                node=Node.HUB_IN,
                occurred_at=now - timedelta(hours=50, minutes=n),
            ),
            f"s{n}",
        )
        for n in numbers
    ]
