"""A decision in the making: the case so far and the changes noted on the way."""

from datetime import datetime
from typing import Any

from shared.contracts.cases import Case, Change


class Draft:
    """Collects one change-set. The only mutable thing of the domain; it never leaves a decision."""

    __slots__ = ("_case", "_fields", "changes")

    def __init__(self, case: Case) -> None:
        self._case = case
        self._fields: dict[str, Any] = {}
        self.changes: list[Change] = []

    @property
    def case(self) -> Case:
        """As it is so far; copied only when somebody looks, and not for each field."""
        if self._fields:
            self._case = self._case.model_copy(update=self._fields)
            self._fields = {}
        return self._case

    def set(self, **fields: Any) -> None:
        self._fields.update(fields)

    def note(self, *changes: Change) -> None:
        self.changes.extend(changes)

    def finished(self, version: int, now: datetime) -> Case:
        self.set(version=version, updated_at=now)
        return self.case
