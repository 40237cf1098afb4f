"""The timetable of the day: every sending with its moment, drawn so that the day looks like one of a real centre."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from demo.contacts import Desk
from demo.corpus import Intent
from demo.garbage import Saboteur
from demo.journey import Journey
from demo.market import weighted
from demo.orders import merchant, orders
from demo.parcels import CHINA, Day, parcels
from demo.population import Person, population
from demo.scans import Carriers
from demo.sending import Purpose, Route, Sending
from demo.situations import CONCERN, claim_kind, intent, situation, trouble_at
from demo.standstill import Standstill, stand_still

T = TypeVar("T")
# Contacts by the hour, 7 to 22, in per cent of a day.
HOURS = dict(zip(range(7, 23), (2, 5, 9, 10.5, 9, 6, 6.5, 8, 8, 7.5, 6.5, 5.5, 5.5, 5, 4, 2), strict=True))
CHANNELS = {"phone": 33, "web": 33, "email": 19, "wechat": 10, "weibo": 3, "sms": 2}
CHINESE_ONLY = frozenset({"wechat", "weibo"})
REPEATED = {1: 90, 2: 8, 3: 2}
GARBAGE_SHARE = 0.01
FORGED_SHARE = 0.01
AFTER_TROUBLE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Sizes:
    customers: int = 1500
    contacts: int = 1200
    scans: int = 15_000


USUAL = Sizes()
"""A day that two cores carry at nearly 400 times its pace: with more, cases wait for the machine."""


@dataclass(frozen=True)
class Timetable:
    """`history` is delivered before the day, as fast as it is taken; `today` at its moments; `standstill`: of a hub."""

    day: Day
    people: tuple[Person, ...]
    journeys: tuple[Journey, ...]
    standstill: Standstill
    history: tuple[Sending, ...]
    today: tuple[Sending, ...]

    @property
    def contacts(self) -> tuple[Sending, ...]:
        return tuple(sending for sending in self.today if sending.purpose is Purpose.CONTACT)


def timetable(seed: int, run: str, day: Day, sizes: Sizes) -> Timetable:
    """The same seed, run and day always give the same timetable."""
    rng = random.Random(seed)
    people = population(rng, sizes.customers)
    standstill = stand_still(parcels(rng, people, day, sizes.scans), day, seed)
    journeys = standstill.journeys
    carriers = Carriers(rng, run)
    planner = ContactPlanner(rng, Desk(rng, run), day, journeys)
    contacts = planner.contacts(people, sizes.contacts)
    scans = list(carriers.today(journeys, day))
    shipped = orders(seed, run, day, merchant(contacts))
    faults = list(sabotage(rng, Desk(rng, f"x{run}"), contacts, scans))
    return Timetable(
        day=day,
        people=people,
        journeys=journeys,
        standstill=standstill,
        history=tuple(carriers.history(journeys, day)),
        today=tuple(sorted([*contacts, *scans, *shipped, *faults], key=lambda sending: sending.at)),
    )


def sabotage(rng: random.Random, desk: Desk, contacts: list[Sending], scans: list[Sending]) -> Iterator[Sending]:
    saboteur = Saboteur(rng, desk)
    by_http = [s for s in (*contacts, *scans) if not s.route.is_topic and s.route is not Route.MAIL]
    by_topic = [s for s in (*contacts, *scans) if s.route.is_topic]
    mails = [s.at for s in contacts if s.route is Route.MAIL]
    for good in sample(rng, by_http, GARBAGE_SHARE):
        yield saboteur.spoilt(good)
    for good in sample(rng, by_topic, GARBAGE_SHARE):
        yield saboteur.spoilt(good)
    for good in (*sample(rng, by_http, 0, least=2), *sample(rng, by_topic, 0, least=2)):
        yield saboteur.oversize(good)
    for good in sample(rng, by_http, FORGED_SHARE):
        yield saboteur.forged(good)
    for good in sample(rng, by_topic, 0, least=2):
        yield saboteur.stray_record(good.at)
    yield from saboteur.mails(sample(rng, mails, GARBAGE_SHARE, least=4))


def sample(rng: random.Random, things: Sequence[T], share: float, least: int = 0) -> list[T]:
    return rng.sample(things, min(len(things), max(least, round(len(things) * share))))


class ContactPlanner:
    """Who contacts us when: each customer once, and as many of them again as are needed."""

    def __init__(self, rng: random.Random, desk: Desk, day: Day, journeys: Sequence[Journey]) -> None:
        self.rng = rng
        self.desk = desk
        self.day = day
        self.of: dict[int, list[Journey]] = {}
        for journey in journeys:
            self.of.setdefault(journey.consignee.number, []).append(journey)
        self.any_journey = journeys

    def contacts(self, people: Sequence[Person], number: int) -> list[Sending]:
        first = [self.first(person) for person in self.rng.sample(people, min(number, len(people)))]
        again = [self.again(self.rng.choice(first)) for _ in range(number - len(first))]
        return [self.with_retries(sending) for sending in (*first, *again)]

    def with_retries(self, sending: Sending) -> Sending:
        """A gateway whose answer got lost delivers again: 10 % of them once or twice more."""
        return replace(sending, deliveries=weighted(self.rng, list(REPEATED), list(REPEATED.values())))

    def moment(self) -> datetime:
        """Drawn from the day's curve; many draws are a Poisson process of that intensity."""
        hour = weighted(self.rng, list(HOURS), list(HOURS.values()))
        local = self.day.opens.astimezone(CHINA).replace(hour=hour, minute=0, second=0, microsecond=0)
        return (local + timedelta(seconds=self.rng.uniform(0, 3600))).astimezone(self.day.opens.tzinfo)

    def first(self, person: Person) -> Sending:
        at = self.moment()
        journey = self.concern(person, at)
        trouble = trouble_at(journey)
        if trouble and self.day.holds(trouble) and self.rng.random() < AFTER_TROUBLE_SHARE:
            later = trouble + timedelta(hours=self.rng.uniform(0.3, 4))
            at = later if self.day.holds(later) else at
        return self.contact(person, journey, at)

    def concern(self, person: Person, at: datetime) -> Journey:
        """The parcel that this customer has on their mind; somebody else's where none is on its way to them."""
        own = self.of.get(person.number) or [self.rng.choice(self.any_journey)]
        return weighted(self.rng, own, [CONCERN[situation(journey, at)] for journey in own])

    def contact(self, person: Person, journey: Journey, at: datetime) -> Sending:
        kind = claim_kind(self.rng, journey, at)
        if kind:
            return self.desk.claim_form(person, kind, journey, at)
        return self.by(self.channel(person))(person, intent(self.rng, journey, at), journey, at)

    def channel(self, person: Person) -> str:
        open_to = [name for name in CHANNELS if person.language == "zh" or name not in CHINESE_ONLY]
        return weighted(self.rng, open_to, [CHANNELS[name] for name in open_to])

    def by(self, channel: str) -> Callable[[Person, Intent, Journey, datetime], Sending]:
        return {
            "phone": self.desk.call,
            "web": self.desk.chat_message,
            "email": self.desk.mail,
            "wechat": self.desk.wechat,
            "weibo": self.desk.weibo,
            "sms": self.desk.text_message,
        }[channel]

    def again(self, earlier: Sending) -> Sending:
        """The same customer some hours later: about the same thing, mostly on the same channel."""
        assert earlier.contact
        assert earlier.contact.journey
        before = earlier.contact
        rest = (self.day.closes - earlier.at).total_seconds()
        at = earlier.at + timedelta(seconds=self.rng.uniform(0.04, 0.9) * min(rest, 6 * 3600))
        stays = self.rng.random() < 0.65
        channel = before.channel if stays else self.channel(before.person)
        what = Intent.FOLLOW_UP if self.rng.random() < 0.6 else intent(self.rng, earlier.contact.journey, at)
        return self.by(channel)(before.person, what, earlier.contact.journey, at)
