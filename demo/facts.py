"""What a customer can say about a parcel at a moment: the values of the slots in the written lines."""

import random
from collections.abc import Mapping
from datetime import datetime

from demo.journey import Journey
from demo.market import market
from demo.parcels import CHINA
from demo.population import Person

ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SIGNERS = {"本人签收": "consignee", "家人代收": "family", "门卫代收": "gatekeeper", "前台代收": "front desk"}
Facts = Mapping[str, str]


def yuan(fen: int) -> str:
    """As people write it: 199, 88.5."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}".rstrip("0")


def when_zh(moment: datetime, now: datetime) -> str:
    local, today = moment.astimezone(CHINA), now.astimezone(CHINA)
    days = (today.date() - local.date()).days
    part = "早上" if local.hour < 9 else "上午" if local.hour < 12 else "下午" if local.hour < 18 else "晚上"
    if days <= 0:
        return f"今天{part}"
    if days <= 2:
        return ("昨天", "前天")[days - 1] + part
    return f"{local.month}月{local.day}号" if days > 6 else f"周{'一二三四五六日'[local.weekday()]}"


def when_en(moment: datetime, now: datetime) -> str:
    local = moment.astimezone(CHINA)
    days = (now.astimezone(CHINA).date() - local.date()).days
    if days <= 1:
        return ("earlier today", "yesterday")[max(days, 0)]
    return f"on {local.day} {local:%B}" if days > 6 else f"on {ENGLISH_DAYS[local.weekday()]}"


def facts(rng: random.Random, person: Person, journey: Journey, now: datetime) -> Facts:
    """Counts days as a customer does: never fewer than two, and rather one more."""
    seen = journey.seen_at(now)
    first, last = (seen[0].at, seen[-1].at) if seen else (now, now)
    signer = next((scan.signer for scan in seen if scan.signer), None) or "本人签收"
    english = person.language == "en"
    when = when_en if english else when_zh
    gadget = journey.goods if journey.goods.nature == "gadget" else rng.choice(market().of_nature("gadget"))
    kilograms = journey.weight_g * rng.uniform(1.2, 2.5) / 1000
    return {
        "tn": journey.tracking_number,
        "last4": journey.tracking_number[-4:],
        "order": journey.order_number,
        "carrier": journey.carrier.en if english else journey.carrier.zh,
        "goods": journey.goods.named(person.language),
        "goods_t": journey.goods.traditional,
        "gadget": gadget.named(person.language),
        "amount": yuan(journey.value_fen),
        "fee": yuan(journey.freight_fen),
        "weight": f"{kilograms:.1f}kg" if rng.random() < 0.5 else f"{kilograms:.0f}公斤",
        "city": journey.destination.named(person.language),
        "from": journey.origin.named(person.language),
        "hub": (f"the {journey.origin.en} hub" if english else _last_hub(journey, now)),
        "station": f"the {journey.destination.en} outlet" if english else journey.outlet,
        "days": str(max(2, (now - first).days + rng.randrange(1, 3))),
        "when": when(last if rng.random() < 0.7 else first, now),
        "tail": person.tail,
        "surname": person.surname,
        "name": person.name,
        "addr": person.address,
        "addr2": f"{rng.choice(market().streets)}{rng.randrange(1, 699)}号{rng.randrange(1, 40)}楼",
        "shop": journey.shop,
        "signer": signer,
        "signer_en": SIGNERS.get(signer, "colleague"),
        "hk": rng.choice(market().hongkong),
        "agent_no": f"{rng.randrange(1, 400):04d}",
    }


def _last_hub(journey: Journey, now: datetime) -> str:
    hubs = [scan.place for scan in journey.seen_at(now) if scan.node in ("hub_in", "sorted", "linehaul_in")]
    return hubs[-1] if hubs else journey.origin.hub
