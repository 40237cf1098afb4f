"""What routing keeps of a case, and what one decision on it yields."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pydantic import TypeAdapter

from shared.contracts.cases import Case, Change, OrderMove, Standing
from shared.contracts.handovers import ShiftReason
from shared.contracts.parcels import ParcelLookup
from shared.contracts.personal import Personal
from shared.contracts.work_orders import WorkOrder

_CASE = TypeAdapter(Case)


@dataclass(frozen=True)
class CaseState:
    """The case; the time at which something on it falls due; the keys that make it the only one of its kind.

    No two stored cases share an open key: that is what keeps two simultaneous contacts from opening two cases.
    A closed case holds its keys until its reopen window is over.
    `reserved`: not opened, and told to nobody: the number and the keys that an exception under an incident keeps for
    its customer's case, which a contact opens (RO-12). `released`: reserved, and found by its number only. `said`: the
    customer's words that its classification came from; kept beside the case, told only where an agent corrects it.
    """

    case: Case
    next_due: datetime | None = None
    open_keys: tuple[str, ...] = ()
    reserved: bool = False
    released: bool = False
    said: Personal | None = None

    @property
    def stored_version(self) -> int:
        """What the database's guard compares: 0 until the case is opened as its version 1."""
        return 0 if self.reserved else self.case.version

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
class Joint:
    """An open incident that an exception belongs to, and the delay that it means; `own_case`: the exception keeps a
    case of its own nevertheless."""

    incident_id: str
    number: str
    delay_hours: int
    own_case: bool = True


@dataclass(frozen=True, slots=True)
class IncidentFound:
    """The case's exception is one of many of an incident."""

    joint: Joint


@dataclass(frozen=True, slots=True)
class IncidentEstimate:
    """The incident that the case is under is expected to hold its parcel up by other hours."""

    joint: Joint


@dataclass(frozen=True, slots=True)
class IncidentNotIts:
    """A person says that the case has another cause."""

    incident_id: str


@dataclass(frozen=True, slots=True)
class IncidentOver:
    """The incident of a reserved case was closed, and its parcel still stands: the case is opened."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """Something on the case fell due."""


@dataclass(frozen=True, slots=True)
class AgentFound:
    """The assigner chose an agent for a queued case."""

    agent: str


@dataclass(frozen=True, slots=True)
class KeyAccountFound:
    """The case's customer has become a key account by the number of their parcels (RO-5)."""


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """The case's agent goes, since `at`; `to`: who of those who are there could take it at once."""

    agent: str
    at: datetime
    reason: ShiftReason
    to: str | None = None


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """A work order of the case as it stands now, and what befell it."""

    order: WorkOrder
    moves: tuple[OrderMove, ...]
