"""What routing keeps of a case, and what one decision on it yields."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pydantic import TypeAdapter

from shared.contracts.cases import Case, Change, OrderMove, Standing
from shared.contracts.parcels import ParcelLookup
from shared.contracts.work_orders import WorkOrder

_CASE = TypeAdapter(Case)


@dataclass(frozen=True)
class CaseState:
    """The case; the time at which something on it falls due; the keys that make it the only one of its kind.

    No two stored cases share an open key: that is what keeps two simultaneous contacts from opening two cases.
    A closed case holds its keys until its reopen window is over.
    """

    case: Case
    next_due: datetime | None = None
    open_keys: tuple[str, ...] = ()

    @cached_property
    def json(self) -> bytes:
        """The case as it is stored and as it is announced: written once for both."""
        return _CASE.dump_json(self.case, exclude_none=True)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One decision: the state after it and its changes in order; without changes nothing is announced.

    `before`: how the case stood; None where it is new.
    """

    state: CaseState
    changes: tuple[Change, ...] = ()
    lookup: ParcelLookup | None = None
    before: Standing | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """Something on the case fell due."""


@dataclass(frozen=True, slots=True)
class AgentFound:
    """The assigner chose an agent for a queued case."""

    agent: str


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """A work order of the case as it stands now, and what befell it."""

    order: WorkOrder
    moves: tuple[OrderMove, ...]
