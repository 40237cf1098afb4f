"""The circles of one batch by their handles, as the statements so far left them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from services.intake.identity.circle import Circle, from_json
from services.intake.identity.links import heard, is_known
from services.intake.identity.rules import IdentityRules
from services.intake.identity.settling import Cause, settle
from services.intake.identity.statement import Statement
from shared.contracts.customers import CustomerEvent


@dataclass(frozen=True)
class Stored:
    """A circle as it was loaded: read only where a statement says more than its marks show to be known."""

    circle_id: str
    revision: int
    handles: tuple[str, ...]
    marks: Mapping[str, int]
    text: str

    @cached_property
    def circle(self) -> Circle:
        return from_json(self.text)


class Book:
    """`loaded`: all circles that hold a handle which one of the batch's statements names."""

    def __init__(self, loaded: Iterable[Stored], rules: IdentityRules, nobodys: Collection[str]) -> None:
        self._rules = rules
        self._nobodys = nobodys
        self._by_handle: dict[str, Stored | Circle] = {}
        self.loaded = {stored.circle_id: stored for stored in loaded}
        for stored in self.loaded.values():
            self._by_handle.update(dict.fromkeys(stored.handles, stored))

    @property
    def now(self) -> dict[str, Stored | Circle]:
        """By their ids; a `Stored` is as it was."""
        return {circle.circle_id: circle for circle in self._by_handle.values()}

    def hear(self, statement: Statement) -> tuple[CustomerEvent, ...]:
        """What is to be announced; nothing, where all of it is known."""
        found = self._of(statement)
        if len(found) == 1 and isinstance(found[0], Stored) and is_known(found[0].marks, statement):
            return ()
        before = [one.circle if isinstance(one, Stored) else one for one in found]
        after = heard(before, statement, self._rules, self._nobodys)
        events: list[CustomerEvent] = []
        for circle in after:
            if not any(circle is one or circle == one for one in before):
                settled = settle(circle, _cause(statement), self._rules.shared.most_of_one_kind)
                self._by_handle.update(dict.fromkeys(settled.circle.ids, settled.circle))
                events += settled.events
        return tuple(events)

    def _of(self, statement: Statement) -> list[Stored | Circle]:
        found: dict[str, Stored | Circle] = {}
        for named in (*statement.handles, *statement.read):
            circle = self._by_handle.get(named.id)
            if circle is not None:
                found[circle.circle_id] = circle
        return list(found.values())


def _cause(statement: Statement) -> Cause:
    named = frozenset(n.id for n in statement.handles)
    return Cause(statement.cause, statement.at, statement.evidence, named)
