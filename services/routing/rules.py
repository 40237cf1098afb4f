"""Everything that an operator may change, as one value that decisions are made with."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from services.routing.clocks import Target, Targets
from services.routing.due import Calendar
from services.routing.lexicon import Lexicon
from services.routing.life import Life
from services.routing.roster import Roster
from shared.contracts.cases import Case, ClockKind


class Table(Protocol):
    """A decision table: the outputs for some facts; `catch_alls` counts hits of the last row, per table."""

    catch_alls: Counter[str]

    def __call__(self, **facts: str | int | bool) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Rules:
    """`version` names the rule set: a hash over all files."""

    version: str
    lexicon: Lexicon
    classification: Table
    groups: Table
    sla: Table
    calendar: Calendar
    roster: Roster

    @property
    def life(self) -> Life:
        return self.calendar.life

    def tier(self, case: Case) -> str:
        """The customer's tier, where the tables know it."""
        tier = case.customer.tier
        return tier if tier in self.life.tiers else "standard"

    def targets(self, case: Case) -> Targets:
        """The time limits of a case, by its kind, priority, tier and channel (RO-6, RO-7)."""
        row = self.sla(
            kind=case.classification.kind.value,
            priority=case.classification.priority,
            tier=self.tier(case),
            channel=case.channel.value,
        )
        return {clock: _target(clock, row) for clock in ClockKind if row[f"{clock.value}_seconds"]}

    def catch_alls(self) -> dict[str, int]:
        """How often no row but the last one fitted, per table: a growing figure calls for a rule."""
        tables = (self.classification, self.groups, self.sla)
        return {name: n for table in tables for name, n in table.catch_alls.items()}


def _target(clock: ClockKind, row: Mapping[str, Any]) -> Target:
    limit = timedelta(seconds=row[f"{clock.value}_seconds"])
    return Target(
        limit=limit,
        warn_after=limit * row[f"{clock.value}_warn_percent"] / 100,
        rule=f"{clock.value}/{row[f'{clock.value}_rule']}",
    )
