"""Who a customer is to routing: the identities that one is found by, and who is known to be the same (RO-1, IN-5).

An identity is the customer id or a contact point, hashed, so one person is found by phone or by mail.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from services.routing.aliases import Aliases
from services.routing.life import Life
from shared.contracts.base import derived_id
from shared.contracts.parcels import Parcel
from shared.contracts.people import ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal

NOBODY = "-"
_UNKNOWN = "unknown-"


def identities(customer: Customer) -> tuple[str, ...]:
    """The customer id and the contact points, hashed; `-` for the unknown owner of a parcel."""
    if customer.customer_id.startswith(_UNKNOWN):
        return (NOBODY,)
    handles = ["id:" + customer.customer_id, *(c.kind + ":" + c.value.reveal().lower() for c in customer.contacts)]
    return tuple(dict.fromkeys(map(_hashed, handles)))


class Person(NamedTuple):
    """A customer's identities, and the keys of what was written without a reference.

    `seen`: the identities to look under, those of the same person's other ids among them; `same` and `apart`: the
    ids of the person, and of those who are said to be another; `key_until`: so long it is a key account by volume.
    """

    customer: Customer
    ids: tuple[str, ...]
    seen: tuple[str, ...]
    slots: tuple[str, ...]
    same: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    key_until: datetime | None = None


class People:
    """The customers of one batch: who one is comes up again and again, and is found out once."""

    def __init__(self, life: Life, aliases: Aliases | None = None) -> None:
        self._numbers = range(life.open_cases_seen)
        self._known: dict[int, Person] = {}
        self._aliases = {i: alias for alias in (aliases or {}).values() for i in alias.same} | dict(aliases or {})

    def who(self, customer: Customer) -> Person:
        """By the object, which is kept alive here: to compare customers would take longer."""
        known = self._known.get(id(customer))
        if known is None:
            known = self._known[id(customer)] = self._person(customer)
        return known

    def _person(self, customer: Customer) -> Person:
        ids = identities(customer)
        alias = self._aliases.get(customer.customer_id)
        if alias is None:
            return Person(customer, ids, ids, self._slots(ids))
        if len(alias.same) > 1:
            ids = (*ids, _hashed("person:" + alias.same[0]))
        others = (_hashed("id:" + other) for other in alias.same)
        seen = tuple(dict.fromkeys((*ids, *others)))
        same, apart = frozenset(alias.same), frozenset(alias.apart)
        return Person(customer, ids, seen, self._slots(seen), same, apart, alias.key_until)

    def _slots(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"c:{i}:{n}" for i in ids if i != NOBODY for n in self._numbers)


@lru_cache(maxsize=100_000)
def _hashed(handle: str) -> str:
    return urlsafe_b64encode(blake2b(handle.encode(), digest_size=9).digest()).decode()


def owner_of(parcel: Parcel) -> Customer:
    """Whom a parcel's exception concerns: the consignee, else the merchant, else somebody yet unknown."""
    shipment = parcel.shipment
    if shipment is not None and shipment.consignee is not None:
        return shipment.consignee
    if shipment is not None and shipment.merchant_id is not None:
        merchant = shipment.merchant_id
        return Customer(
            customer_id=merchant, contacts=(ContactPoint(kind=ContactKind.WEBHOOK, value=Personal(merchant)),)
        )
    return Customer(customer_id=_UNKNOWN + derived_id(parcel.tracking_number, "owner"))


def is_unknown(customer: Customer) -> bool:
    return is_unknown_id(customer.customer_id)


def is_unknown_id(customer_id: str) -> bool:
    return customer_id.startswith(_UNKNOWN)


def is_same_person(one: Customer, other: Customer) -> bool:
    """The same customer id, or a contact point in common."""
    return one == other or not set(identities(one)).isdisjoint(identities(other))
