"""A circle: handles that were ever named together, and all that was said of them. What is said is a set (IN-5).

A handle is in one circle, for good; circles unite and never part. Who of a circle is one customer is worked out from
the whole of it (`partition`), so neither order nor repeats of what was said matter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter

from shared.contracts.customers import Evidence, HandleKind
from shared.contracts.personal import Personal

MOST_MENTIONS = 20


@dataclass(frozen=True, slots=True)
class Handle:
    """`beside`: the handles (kind/id) that it was named together with, as many as are needed to tell that it is
    shared by several persons."""

    id: str
    kind: HandleKind
    value: Personal
    first_at: datetime
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """Two handles that were named together; `one` is the smaller id. Of several such statements the earliest."""

    one: str
    other: str
    evidence: Evidence
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Mention:
    """What only suggests that `other`, who may be in another circle, is the same person as `own`."""

    own: str
    other: str
    evidence: Evidence
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person decided that left and right are one customer, or are not. The latest on a matter holds. `one` and
    `other`: their customer ids then."""

    verdict_id: str
    same: bool
    one: str
    other: str
    left: frozenset[str]
    right: frozenset[str]
    actor: str
    reason: Personal
    at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """A customer: the id of its oldest handle, and all its handles."""

    customer_id: str
    handles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """What was before a merge, so that it can be undone: whose the handles were, and whose the others."""

    absorbed: str
    handles: frozenset[str]
    others: frozenset[str]
    evidence: Evidence
    cause: str
    at: datetime
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """`customers`: as they were last announced; `revision` guards the document, and is the version of its events."""

    circle_id: str
    handles: tuple[Handle, ...]
    revision: int = 0
    links: tuple[Link, ...] = ()
    mentions: tuple[Mention, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    customers: tuple[Card, ...] = ()
    merges: tuple[Merge, ...] = ()

    @property
    def ids(self) -> list[str]:
        return [h.id for h in self.handles]

    def handle(self, handle_id: str) -> Handle | None:
        return next((h for h in self.handles if h.id == handle_id), None)

    def card_of(self, handle_id: str) -> Card | None:
        return next((c for c in self.customers if handle_id in c.handles), None)


P = TypeVar("P", Verdict, Card)
_CIRCLE = TypeAdapter(Circle)


def to_json(circle: Circle) -> bytes:
    return _CIRCLE.dump_json(circle, exclude_defaults=True)


def from_json(text: bytes | str) -> Circle:
    """Raises `ValidationError`."""
    return _CIRCLE.validate_json(text)


def united(circles: Sequence[Circle]) -> Circle:
    """One circle of several: what each says, once."""
    if len(circles) == 1:
        return circles[0]
    return Circle(
        circle_id=min(c.circle_id for c in circles),
        revision=max(c.revision for c in circles),
        handles=tuple(sorted((h for c in circles for h in c.handles), key=lambda h: h.id)),
        links=tuple(sorted((x for c in circles for x in c.links), key=_link_order)),
        mentions=_first_mentions(m for c in circles for m in c.mentions),
        verdicts=_ordered((v for c in circles for v in c.verdicts), "verdict_id"),
        customers=_ordered((k for c in circles for k in c.customers), "customer_id"),
        merges=tuple(sorted((m for c in circles for m in c.merges), key=lambda m: (m.at, m.absorbed))),
    )


def with_link(circle: Circle, link: Link) -> Circle:
    """The earliest statement of a link is the one that is kept."""
    same = [x for x in circle.links if (x.one, x.other, x.evidence) == (link.one, link.other, link.evidence)]
    if same and (same[0].at, same[0].cause) <= (link.at, link.cause):
        return circle
    left = [x for x in circle.links if x not in same]
    return replace(circle, links=tuple(sorted((*left, link), key=_link_order)))


def with_mention(circle: Circle, mention: Mention) -> Circle:
    known = any((m.own, m.other, m.evidence) == (mention.own, mention.other, mention.evidence) for m in circle.mentions)
    if known or len(circle.mentions) >= MOST_MENTIONS or mention.other in circle.ids:
        return circle
    return replace(circle, mentions=_first_mentions((*circle.mentions, mention)))


def _first_mentions(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda m: (m.at, m.own, m.other, m.evidence)))[:MOST_MENTIONS]


def _ordered(parts: Iterable[P], field: str) -> tuple[P, ...]:
    return tuple(sorted(parts, key=lambda part: str(getattr(part, field))))


def _link_order(link: Link) -> tuple[str, str, str]:
    return (link.one, link.other, link.evidence)
