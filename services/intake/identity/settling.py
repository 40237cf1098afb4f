"""From a circle as it was to the circle as it is: its customers anew, what came of them, and the events that say so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.intake.identity.circle import Card, Circle, Merge
from services.intake.identity.partition import apart_from, card_of, partition
from shared.contracts.customers import (
    CustomerEvent,
    CustomersMerged,
    CustomersSeparated,
    Evidence,
    HandlesLinked,
    KnownCustomer,
)
from shared.contracts.personal import Personal


@dataclass(frozen=True, slots=True)
class Cause:
    """What it follows from; `named`: the handles that it names; `actor` and `reason` where a person decided."""

    cause: str
    at: datetime
    evidence: Evidence
    named: frozenset[str] = frozenset()
    actor: str | None = None
    reason: Personal | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    circle: Circle
    events: tuple[CustomerEvent, ...] = ()


def settle(circle: Circle, cause: Cause, most_of_one_kind: int) -> Settled:
    """The circle with its customers and under its next revision, and what is to be announced of them."""
    if circle.revision == 0 and len(circle.links) == len(circle.handles) - 1 < 2:
        return _first(circle, cause)
    before, after = circle.customers, partition(circle, most_of_one_kind)
    version = circle.revision + 1
    told = replace(circle, customers=after, revision=version)
    if before == after:
        return Settled(told)
    events: list[CustomerEvent] = []
    merges: list[Merge] = []
    for card in after:
        sources = [b for b in before if not set(b.handles).isdisjoint(card.handles)]
        absorbed = [b for b in sources if b.customer_id != card.customer_id and _went_into(b, card, after)]
        if absorbed:
            merges += (_merge(b, sources, cause) for b in absorbed if len(sources) > 1)
            events.append(_merged(told, card, absorbed, cause))
        elif (new := set(card.handles).difference(*(b.handles for b in before))) and len(card.handles) > 1:
            events.append(_linked(told, card, new, cause))
    events += (_separated(told, b, parts, cause) for b in before if len(parts := _parts(b, after)) > 1)
    return Settled(replace(told, merges=(*told.merges, *merges)), tuple(events))


def _first(circle: Circle, cause: Cause) -> Settled:
    """A new circle of one handle, or of two that are linked, is one customer."""
    card = card_of(circle.handles)
    told = Circle(
        circle_id=circle.circle_id,
        revision=1,
        handles=circle.handles,
        links=circle.links,
        mentions=circle.mentions,
        customers=(card,),
    )
    return Settled(told, (_linked(told, card, set(card.handles), cause),) if circle.links else ())


def known(card: Card, circle: Circle) -> KnownCustomer:
    apart = apart_from(card, circle, circle.customers) if circle.verdicts else ()
    return KnownCustomer(customer_id=card.customer_id, handles=card.handles, apart=apart)


def _went_into(source: Card, card: Card, after: Sequence[Card]) -> bool:
    """The handle that gave the source its id is this customer's now; of one that came apart, the rest is told so."""
    return source.customer_id in card.handles and all(c.customer_id != source.customer_id for c in after)


def _parts(source: Card, after: Sequence[Card]) -> list[Card]:
    return [c for c in after if not set(c.handles).isdisjoint(source.handles)]


def _merge(absorbed: Card, sources: Sequence[Card], cause: Cause) -> Merge:
    others = frozenset(h for s in sources if s != absorbed for h in s.handles)
    return Merge(
        absorbed=absorbed.customer_id,
        handles=frozenset(absorbed.handles),
        others=others,
        evidence=cause.evidence,
        cause=cause.cause,
        at=cause.at,
        actor=cause.actor,
    )


def _linked(circle: Circle, card: Card, new: set[str], cause: Cause) -> HandlesLinked:
    return HandlesLinked(**_said(circle, [card], cause), linked=tuple(sorted(new)))


def _merged(circle: Circle, card: Card, absorbed: Sequence[Card], cause: Cause) -> CustomersMerged:
    ids = tuple(b.customer_id for b in absorbed)
    because = tuple(sorted(cause.named.intersection(card.handles)))
    return CustomersMerged(**_said(circle, [card], cause), absorbed=ids, because=because)


def _separated(circle: Circle, source: Card, parts: Sequence[Card], cause: Cause) -> CustomersSeparated:
    stays = next((p for p in parts if p.customer_id == source.customer_id), parts[0])
    ordered = [stays, *(p for p in parts if p != stays)]
    restored = tuple(p.customer_id for p in ordered[1:])
    return CustomersSeparated(**_said(circle, ordered, cause), restored=restored)


def _said(circle: Circle, cards: Sequence[Card], cause: Cause) -> dict[str, Any]:
    concerned = frozenset(h for card in cards for h in card.handles)
    told = [known(card, circle) for card in cards]
    if circle.verdicts:
        # Whom a person parted from one of these learns whom that one stands for now.
        others = (known(card, circle) for card in circle.customers if card not in cards)
        told += (other for other in others if concerned.intersection(other.apart))
    return {
        "customer_id": cards[0].customer_id,
        "version": circle.revision,
        "at": cause.at,
        "cause": cause.cause,
        "evidence": cause.evidence,
        "customers": tuple(told),
        "actor": cause.actor,
        "reason": cause.reason,
    }
