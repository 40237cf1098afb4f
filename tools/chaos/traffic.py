"""The load: chats, claims by form that are to be paid, and parcels of which some get lost. Pure and seedable."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from demo.contacts import Desk, ce_headers
from demo.corpus import Intent
from demo.journey import Fate, Journey, PlannedScan, Way
from demo.market import market
from demo.population import Person, person
from demo.scans import Carriers
from demo.sending import Contact, Route, ScanKey, Sending, print_of

ROUTES = (Route.WEB, Route.CONTACTS_TOPIC, Route.PARCELS_TOPIC)
PHONE = "+86197000{:05d}"
FORM_SHARE = 0.1
TWIN_SHARE = 0.08
"""Customers who press "send" twice: the same words under another id, at practically the same time."""
REPEATED_SHARE = 0.05
"""Deliveries whose answer got lost on the way: the gateway delivers the same again."""
LOSSES_PER_SECOND = 1.0
SCANS_PER_SECOND = 15.0
INTENTS = (Intent.WHERE, Intent.DELAY, Intent.ADDRESS, Intent.FEE, Intent.INVOICE, Intent.ATTITUDE, Intent.OTHER)
MOVING_NODES = ("outlet_out", "hub_in", "sorted", "linehaul_out", "linehaul_in", "destination_in")
FIRST_ACCOUNT = 6_200_000_000_010_000
"""The provider's test endings 0001 to 0003 are never reached."""


@dataclass(frozen=True)
class Traffic:
    """`before`: what is delivered first; `during`: in order of `at`, while the strikes fall.

    `losses`: the scans that report one. `twins`: interactions come in pairs that must end in one case each; by sending
    id.
    """

    before: tuple[Sending, ...]
    during: tuple[Sending, ...]
    forms: frozenset[str]
    losses: frozenset[ScanKey]
    twins: tuple[tuple[str, str], ...]


class Author:
    """Makes everything out of one source of chance."""

    def __init__(self, seed: int, run: str, starts: datetime) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - chance that can be repeated is wanted
        self.desk = Desk(self.rng, run)
        self.carriers = Carriers(self.rng, run)
        self.starts = starts
        self.people = 0

    def somebody(self) -> Person:
        made = person(self.rng, self.people, 0)
        self.people += 1
        return replace(made, phone=PHONE.format(self.people))

    def moment(self, seconds: float) -> datetime:
        return self.starts + timedelta(seconds=self.rng.uniform(0, seconds))

    def journey(self, consignee: Person, scans: Sequence[PlannedScan], promised_at: datetime) -> Journey:
        goods = self.rng.choice(market().of_nature("plain"))
        value_fen = self.rng.randrange(5_000, 40_000)
        return Journey(
            tracking_number=f"SF7{self.rng.getrandbits(40):012d}",
            order_number=f"{self.rng.randrange(10**17, 10**18)}",
            carrier=next(c for c in market().carriers if c.code == "sf"),
            product=market().product("standard"),
            goods=goods,
            value_fen=value_fen,
            insured_fen=0,
            declared_fen=value_fen,
            weight_g=self.rng.randrange(100, 3000),
            limit_notified=True,
            origin=self.rng.choice(market().cities),
            destination=consignee.city,
            abroad=False,
            outlet=self.rng.choice(consignee.city.outlets),
            shop=self.rng.choice(market().shops),
            consignee=consignee,
            phone_masked=False,
            fate=Fate.NORMAL,
            way=Way.TOPIC,
            promised_at=promised_at,
            scans=tuple(scans),
        )

    def scan(self, node: str, at: datetime, exception: str | None = None) -> PlannedScan:
        place = self.rng.choice(market().cities).hub
        fault = "carrier" if exception else None
        signer = "本人签收" if node == "signed" else None
        return PlannedScan(at.replace(microsecond=0), node, place, f"快件到达【{place}】", exception, fault, signer)

    def under_way(self, consignee: Person, hours: float = 20) -> Journey:
        """A parcel that was picked up some hours ago."""
        began = self.starts - timedelta(hours=hours)
        scans = [self.scan("ordered", began), self.scan("picked_up", began + timedelta(hours=2))]
        return self.journey(consignee, scans, self.starts + timedelta(hours=48))

    def late(self, consignee: Person) -> Journey:
        """A parcel that was signed for a day after it was promised: its freight is owed. Never silent for 48 h."""
        ago = [self.starts - timedelta(hours=hours) for hours in (60, 40, 2)]
        scans = [self.scan(node, at) for node, at in zip(("ordered", "picked_up", "signed"), ago, strict=True)]
        return self.journey(consignee, scans, self.starts - timedelta(hours=26))

    def chat(self, at: datetime) -> Sending:
        somebody = self.somebody()
        sending = self.desk.chat_message(somebody, self.rng.choice(INTENTS), self.under_way(somebody), at)
        return replace(sending, deliveries=2 if self.rng.random() < REPEATED_SHARE else 1)

    def form(self, journey: Journey, at: datetime) -> Sending:
        text = f"{journey.tracking_number} 晚到一天，申请退还运费。"
        data = {
            "customer": self.desk.web_person(journey.consignee),
            "text": text,
            "form": {
                "kind": "delay",
                "tracking_number": journey.tracking_number,
                "claimed": f"{journey.freight_fen / 100:.2f}",
                "goods": journey.goods.zh,
                "payee": str(FIRST_ACCOUNT + self.people),
            },
        }
        contact = Contact("web", journey.consignee, Intent.DELAY, journey, print_of(at, text), claim_kind="delay")
        return self.desk.web(journey.consignee, "form.submitted", data, at, contact)

    def twin(self, of: Sending) -> Sending:
        """The same words a millisecond later, under another id."""
        assert of.contact is not None
        at = of.at + timedelta(milliseconds=1)
        body = orjson.loads(of.body)
        data = body.get("data", body)
        data["occurred_at"] = at.isoformat()
        twin_id = self.desk.fresh_id("twin")
        headers = ce_headers(twin_id, "chat.message", "/partners/shop-chat", at) if of.route.is_topic else of.headers
        contact = replace(of.contact, print=print_of(at, data["text"]))
        return replace(of, at=at, id=twin_id, body=orjson.dumps(body), headers=headers, contact=contact, deliveries=1)


