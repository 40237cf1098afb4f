"""What an operator may set about incidents (incidents.yaml), as one value that decisions are made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.routing.clocks import Target
from services.routing.incidents.cause import Regions
from shared.contracts.incidents import Cause, Member, Scope
from shared.contracts.parcels import ExceptionKind


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual rate: a mean over `days`; where history is short, as if `prior_events` had been seen in `prior_hours`.

    `busy_factor`: the busiest hour's part of the mean.
    """

    days: int
    prior_events: float
    prior_hours: float
    busy_factor: float


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """When exceptions of a scope are one incident: at least so many in the window, and so improbable by chance.

    `share`: the carrier's least part of what befell its site (0 to 1); `sites`, `carriers`: fewest different ones.
    """

    scope: Scope
    window: timedelta
    least: int
    probability: float
    delay_hours: int
    sites: int
    carriers: int
    share: float


@dataclass(frozen=True, slots=True)
class Rung:
    """Who is told so long after the opening while nobody has acknowledged it."""

    level: int
    after: timedelta
    role: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Force:
    """A task force, for the scopes and kinds that it lists (an empty list: all)."""

    scopes: frozenset[Scope]
    kinds: frozenset[ExceptionKind]
    members: tuple[Member, ...]

    def fits(self, cause: Cause) -> bool:
        return (not self.scopes or cause.scope in self.scopes) and (not self.kinds or cause.kind in self.kinds)


@dataclass(frozen=True)
class IncidentRules:
    """`bucket`: the grain of the counts; `late`: how far back a window may end; `own_case`: kinds of exceptions that
    keep a case of their own."""

    bucket: timedelta
    late: timedelta
    usual: Usual
    scopes: Mapping[Scope, ScopeRule]
    own_case: frozenset[ExceptionKind]
    response: Target
    escalation: tuple[Rung, ...]
    forces: tuple[Force, ...]
    regions: Regions

    @property
    def reach(self) -> timedelta:
        """How far back counts are looked at: the longest window, ending as late as exceptions may come."""
        return max(rule.window for rule in self.scopes.values()) + self.late

    def force_of(self, cause: Cause) -> tuple[Member, ...]:
        """The last row fits every cause."""
        return next(force.members for force in self.forces if force.fits(cause))
