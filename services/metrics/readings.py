"""What this service reads of the others' events: of each contract the fields that are counted, and nothing else.

A whole case takes twice as long to validate, holds personal data that no indicator needs, and would make every new
kind of change unreadable here. A test holds these against the contracts.
"""

from pydantic import AwareDatetime

from shared.contracts.base import Contract
from shared.contracts.cases import CaseKind, CaseStatus, ClockKind, ClockState
from shared.contracts.claims import ClaimState, LiableParty
from shared.contracts.incidents import IncidentStatus, Scope
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.notices import NoticeKind
from shared.contracts.parcels import ExceptionKind, Node
from shared.contracts.people import Channel
from shared.contracts.work_orders import OrderStatus, OwnerKind


class Kinds(Contract):
    kind: CaseKind
    tags: tuple[str, ...]


class SelfServiceReading(Contract):
    answer: str


class ClockReading(Contract):
    kind: ClockKind
    state: ClockState
    due_at: AwareDatetime
    started_at: AwareDatetime | None = None
    met_at: AwareDatetime | None = None


class CaseReading(Contract):
    version: int
    channel: Channel
    origin: str
    status: CaseStatus
    classification: Kinds
    group: str
    opened_at: AwareDatetime
    first_response_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    contacts: int = 0
    reopened: int = 0
    answered_by: str | None = None
    self_service: SelfServiceReading | None = None
    clocks: tuple[ClockReading, ...] = ()


class StandingReading(Contract):
    status: CaseStatus
    group: str
    first_response_at: AwareDatetime | None = None
    answered_by: str | None = None
    legal_due: AwareDatetime | None = None


class CaseChange(Contract):
    """Any change of a case; which fields it has follows from its type."""

    type: str
    channel: Channel | None = None
    occurred_at: AwareDatetime | None = None
    clock: ClockKind | None = None
    change: str = ""
    level: int = 0
    role: str = ""
    move: str = ""
    area: str | None = None
    kind: str = ""
    due_at: AwareDatetime | None = None
    was_missed: bool = False
    outcome: str | None = None
    by: str = ""
    agent: str = ""
    reason: str = ""
    score: int = 0


class CaseChangedReading(Contract):
    changes: tuple[CaseChange, ...]
    case: CaseReading
    at: AwareDatetime
    before: StandingReading | None = None


class LiabilityReading(Contract):
    party: LiableParty


class AmountReading(Contract):
    """An award or a payout."""

    amount_fen: int


class ClaimReading(Contract):
    version: int
    kind: ClaimKind
    state: ClaimState
    claimed_fen: int = 0
    liability: LiabilityReading | None = None
    award: AmountReading | None = None
    fast_track: bool = False
    payout: AmountReading | None = None
    opened_at: AwareDatetime
    decided_at: AwareDatetime | None = None


class ClaimChange(Contract):
    """Any change of a claim."""

    type: str
    missing: tuple[EvidenceKind, ...] = ()


class ClaimChangedReading(Contract):
    changes: tuple[ClaimChange, ...]
    claim: ClaimReading
    at: AwareDatetime
    before: ClaimState | None = None


class NoticeSentReading(Contract):
    kind: NoticeKind
    channel: str
    caused_at: AwareDatetime
    sent_at: AwareDatetime


class NoticeFailedReading(Contract):
    kind: NoticeKind
    channel: str
    failed_at: AwareDatetime


class ParcelReading(Contract):
    carrier: str
    node: Node


class ExceptionRaisedReading(Contract):
    kind: ExceptionKind
    detected_at: AwareDatetime
    parcel: ParcelReading


class ExceptionClearedReading(Contract):
    kind: ExceptionKind
    cleared_at: AwareDatetime
    parcel: ParcelReading


class CauseReading(Contract):
    scope: Scope
    kind: ExceptionKind


class IncidentReading(Contract):
    cause: CauseReading
    origin: str
    status: IncidentStatus
    opened_at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None


class IncidentChange(Contract):
    """Any change of an incident."""

    type: str


class IncidentChangedReading(Contract):
    changes: tuple[IncidentChange, ...]
    incident: IncidentReading
    at: AwareDatetime


class IncidentParcelReading(Contract):
    cause: CauseReading
    move: str
    tell: bool
    at: AwareDatetime


class OwnerReading(Contract):
    kind: OwnerKind
    name: str


class OrderStandingReading(Contract):
    owner: OwnerReading
    status: OrderStatus


class WorkOrderReading(OrderStandingReading):
    version: int
    kind: str
    opened_at: AwareDatetime
    sent_at: AwareDatetime
    accepted_at: AwareDatetime | None = None
    overdue_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None


class OrderChange(Contract):
    """Any change of a work order; `owner`: whose it was when it was overdue, or whose it is now."""

    type: str
    owner: OwnerReading | None = None


class WorkOrderChangedReading(Contract):
    changes: tuple[OrderChange, ...]
    order: WorkOrderReading
    at: AwareDatetime
    before: OrderStandingReading | None = None
