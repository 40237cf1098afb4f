"""Everything that an operator may change, as one value that decisions are made with."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from services.routing.advice import Trust
from services.routing.clocks import Target, Targets
from services.routing.disputes.rules import DisputeRules
from services.routing.due import Calendar
from services.routing.estimates.table import EstimateRules
from services.routing.handover.rules import HandOverRules
from services.routing.hours import BusinessHours
from services.routing.key_accounts.rules import KeyAccountRules
from services.routing.lexicon import Lexicon
from services.routing.life import STANDARD, Life
from services.routing.model.scorer import Model
from services.routing.precedence import Precedence
from services.routing.roster import Roster
from services.routing.selfservice.table import SelfServiceRules
from shared.contracts.cases import Case, ClockKind
from shared.contracts.people import Customer


class Table(Protocol):
    """A decision table: the outputs for some facts; `catch_alls` counts hits of the last row, per table."""

    catch_alls: Counter[str]

    def __call__(self, **facts: str | int | bool) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Rules:
    """`version` names the rule set: a hash over all files. `tags`: all that a case may have;
    `trust`: when the model is believed."""

    version: str
    lexicon: Lexicon
    tags: frozenset[str]
    classification: Table
    groups: Table
    sla: Table
    calendar: Calendar
    roster: Roster
    precedence: Precedence
    key_accounts: KeyAccountRules
    handover: HandOverRules
    disputes: DisputeRules
    self_service: SelfServiceRules
    estimates: EstimateRules
    model: Model
    trust: Trust
    _targets: dict[tuple[Any, ...], Targets] = field(default_factory=dict, compare=False, repr=False)
    """By the cells of a row: there are only so many rows."""

    @property
    def life(self) -> Life:
        return self.calendar.life

    def tier(self, customer: Customer) -> str:
        """The customer's tier, where the tables know it; of a key account by volume at least that of key accounts."""
        if customer.tier_by == "volume" and customer.tier not in self.life.tiers:
            return self.key_accounts.tier
        return customer.tier if customer.tier in self.life.tiers else STANDARD

    def targets(self, case: Case) -> Targets:
        """The time limits of a case, by its kind, priority, tier and channel (RO-6, RO-7)."""
        row = self.sla(
            kind=case.classification.kind.value,
            priority=case.classification.priority,
            tier=self.tier(case.customer),
            channel=case.channel.value,
        )
        named = self._targets.get(cells := tuple(row[column] for column in _COLUMNS))
        if named is None:
            named = self._targets[cells] = _targets_of(cells, self.calendar.hours)
        return named

    def catch_alls(self) -> dict[str, int]:
        """How often no row but the last one fitted, per table: a growing figure calls for a rule."""
        tables = (self.classification, self.groups, self.sla)
        return {name: n for table in tables for name, n in table.catch_alls.items()}


_PARTS = ("seconds", "warn_percent", "calendar", "rule")
_COLUMNS = tuple(f"{clock.value}_{part}" for clock in ClockKind for part in _PARTS)


def _targets_of(cells: Sequence[Any], calendars: Mapping[str, BusinessHours]) -> Targets:
    """The targets by the cells of a row, four for each clock; 0 seconds: there is no such limit."""
    found = {}
    for clock, (seconds, percent, calendar, row) in zip(ClockKind, _fours(cells), strict=True):
        if seconds:
            limit = timedelta(seconds=seconds)
            found[clock] = Target(limit, limit * percent / 100, f"{clock.value}/{row}", calendars[calendar])
    return found


def _fours(cells: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (cells[n : n + 4] for n in range(0, len(cells), 4))
