"""incidents.v1: an incident (突发事件) as it changes, and what it means for each parcel of a customer (RO-12)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant, Word
from shared.contracts.cases import Case, Clock
from shared.contracts.parcels import ExceptionKind
from shared.contracts.people import Customer
from shared.contracts.personal import Personal


class Scope(Word):
    """What the parcels of an incident have in common, narrow before wide."""

    CARRIER_SITE = "carrier_site"  # 某承运方在某场地
    SITE = "site"  # 分拨中心、网点等场地
    REGION = "region"  # 区域
    CARRIER = "carrier"  # 承运方
    SYSTEM = "system"  # 全网


class Cause(Contract):
    """The one cause: the kind of exception, and where or with whom; None: whatever it is."""

    scope: Scope
    kind: ExceptionKind
    site: str | None = Field(None, max_length=80, description="place of the last scan: a hub, an outlet, a port")
    carrier: str | None = Field(None, max_length=40)
    region: str | None = Field(None, max_length=40)


class IncidentStatus(Word):
    OPEN = "open"  # 待响应
    ACKNOWLEDGED = "acknowledged"  # 处置中
    CLOSED = "closed"  # 已关闭


class Surprise(Contract):
    """Why the detector spoke: so many exceptions where so many are usual."""

    count: int = Field(ge=1)
    expected: float = Field(ge=0, description="usual in such a window")
    window_minutes: int = Field(ge=1)
    probability: float = Field(ge=0, le=1, description="of so many or more, if nothing were wrong")


class MemberKind(Word):
    DEPARTMENT = "department"  # 部门
    GROUP = "group"  # 技能组
    ROLE = "role"  # 职务


class Member(Contract):
    """A party of the task force (专项小组)."""

    kind: MemberKind
    name: str


class Review(Contract):
    """The closing review (复盘): what it was, what was done, what is to change."""

    cause: Personal
    remedy: Personal
    prevention: Personal


class Incident(Contract):
    """One cause of many exceptions; `version` grows by one with each change-set."""

    incident_id: str
    number: str = Field(description="what people call it, e.g. IN7K2M9Q4D")
    version: int = Field(ge=1)
    cause: Cause
    origin: Literal["detector", "person"]
    surprise: Surprise | None = None
    status: IncidentStatus
    opened_by: str
    opened_at: Instant
    since: Instant = Field(description="exceptions of the cause from then on belong to it")
    updated_at: Instant
    delay_hours: int = Field(ge=0, description="by how much parcels are expected to be late")
    clock: Clock = Field(description="joint response (联合响应)")
    escalation_level: int = 0
    task_force: tuple[Member, ...]
    acknowledged_by: str | None = None
    acknowledged_at: Instant | None = None
    notes: int = Field(0, ge=0)
    review: Review | None = None
    closed_by: str | None = None
    closed_at: Instant | None = None


class IncidentOpened(Contract):
    type: Literal["opened"] = "opened"
    by: str


class IncidentAcknowledged(Contract):
    """The task force is at work: the joint response began."""

    type: Literal["acknowledged"] = "acknowledged"
    by: str


class IncidentNoted(Contract):
    type: Literal["noted"] = "noted"
    by: str
    text: Personal


class IncidentEstimated(Contract):
    """Parcels are expected to be late by other hours than before."""

    type: Literal["estimated"] = "estimated"
    by: str
    delay_hours: int


class IncidentClock(Contract):
    type: Literal["clock"] = "clock"
    change: Literal["started", "warned", "breached", "met"]


class IncidentEscalated(Contract):
    """Nobody acknowledged it: who is told, and how."""

    type: Literal["escalated"] = "escalated"
    level: int
    role: str
    channels: tuple[str, ...]


class CaseLinked(Contract):
    """A person put a case under it."""

    type: Literal["case_linked"] = "case_linked"
    by: str
    case_id: str


class CaseUnlinked(Contract):
    """A person took a case out: it has another cause."""

    type: Literal["case_unlinked"] = "case_unlinked"
    by: str
    case_id: str


class IncidentClosed(Contract):
    type: Literal["closed"] = "closed"
    by: str


IncidentChange = Annotated[
    IncidentOpened
    | IncidentAcknowledged
    | IncidentNoted
    | IncidentEstimated
    | IncidentClock
    | IncidentEscalated
    | CaseLinked
    | CaseUnlinked
    | IncidentClosed,
    Field(discriminator="type"),
]


class IncidentChanged(Contract):
    """One decision on an incident: its changes in order, all or none, and the incident after them."""

    changes: tuple[IncidentChange, ...] = Field(min_length=1)
    incident: Incident
    at: Instant


OverReason = Literal["moved_on", "closed", "unlinked"]


class IncidentParcel(Contract):
    """A parcel came under an incident, is expected at another time by its new estimate, or is out of it again.

    `tell`: this is the customer's one notice of it; what follows of the same customer is only shown. `waiting` and
    `keys` are for rebuilding routing's state.
    """

    incident_id: str
    incident_number: str
    cause: Cause
    move: Literal["affected", "estimated", "over"]
    reason: OverReason | None = Field(None, description="why it is over")
    tracking_number: str
    case_id: str = Field(description="the parcel's case, or the one that is reserved for it")
    case_number: str
    reserved: bool = Field(description="the case is opened only when its customer writes")
    owner_id: str = Field(description="whom the parcel concerns, however its case knows them: who is told once")
    owner_version: int = Field(ge=1, description="grows with each parcel that comes, moves or goes of this owner")
    exception_id: str | None = None
    customer: Customer
    tell: bool
    expected_at: Instant | None = Field(None, description="revised estimate of arrival; None: not known")
    delay_hours: int | None = Field(None, ge=0, description="the incident's estimate that it follows from")
    at: Instant
    waiting: Case | None = Field(None, description="the reserved case")
    keys: tuple[str, ...] = Field((), description="by which a contact finds it")


INCIDENT_CHANGED = "parcelcare.incident.changed"
INCIDENT_PARCEL = "parcelcare.incident.parcel"
TYPES: dict[str, type[Contract]] = {INCIDENT_CHANGED: IncidentChanged, INCIDENT_PARCEL: IncidentParcel}
