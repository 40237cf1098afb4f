"""Goods, carriers, products and places of the demo day, from demo/texts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from demo.corpus import read

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Goods:
    """Prices in yuan. `nature`: plain, fragile, gadget, cold or papers."""

    zh: str
    traditional: str
    en: str
    cheapest: int
    dearest: int
    nature: str

    def named(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Carrier:
    """`pattern`: its tracking numbers, # for a digit; `kuaidi100`: its code in Kuaidi100's pushes."""

    code: str
    zh: str
    en: str
    pattern: str
    kuaidi100: str
    share: int

    def number(self, rng: random.Random) -> str:
        return "".join(str(rng.randrange(10)) if sign == "#" else sign for sign in self.pattern)


@dataclass(frozen=True, slots=True)
class Product:
    """Freight in fen: for the first kilogram, and for each further one; `hours`: what is promised."""

    code: str
    zh: str
    en: str
    first_fen: int
    more_fen: int
    hours: int
    share: int

    def freight_fen(self, weight_g: int) -> int:
        return self.first_fen + self.more_fen * max(0, -(-weight_g // 1000) - 1)


@dataclass(frozen=True, slots=True)
class City:
    zh: str
    en: str
    hub: str
    outlets: tuple[str, ...]

    def named(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True)
class Market:
    goods: tuple[Goods, ...]
    carriers: tuple[Carrier, ...]
    products: tuple[Product, ...]
    cities: tuple[City, ...]
    ports: tuple[City, ...]
    overseas: tuple[City, ...]
    streets: tuple[str, ...]
    hongkong: tuple[str, ...]
    shops: tuple[str, ...]
    signers: tuple[str, ...]

    def product(self, code: str) -> Product:
        return next(product for product in self.products if product.code == code)

    def of_nature(self, *natures: str) -> tuple[Goods, ...]:
        return tuple(goods for goods in self.goods if goods.nature in natures)


def weighted(rng: random.Random, options: Sequence[T], shares: Sequence[float]) -> T:
    return rng.choices(options, shares)[0]


@cache
def market() -> Market:
    goods, places = read("market.yaml"), read("places.yaml")
    return Market(
        goods=tuple(Goods(*row) for row in goods["goods"]),
        carriers=tuple(Carrier(code, *row) for code, row in goods["carriers"].items()),
        products=tuple(Product(code, *row) for code, row in goods["products"].items()),
        cities=tuple(City(row[0], row[1], row[2], tuple(row[3:])) for row in places["cities"]),
        ports=tuple(City(zh, en, zh, (zh,)) for zh, en in places["ports"]),
        overseas=tuple(City(zh, en, f"{zh}处理中心", (f"{zh}揽收点",)) for zh, en in places["overseas"]),
        streets=tuple(places["streets"]),
        hongkong=tuple(places["hongkong"]),
        shops=tuple(places["shops"]),
        signers=tuple(places["signers"]),
    )
