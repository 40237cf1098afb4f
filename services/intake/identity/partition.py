"""Who of a circle is one customer: a pure function of all that was said and decided, in no order (IN-5).

People's decisions come first. Then each link joins its two ends, the earliest first, unless a decision keeps apart
what it would bring together, or an end is shared by several persons.
"""

from collections.abc import Iterable, Sequence

from services.intake.identity.circle import Card, Circle, Handle, Verdict
from shared.contracts.customers import HandleKind

_RANK = {kind: place for place, kind in enumerate(HandleKind)}


def partition(circle: Circle, most_of_one_kind: int) -> tuple[Card, ...]:
    """The customers of a circle, by their ids: that of the handle known first, of two at once the phone's, then the
    mail's, then the smaller id."""
    joins, aparts = standing(circle.verdicts)
    groups = _Groups(circle.ids, aparts)
    for join in joins:
        groups.join(join.one, join.other)
    shared = {h.id for h in circle.handles if is_shared(h, most_of_one_kind)}
    for link in sorted(circle.links, key=lambda x: (x.at, x.one, x.other, x.evidence)):
        if link.one not in shared and link.other not in shared:
            groups.join(link.one, link.other)
    cards = (card_of(handles) for handles in groups.of(circle.handles))
    return tuple(sorted(cards, key=lambda card: card.customer_id))


def is_shared(handle: Handle, most_of_one_kind: int) -> bool:
    """It was named beside more handles of one kind than a person has."""
    if len(handle.beside) <= most_of_one_kind:
        return False
    kinds = [b.partition("/")[0] for b in handle.beside]
    return any(kinds.count(kind) > most_of_one_kind for kind in set(kinds))


def standing(verdicts: Sequence[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
    """The decisions that hold, of those that join and those that part: a later one lifts what it contradicts."""
    joins: list[Verdict] = []
    aparts: list[Verdict] = []
    for verdict in sorted(verdicts, key=lambda v: (v.at, v.verdict_id)):
        mine, others = (joins, aparts) if verdict.same else (aparts, joins)
        others[:] = [other for other in others if not _contradict(verdict, other)]
        mine.append(verdict)
    return joins, aparts


def apart_from(card: Card, circle: Circle, cards: Iterable[Card]) -> tuple[str, ...]:
    """The handles of the customers that a person said this one is not."""
    mine, far = frozenset(card.handles), set[str]()
    for verdict in standing(circle.verdicts)[1]:
        far |= verdict.right if mine & verdict.left else frozenset()
        far |= verdict.left if mine & verdict.right else frozenset()
    return tuple(sorted(h for c in cards if c != card and far.intersection(c.handles) for h in c.handles))


def _contradict(one: Verdict, other: Verdict) -> bool:
    straight = one.left & other.left and one.right & other.right
    crossed = one.left & other.right and one.right & other.left
    return bool(straight or crossed)


def card_of(handles: Sequence[Handle]) -> Card:
    """The customer that these handles are."""
    oldest = min(handles, key=lambda h: (h.first_at, _RANK[h.kind], h.id))
    return Card(customer_id=oldest.id, handles=tuple(sorted(h.id for h in handles)))


class _Groups:
    """Union-find that never brings together what a decision keeps apart: each group has a bit for each side of each
    such decision that one of its handles stands on."""

    def __init__(self, ids: Iterable[str], aparts: Sequence[Verdict]) -> None:
        self._parent = {i: i for i in ids}
        self._left = {i: _bits(i, [a.left for a in aparts]) for i in self._parent}
        self._right = {i: _bits(i, [a.right for a in aparts]) for i in self._parent}

    def join(self, one: str, other: str) -> None:
        a, b = self._root(one), self._root(other)
        if a == b or self._left[a] & self._right[b] or self._right[a] & self._left[b]:
            return
        a, b = min(a, b), max(a, b)
        self._parent[b] = a
        self._left[a] |= self._left[b]
        self._right[a] |= self._right[b]

    def of(self, handles: Iterable[Handle]) -> Iterable[Sequence[Handle]]:
        found: dict[str, list[Handle]] = {}
        for handle in handles:
            found.setdefault(self._root(handle.id), []).append(handle)
        return found.values()

    def _root(self, handle_id: str) -> str:
        while self._parent[handle_id] != handle_id:
            handle_id = self._parent[handle_id]
        return handle_id


def _bits(handle_id: str, sides: Sequence[frozenset[str]]) -> int:
    return sum(1 << place for place, side in enumerate(sides) if handle_id in side)
