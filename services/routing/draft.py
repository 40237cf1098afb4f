"""A decision in the making: the case so far and the changes noted on the way."""

from datetime import datetime
from typing import Any

from shared.contracts.cases import Case, Change


class Draft:
    """Collects one change-set. The only mutable thing of the domain; it never leaves a decision."""

    __slots__ = ("case", "changes")

    def __init__(self, case: Case) -> None:
        self.case = case
        self.changes: list[Change] = []

    def set(self, **fields: Any) -> None:
        self.case = self.case.model_copy(update=fields)

    def note(self, *changes: Change) -> None:
        self.changes.extend(changes)

    def finished(self, version: int, now: datetime) -> Case:
        return self.case.model_copy(update={"version": version, "updated_at": now})
