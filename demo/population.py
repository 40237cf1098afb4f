"""The people of the demo day: names, test handles, language, tier, and how each of them writes."""

import random
from dataclasses import dataclass
from functools import cache
from typing import Literal

from demo.corpus import corpus, read
from demo.market import City, market, weighted

ENGLISH_SHARE = 0.15
# Each of these numbers is visibly made up: runs of zeros, and 555-01xx, which North America keeps for fiction.
CHINESE_PHONE = "+86199000{:05d}"
AMERICAN_PHONE = "+1{}55501{:02d}"
AMERICAN_AREAS = (212, 310, 312, 415, 617, 702, 713, 206, 305, 404, 214, 303, 215, 202, 512, 503, 602, 808, 907, 504)
TIERS = {"standard": 86, "silver": 8, "vip": 4, "contract": 2}
Stops = Literal["full", "spaces", "lines", "none", "shouting"]


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody writes; shares are between 0 and 1."""

    stops: Stops
    dialect: str | None
    typos: float
    emoji: float
    slang: float
    wordy: float


@dataclass(frozen=True, slots=True)
class Person:
    """A customer. The phone is in E.164, the mail address in one of the reserved example domains."""

    number: int
    name: str
    phone: str
    email: str
    language: str
    tier: str
    city: City
    address: str
    habits: Habits

    @property
    def tail(self) -> str:
        return self.phone[-4:]

    @property
    def surname(self) -> str:
        return self.name.split()[-1] if self.language == "en" else self.name[0]


@cache
def _names() -> tuple[dict[str, object], dict[str, object]]:
    return read("zh/names.yaml"), read("en/names.yaml")


def chinese_name(rng: random.Random) -> str:
    zh = _names()[0]
    surname = rng.choice(list(zh["compound"] if rng.random() < 0.02 else zh["surnames"]))  # type: ignore[call-overload]
    given = list(zh["given_two"] if rng.random() < 0.6 else zh["given_one"])  # type: ignore[call-overload]
    return f"{surname}{rng.choice(given)}"


def english_name(rng: random.Random) -> str:
    en = _names()[1]
    return f"{rng.choice(list(en['given']))} {rng.choice(list(en['surnames']))}"  # type: ignore[call-overload]


def english_phone(number: int) -> str:
    """Distinct for up to 2,000 numbers."""
    area = AMERICAN_AREAS[number // 100 % len(AMERICAN_AREAS)]
    return AMERICAN_PHONE.format(area, number % 100)


def habits(rng: random.Random, language: str) -> Habits:
    dialects = sorted(corpus(language).voice.dialects)
    stops: tuple[Stops, ...] = ("full", "spaces", "lines", "none", "shouting")
    return Habits(
        stops=weighted(rng, stops, (46, 30, 10, 4, 10)),
        dialect=rng.choice(dialects) if dialects and rng.random() < 0.25 else None,
        typos=rng.choice((0.0, 0.0, 0.05, 0.2, 0.5)),
        emoji=rng.choice((0.0, 0.0, 0.15, 0.5)),
        slang=rng.choice((0.0, 0.0, 0.0, 0.3)),
        wordy=rng.random(),
    )


def person(rng: random.Random, number: int, english_so_far: int) -> Person:
    language = "en" if rng.random() < ENGLISH_SHARE else "zh"
    city = rng.choice(market().cities)
    name = english_name(rng) if language == "en" else chinese_name(rng)
    latin = name.lower().replace(" ", ".") if language == "en" else rng.choice(("user", "k", "kehu", "mail", "u"))
    street = f"{rng.choice(market().streets)}{rng.randrange(1, 999)}号"
    return Person(
        number=number,
        name=name,
        phone=english_phone(english_so_far) if language == "en" else CHINESE_PHONE.format(number),
        email=f"{latin}{number:04d}@example.{rng.choice(('com', 'cn', 'org', 'net'))}",
        language=language,
        tier=weighted(rng, list(TIERS), list(TIERS.values())),
        city=city,
        address=f"{street}{rng.randrange(1, 31)}幢{rng.randrange(101, 2805)}室",
        habits=habits(rng, language),
    )


def population(rng: random.Random, size: int) -> tuple[Person, ...]:
    people: list[Person] = []
    english = 0
    for number in range(size):
        people.append(person(rng, number, english))
        english += people[-1].language == "en"
    return tuple(people)
