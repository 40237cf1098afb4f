"""What a statement adds to the circles of its handles. Adding is a union of sets: order and repeats do not matter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

from services.intake.identity.circle import Circle, Handle, Link, Mention, united, with_link, with_mention
from services.intake.identity.partition import is_shared
from services.intake.identity.rules import IdentityRules
from services.intake.identity.statement import Named, Statement
from shared.contracts.customers import Evidence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def marks_of(circle: Circle) -> dict[str, int]:
    """What a circle knows of handles and links, and since when: as much of it as tells a statement that is known."""
    marks = {h.id: instant(h.first_at) for h in circle.handles}
    return marks | {f"{x.one}/{x.other}/{x.evidence}": instant(x.at) for x in circle.links}


def is_known(marks: Mapping[str, int], statement: Statement) -> bool:
    """The usual case, found out without the circle: nothing in the statement is new."""
    if statement.read:
        return False
    at, ids = instant(statement.at), [named.id for named in statement.handles]
    return all(marks.get(i, at + 1) <= at for i in ids) and all(
        marks.get(f"{min(pair)}/{max(pair)}/{statement.evidence}", at) < at for pair in combinations(ids, 2)
    )


def instant(at: datetime) -> int:
    """Microseconds since 1970: compared as exactly as the time itself."""
    return (at - _EPOCH) // _MICROSECOND


def heard(
    circles: Sequence[Circle], statement: Statement, rules: IdentityRules, nobodys: Collection[str] = ()
) -> list[Circle]:
    """The circles of the statement's handles after it; `circles` are all that held one of them before.

    `nobodys`: handles that are known to be nobody's own. A handle that is shared is linked no more: its circle would
    grow for ever, and nobody is told apart by it.
    """
    if not circles and len(statement.handles) <= 2 and not statement.read:
        first = _first(statement, rules, nobodys)
        if first is not None:
            return [first]
    after = list(circles)
    for named in statement.handles:
        _enter(after, named, statement)
    for one, other in combinations(statement.handles, 2):
        _name_together(after, one, other, statement.evidence, statement, rules, nobodys)
    for read in statement.read:
        _name_together(after, statement.handles[0], read, Evidence.TEXT, statement, rules, nobodys)
    return after


def _first(statement: Statement, rules: IdentityRules, nobodys: Collection[str]) -> Circle | None:
    """The circle of one handle, or of two that are linked, which nobody knew: most of what is new is so, and it is
    made here in a tenth of the time. None: it is not so simple."""
    ids = sorted(named.id for named in statement.handles)
    if len(ids) > 1 and (statement.evidence not in rules.merging or not set(ids).isdisjoint(nobodys)):
        return None
    marks = {n.id: f"{n.kind}/{n.id}" for n in statement.handles}
    handles = tuple(
        Handle(
            id=n.id,
            kind=n.kind,
            value=n.value,
            first_at=statement.at,
            beside=frozenset(mark for i, mark in marks.items() if i != n.id),
        )
        for n in sorted(statement.handles, key=lambda n: n.id)
    )
    links = [
        Link(one=ids[0], other=ids[1], evidence=statement.evidence, at=statement.at, cause=statement.cause)
        for _ in ids[1:]
    ]
    return Circle(circle_id=ids[0], handles=handles, links=tuple(links))


def _enter(circles: list[Circle], named: Named, statement: Statement) -> None:
    place = _place(circles, named.id)
    if place is None:
        handle = Handle(id=named.id, kind=named.kind, value=named.value, first_at=statement.at)
        circles.append(Circle(circle_id=named.id, handles=(handle,)))
        return
    known = circles[place].handle(named.id)
    if known is not None and statement.at < known.first_at:
        circles[place] = _put(circles[place], replace(known, first_at=statement.at))


def _name_together(
    circles: list[Circle],
    one: Named,
    other: Named,
    evidence: Evidence,
    statement: Statement,
    rules: IdentityRules,
    nobodys: Collection[str],
) -> None:
    if evidence not in rules.merging or one.id in nobodys or other.id in nobodys:
        _mention(circles, one.id, other.id, evidence, statement)
        if evidence is not Evidence.TEXT:
            _mention(circles, other.id, one.id, evidence, statement)
        return
    if _place(circles, other.id) is None:
        _enter(circles, other, statement)
    most = rules.shared.most_of_one_kind
    shared = [_beside(circles, a, b, most) for a, b in ((one, other), (other, one))]
    if any(shared):
        return
    _link(circles, one.id, other.id, evidence, statement, rules.largest)


def _beside(circles: list[Circle], one: Named, other: Named, most: int) -> bool:
    """Note the other beside the one; whether the one is shared with that."""
    place = _place(circles, one.id)
    assert place is not None
    handle = circles[place].handle(one.id)
    assert handle is not None
    mark = f"{other.kind}/{other.id}"
    if mark not in handle.beside and sum(b.startswith(f"{other.kind}/") for b in handle.beside) <= most:
        handle = replace(handle, beside=handle.beside | {mark})
        circles[place] = _put(circles[place], handle)
    return is_shared(handle, most)


def _link(circles: list[Circle], one: str, other: str, evidence: Evidence, statement: Statement, largest: int) -> None:
    first, second = _place(circles, one), _place(circles, other)
    assert first is not None
    assert second is not None
    if first != second:
        if len(circles[first].handles) + len(circles[second].handles) > largest:
            _mention(circles, one, other, evidence, statement)
            return
        both = united([circles[first], circles[second]])
        circles[:] = [*(c for n, c in enumerate(circles) if n not in (first, second)), both]
        first = len(circles) - 1
    link = Link(one=min(one, other), other=max(one, other), evidence=evidence, at=statement.at, cause=statement.cause)
    circles[first] = with_link(circles[first], link)


def _mention(circles: list[Circle], own: str, other: str, evidence: Evidence, statement: Statement) -> None:
    place = _place(circles, own)
    assert place is not None
    mention = Mention(own=own, other=other, evidence=evidence, at=statement.at, cause=statement.cause)
    circles[place] = with_mention(circles[place], mention)


def _put(circle: Circle, handle: Handle) -> Circle:
    handles = tuple(handle if h.id == handle.id else h for h in circle.handles)
    return replace(circle, handles=handles)


def _place(circles: Sequence[Circle], handle_id: str) -> int | None:
    return next((n for n, c in enumerate(circles) if any(h.id == handle_id for h in c.handles)), None)
