"""The circles of one batch by their handles, as the statements so far left them."""

from collections.abc import Collection, Iterable

from services.intake.identity.circle import Circle
from services.intake.identity.links import heard, is_known
from services.intake.identity.rules import IdentityRules
from services.intake.identity.settling import Cause, settle
from services.intake.identity.statement import Statement
from shared.contracts.customers import CustomerEvent


class Book:
    """`loaded`: all circles that hold a handle which one of the batch's statements names."""

    def __init__(self, loaded: Iterable[Circle], rules: IdentityRules, nobodys: Collection[str]) -> None:
        self._rules = rules
        self._nobodys = nobodys
        self._by_handle: dict[str, Circle] = {}
        self.loaded = {circle.circle_id: circle for circle in loaded}
        for circle in self.loaded.values():
            self._enter(circle)

    @property
    def now(self) -> list[Circle]:
        return list({circle.circle_id: circle for circle in self._by_handle.values()}.values())

    def hear(self, statement: Statement) -> tuple[CustomerEvent, ...]:
        """What is to be announced; nothing, where all of it is known."""
        before = self._of(statement)
        if is_known(before, statement):
            return ()
        after = heard(before, statement, self._rules, self._nobodys)
        cause = Cause(statement.cause, statement.at, statement.evidence, frozenset(n.id for n in statement.handles))
        events: list[CustomerEvent] = []
        for circle in after:
            if circle not in before:
                settled = settle(circle, cause, self._rules.shared.most_of_one_kind)
                self._enter(settled.circle)
                events += settled.events
        return tuple(events)

    def _of(self, statement: Statement) -> list[Circle]:
        found: dict[str, Circle] = {}
        for named in (*statement.handles, *statement.read):
            circle = self._by_handle.get(named.id)
            if circle is not None:
                found[circle.circle_id] = circle
        return list(found.values())

    def _enter(self, circle: Circle) -> None:
        for handle in circle.handles:
            self._by_handle[handle.id] = circle
