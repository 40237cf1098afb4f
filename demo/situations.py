"""Where a parcel stands at a moment, and what its consignee is then likely to write about."""

import random
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from demo.corpus import Intent
from demo.journey import Journey
from demo.market import weighted
from demo.mishaps import NO_SCAN_LIMIT
from demo.parcels import SILENT


class Situation(StrEnum):
    NOT_SENT = "not_sent"
    MOVING = "moving"
    CUSTOMS = "customs"
    STALLED = "stalled"
    LOST = "lost"
    DAMAGED = "damaged"
    ASTRAY = "astray"
    DELIVERED = "delivered"


STILL = timedelta(hours=20)
REPORTED = {
    "loss": Situation.LOST,
    "damage": Situation.DAMAGED,
    "misrouted": Situation.ASTRAY,
    "wrong_address": Situation.ASTRAY,
    "failed_delivery": Situation.ASTRAY,
    "delay": Situation.STALLED,
    "customs_hold": Situation.CUSTOMS,
}
# Where a parcel is, is what a courier's desk is asked most; next comes what went wrong.
CONCERN = {
    Situation.NOT_SENT: 0.05,
    Situation.MOVING: 5,
    Situation.CUSTOMS: 5,
    Situation.STALLED: 6,
    Situation.LOST: 8,
    Situation.DAMAGED: 8,
    Situation.ASTRAY: 5,
    Situation.DELIVERED: 5,
}
LIKELY: dict[Situation, dict[Intent, float]] = {
    Situation.NOT_SENT: {
        Intent.WHERE: 40,
        Intent.ADDRESS: 12,
        Intent.FEE: 6,
        Intent.INVOICE: 5,
        Intent.OTHER: 14,
        Intent.RETURN: 8,
        Intent.ATTITUDE: 4,
    },
    Situation.MOVING: {
        Intent.WHERE: 42,
        Intent.DELAY: 17,
        Intent.ADDRESS: 11,
        Intent.FEE: 5,
        Intent.INVOICE: 3,
        Intent.OTHER: 6,
        Intent.ATTITUDE: 3,
    },
    Situation.CUSTOMS: {Intent.CUSTOMS: 75, Intent.WHERE: 12, Intent.DELAY: 10},
    Situation.STALLED: {Intent.DELAY: 62, Intent.WHERE: 16, Intent.LOSS: 14, Intent.ATTITUDE: 4},
    Situation.LOST: {Intent.LOSS: 80, Intent.DELAY: 10, Intent.WHERE: 10},
    Situation.DAMAGED: {Intent.DAMAGE: 75, Intent.WHERE: 10, Intent.DELAY: 5, Intent.ATTITUDE: 5},
    Situation.ASTRAY: {Intent.ADDRESS: 40, Intent.DELAY: 20, Intent.ATTITUDE: 14, Intent.WHERE: 20},
    Situation.DELIVERED: {
        Intent.DAMAGE: 22,
        Intent.NOT_RECEIVED: 19,
        Intent.LOSS: 9,
        Intent.RETURN: 14,
        Intent.REPAIR: 4,
        Intent.FEE: 8,
        Intent.INVOICE: 8,
        Intent.ATTITUDE: 8,
        Intent.PRAISE: 8,
        Intent.OTHER: 4,
    },
}
CLAIMS: dict[Situation, dict[str, float]] = {
    Situation.LOST: {"loss": 1},
    Situation.STALLED: {"loss": 3, "delay": 4},
    Situation.DAMAGED: {"damage": 1},
    Situation.DELIVERED: {"damage": 10, "shortage": 4, "wrong_delivery": 3, "delay": 2, "return_dispute": 2},
}
CLAIM_SHARE = {Situation.LOST: 0.5, Situation.DAMAGED: 0.45, Situation.STALLED: 0.18, Situation.DELIVERED: 0.13}
BREAKABLE = ("fragile", "gadget", "cold")
INTENT_OF_CLAIM = {
    "loss": Intent.LOSS,
    "shortage": Intent.LOSS,
    "delay": Intent.DELAY,
    "wrong_delivery": Intent.NOT_RECEIVED,
}


def situation(journey: Journey, at: datetime) -> Situation:
    seen = journey.seen_at(at)
    if not seen:
        return Situation.NOT_SENT
    if seen[-1].node == "signed" and seen[-1].exception is None:
        return Situation.DELIVERED
    told = next((scan.exception for scan in reversed(seen[-3:]) if scan.exception), None)
    if told in REPORTED:
        return REPORTED[told]
    if at - seen[-1].at > STILL:
        return Situation.STALLED
    return Situation.CUSTOMS if seen[-1].node == "customs" else Situation.MOVING


def intent(rng: random.Random, journey: Journey, at: datetime) -> Intent:
    likely = dict(LIKELY[situation(journey, at)])
    if Intent.DAMAGE in likely and journey.goods.nature not in BREAKABLE:
        likely[Intent.DAMAGE] *= 0.35
    if Intent.REPAIR in likely and journey.goods.nature == "gadget":
        likely[Intent.REPAIR] *= 5
    return weighted(rng, list(likely), list(likely.values()))


def claim_kind(rng: random.Random, journey: Journey, at: datetime) -> str | None:
    """The kind of claim that somebody files now, or None."""
    now = situation(journey, at)
    if rng.random() >= CLAIM_SHARE.get(now, 0):
        return None
    kind = weighted(rng, list(CLAIMS[now]), list(CLAIMS[now].values()))
    return "cold_chain" if kind == "damage" and journey.goods.nature == "cold" else kind


def trouble_at(journey: Journey) -> datetime | None:
    """When the system can know that something is wrong: the carrier's report, or 48 h without a scan."""
    if journey.fate in SILENT:
        scans = journey.scans
        gaps = (a.at for a, b in pairwise(scans) if b.at - a.at > NO_SCAN_LIMIT)
        return next(gaps, scans[-1].at) + NO_SCAN_LIMIT
    return next((scan.at for scan in journey.scans if scan.exception), None)
