"""What casts doubt on a person's cases: a contact that finds two of them, or what customers.v1 tells (IN-5)."""

from dataclasses import dataclass
from typing import Any

from services.routing.life import Life
from services.routing.pairs.uniting import is_divided
from services.routing.persons import People
from services.routing.threading import Book
from shared.contracts.case_pairs import WhoIsWho
from shared.contracts.customers import CustomerEvent, CustomersSeparated, Evidence, HandlesLinked
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, Customer

NOT_OF_THE_SENDER = frozenset({Evidence.ORDER, Evidence.TEXT})
"""Links that no contact shows by itself: the sender's own handles are in the contact, which finds the cases of all."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """`cause`: the event that it came of, once each; `keys`: under which the person's open cases are found; `parted`:
    they were said to be two. `tries`: how often it was looked at."""

    cause: str
    keys: tuple[str, ...]
    because: WhoIsWho
    parted: bool = False
    tries: int = 0


def doubt_of(event: Any, book: Book, people: People) -> Doubt | None:
    """A contact whose sender has two open cases under two ids, none of whom is said to be another. A few look-ups in
    memory."""
    if not isinstance(event, Interaction):
        return None
    person = people.who(event.customer)
    several = [case for case in book.several_of(person) if case.customer.customer_id not in person.apart]
    if not several or not is_divided(several):
        return None
    evidence = Evidence.WEBHOOK if event.channel is Channel.SYSTEM else Evidence(event.channel.value)
    return Doubt(event.interaction_id, person.slots, WhoIsWho(cause=event.interaction_id, evidence=evidence))


def doubt_said(event: CustomerEvent, event_id: str, life: Life) -> Doubt | None:
    """Customers who are one, or who are two after all. First links are left out where a contact shows them: they are
    the flood of new customers, and cost nothing here."""
    if isinstance(event, HandlesLinked) and event.evidence not in NOT_OF_THE_SENDER:
        return None
    people = People(life)
    handles = dict.fromkeys(handle for known in event.customers for handle in known.handles)
    keys = tuple(key for handle in handles for key in people.who(Customer(customer_id=handle)).slots)
    because = WhoIsWho(cause=event.cause, evidence=event.evidence, actor=event.actor)
    return Doubt(event_id, keys, because, parted=isinstance(event, CustomersSeparated))
