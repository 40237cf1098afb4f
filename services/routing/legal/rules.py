"""The kinds of legal deadlines (legal_deadlines.yaml), as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.routing.hours import BusinessHours
from shared.contracts.cases import ClockKind
from shared.contracts.legal import LegalKind

Text = Mapping[str, str]

EVENTS = (
    "case/complaint",
    "case/resolved",
    "act/regulator_query",
    "act/regulator_answered",
    "act/regulator_withdrawn",
    "act/recourse_claimed",
    "act/recourse_given_up",
    "claim/withdrawn",
    "claim/rejected",
    "claim/paid",
)
"""What may start, meet or withdraw a deadline."""


@dataclass(frozen=True, slots=True)
class LegalStep:
    """One rung: `offset` from the end, negative before it; a critical one does not wait for `hours` to open."""

    offset: timedelta
    role: str
    channels: tuple[str, ...]
    hours: BusinessHours
    critical: bool

    def at(self, due_at: datetime) -> datetime:
        """A warning waits for its calendar, but never beyond the end."""
        at = due_at + self.offset
        if self.critical:
            return at
        opened = self.hours.next_open(at)
        return min(opened, due_at) if self.offset < timedelta() else opened


@dataclass(frozen=True, slots=True)
class LegalRule:
    """`clock`: the case's clock that is this deadline; `carrier_share`: only where the carrier bears a part."""

    kind: LegalKind
    name: Text
    law: Text
    article: Text
    source: str
    certain: bool
    starts: frozenset[str]
    from_opening: bool
    days: int
    years: int
    met_by: frozenset[str]
    withdrawn_by: frozenset[str]
    clock: ClockKind | None
    carrier_share: bool
    warnings: tuple[LegalStep, ...]
    afterwards: tuple[LegalStep, ...]

    def end(self, start: datetime) -> datetime:
        """Of a 29 February the 28th, where the last year has no 29th."""
        year = start.year + self.years
        leap = (start.month, start.day) == (2, 29) and not _is_leap(year)
        return start.replace(year=year, day=28 if leap else start.day) + timedelta(days=self.days)


LegalRules = Mapping[LegalKind, LegalRule]


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