def traffic(author: Author, seconds: float, per_second: float) -> Traffic:
    """Contacts at `per_second`, losses and routine scans beside them."""
    forms = [author.late(author.somebody()) for _ in range(int(seconds * per_second * FORM_SHARE))]
    lost = [author.under_way(author.somebody()) for _ in range(int(seconds * LOSSES_PER_SECOND))]
    moving = [author.under_way(author.somebody()) for _ in range(200)]
    before = [author.carriers.by_topic(j, scan) for j in (*forms, *lost, *moving) for scan in j.scans]
    filed = [author.form(journey, author.moment(seconds)) for journey in forms]
    chats = [author.chat(author.moment(seconds)) for _ in range(int(seconds * per_second * (1 - FORM_SHARE)))]
    doubles = author.rng.sample(chats, int(len(chats) * TWIN_SHARE))
    twins = [author.twin(chat) for chat in doubles]
    losses = list(_losses(author, lost, seconds))
    scans = [*losses, *_moves(author, moving, seconds)]
    return Traffic(
        before=tuple(before),
        during=tuple(sorted([*chats, *twins, *filed, *scans], key=lambda sending: sending.at)),
        forms=frozenset(sending.id for sending in filed),
        losses=frozenset(scan for sending in losses for scan in sending.scans),
        twins=tuple((one.id, other.id) for one, other in zip(doubles, twins, strict=True)),
    )


def _losses(author: Author, lost: Sequence[Journey], seconds: float) -> Iterator[Sending]:
    for journey in lost:
        at = author.moment(seconds)
        yield author.carriers.by_topic(journey, author.scan("linehaul_in", at, exception="loss"))


def _moves(author: Author, moving: Sequence[Journey], seconds: float) -> Iterator[Sending]:
    """Round after round over all parcels, so that no two scans of one have the same second."""
    period = len(moving) / SCANS_PER_SECOND
    for number in range(int(seconds * SCANS_PER_SECOND)):
        turn, place = divmod(number, len(moving))
        at = author.starts + timedelta(seconds=turn * period + author.rng.uniform(0, period - 1))
        node = MOVING_NODES[turn % len(MOVING_NODES)]
        yield author.carriers.by_topic(moving[place], author.scan(node, at))
