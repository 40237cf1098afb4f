"""The orders of one merchant: a shop that ships more parcels this month than makes a key account (RO-5).

It writes in like everybody, and by noon its parcels are counted: from then on its cases are key accounts' ones.
"""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

from demo.market import market
from demo.parcels import Day
from demo.population import Person
from demo.sending import Purpose, Route, Sending

PARCELS = ((timedelta(minutes=20), 26), (timedelta(hours=1), 24), (timedelta(hours=4), 4))
"""After the opening of the day, so many at once: the last ones make more than 50."""
STRUCTURED = (("content-type", "application/cloudevents+json"),)


def merchant(contacts: Sequence[Sending]) -> Person:
    """Of those whom no contract gives a tier the one who writes most: there are cases to see."""
    people = [sending.contact.person for sending in contacts if sending.contact]
    wrote = Counter(person.number for person in people)
    ordinary = (person for person in people if person.tier == "standard")
    return max(ordinary, key=lambda person: (wrote[person.number], -person.number))


def orders(seed: int, run: str, day: Day, person: Person) -> list[Sending]:
    """What the shop's gateway delivers, each twice: a gateway repeats what it is not sure of."""
    rng = random.Random(f"orders/{seed}")
    return [_shipped(rng, run, day.opens + after, person, number) for after, number in PARCELS]


def _shipped(rng: random.Random, run: str, at: datetime, person: Person, number: int) -> Sending:
    carrier = rng.choice(market().carriers)
    order = f"{rng.randrange(10**17, 10**18)}"
    event = {
        "specversion": "1.0",
        "id": f"{run}-{order}",
        "source": "/shops/demo",
        "type": "order.changed",
        "time": at.isoformat(),
        "data": {
            "order_number": order,
            "shop": f"shop-of-{person.number}",
            "stage": "shipped",
            "occurred_at": at.isoformat(),
            "customer": {"name": person.name, "phone": person.phone, "email": person.email},
            "tracking_numbers": [carrier.number(rng) for _ in range(number)],
        },
    }
    body = orjson.dumps(event)
    return Sending(at, Route.SHOP, Purpose.ORDERS, f"order_{run}_{order}", body, STRUCTURED, deliveries=2)
