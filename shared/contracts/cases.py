"""cases.v1: the change-sets of a case, each with the case as it stands after them (RO-1 to RO-8)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant, Word
from shared.contracts.case_pairs import Absorbed, Brought, Merged, SplitFrom, SplitOff
from shared.contracts.classification import CaseKind as CaseKind
from shared.contracts.classification import Classification as Classification
from shared.contracts.estimates import ArrivalEstimate, EstimateMoved
from shared.contracts.handovers import HandOver, HandOverNote, HandOverNoted, ShiftHandedOver
from shared.contracts.interactions import Attachment, ClaimForm, Solution
from shared.contracts.legal import LegalDeadline, LegalDeadlineMoved
from shared.contracts.media import MediaFault, MediaKind
from shared.contracts.parcels import ExceptionKind, Fault, Node, Parcel
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from shared.contracts.sign_disputes import SignDispute, SignDisputeMoved
from shared.contracts.surveys import SurveyAnswered, SurveyAsked, SurveyClosed


class CaseStatus(Word):
    QUEUED = "queued"  # 待分派
    ASSIGNED = "assigned"  # 处理中
    WAITING_CUSTOMER = "waiting_customer"  # 待客户回复
    RESOLVED = "resolved"  # 已解决待确认
    CLOSED = "closed"  # 已关闭


class CaseField(Word):
    """The mandatory fields of a complaint (IN-7), by their names in the case."""

    GOODS_TYPE = "goods_type"  # 货物类型
    EXCEPTION_NODE = "exception_node"  # 异常节点
    WISHED_SOLUTION = "wished_solution"  # 预期解决方案


class ClockKind(Word):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"  # 后续响应: of the oldest message since the latest answer
    RESOLUTION = "resolution"
    LEGAL_ANSWER = "legal_answer"


class ClockState(Word):
    RUNNING = "running"
    WARNED = "warned"
    PAUSED = "paused"
    BREACHED = "breached"
    MET = "met"


class Clock(Contract):
    """One running time limit (时限) of a case (RO-6, RO-7). A breached clock keeps its `breached_at` when met late."""

    kind: ClockKind
    state: ClockState
    started_at: Instant
    warn_at: Instant
    due_at: Instant
    paused_at: Instant | None = None
    breached_at: Instant | None = None
    met_at: Instant | None = None
    rule: str = Field(description="id of the rule-table row that set it")
    calendar: str = Field("always", description="business calendar whose time counts; always: around the clock")
    limit_seconds: int | None = Field(None, ge=0, description="of business time; None: older than this field")


class Climb(Contract):
    """How far a ladder was climbed for what happened at `since`; what happens later begins at its foot again."""

    ladder: str
    since: Instant
    level: int


class SelfService(Contract):
    """How a case is, or was, answered without a person (自助服务, RO-3)."""

    answer: str = Field(description="id of the answer in the rule table")
    group: str = Field(description="who handles the case where a person is needed after all")
    until: Instant | None = Field(None, description="the parcel's facts are waited for, so long; None: not any more")
    answered_at: Instant | None = None


class Survey(Contract):
    """Whether the customer is satisfied (满意度): asked at each resolution (RO-14)."""

    asked_at: Instant
    until: Instant = Field(description="an answer counts so long")
    reopens_up_to: int = Field(0, ge=0, le=4, description="a score up to this opens the case again; 0: none does")
    score: int | None = Field(None, ge=1, le=5)
    answered_at: Instant | None = None
    closed_at: Instant | None = Field(None, description="nobody answered in time")


class Case(Contract):
    """A case (工单) as it stands; `version` grows by one with each change-set and never goes back."""

    case_id: str
    number: str = Field(description="what a customer is told, e.g. PC7K2M9Q4D")
    version: int = Field(ge=1)
    customer: Customer
    channel: Channel
    origin: Literal["contact", "parcel_exception"]
    gateway: str | None = Field(None, description="gateway of the contact that opened it")
    status: CaseStatus
    classification: Classification
    group: str
    agent: str | None = None
    preferred_agent: str | None = Field(None, description="who handled this customer last")
    declined_by: tuple[str, ...] = Field((), description="agents who gave it back")
    tracking_numbers: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    subject: Personal | None = None
    opened_at: Instant
    updated_at: Instant
    first_response_at: Instant | None = None
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    summary: Personal | None = Field(None, description="solution summary, needed to close (RO-14)")
    clocks: tuple[Clock, ...] = ()
    escalation_level: int = Field(0, description="highest level of any ladder since it was opened")
    climbs: tuple[Climb, ...] = ()
    handled_at: Instant | None = Field(None, description="when a person last did something about it")
    worked_at: Instant | None = Field(None, description="when its agent last did something, or a lead gave it to them")
    open_orders: tuple[str, ...] = Field((), description="ids of work orders that others, or the handler, still owe")
    contacts: int = Field(0, ge=0, description="contacts of the customer in this case")
    reopened: int = 0
    reopened_at: Instant | None = None
    claim: ClaimForm | None = None
    exception_id: str | None = None
    exception_kind: ExceptionKind | None = None
    exception_fault: Fault | None = Field(None, description="the party at fault as the carrier reports it")
    exception_at: Instant | None = Field(None, description="when the exception was detected")
    incident_id: str | None = Field(None, description="the incident (突发事件) that the case is under (RO-12)")
    incident_number: str | None = None
    incidents_left: tuple[str, ...] = Field((), description="ids of incidents that a person took it out of")
    parcel: Parcel | None = None
    estimate: ArrivalEstimate | None = Field(None, description="of a parcel that is held up, or was asked for (RO-11)")
    mail_thread: str | None = Field(None, description="Message-ID of the customer's latest mail")
    awaited_media: tuple[str, ...] = Field((), description="refs of media that are still being fetched")
    goods_type: str | None = Field(None, description="货物类型: a code of intake's vocabulary")
    exception_node: Node | None = Field(None, description="异常节点: as the customer or the parcel's exception says")
    wished_solution: Solution | None = Field(None, description="预期解决方案: what the customer asked for first")
    missing_fields: tuple[CaseField, ...] = Field((), description="mandatory for this kind of case, and unknown")
    fields_asked: int = Field(0, ge=0, description="how often the customer was asked for them")
    fields_asked_at: Instant | None = None
    merged_into: str | None = Field(None, description="id of the case that goes on with this one's matter")
    brought: tuple[Brought, ...] | None = Field(None, description="by cases that routing itself merged into this one")
    sign_dispute: SignDispute | None = None
    legal_deadlines: tuple[LegalDeadline, ...] = Field((), description="but the answer to a complaint: that is a clock")
    answered_by: Literal["self_service"] | None = Field(None, description="as long as no person is needed (RO-3)")
    self_service: SelfService | None = None
    survey: Survey | None = Field(None, description="of the latest resolution")
    handover: HandOver | None = Field(None, description="the latest, by an agent who went (交接班, RO-4)")
    handover_note: HandOverNote | None = None


class Opened(Contract):
    type: Literal["opened"] = "opened"
    interaction_id: str | None = None


class ContactAdded(Contract):
    type: Literal["contact_added"] = "contact_added"
    interaction_id: str
    channel: Channel
    text: Personal
    occurred_at: Instant
    attachments: tuple[Attachment, ...] = ()


class MediaAdded(Contract):
    """A file that a contact had only named has come: one attachment, under the `ref` that the contact gave."""

    type: Literal["media_added"] = "media_added"
    interaction_id: str
    ref: str
    kind: MediaKind
    attachments: tuple[Attachment, ...] = Field(min_length=1, max_length=1)


class MediaMissing(Contract):
    """A file that a contact had named can't be had: whoever works on the case may ask for it again."""

    type: Literal["media_missing"] = "media_missing"
    interaction_id: str
    ref: str
    kind: MediaKind
    fault: MediaFault


class Classified(Contract):
    type: Literal["classified"] = "classified"


class TierChanged(Contract):
    """The customer became a key account (重点客户) while the case was open, or was parted from one (IN-5): its
    queue and time limits follow (RO-5)."""

    type: Literal["tier_changed"] = "tier_changed"
    tier: str
    by: Literal["contract", "volume"]


class Assigned(Contract):
    type: Literal["assigned"] = "assigned"
    agent: str
    group: str


class Declined(Contract):
    """An agent gave the case back to the queue, and why; it is not given to them again."""

    type: Literal["declined"] = "declined"
    agent: str
    reason: str


class ClockChanged(Contract):
    """A clock was started, warned, paused, resumed, given another limit, breached or met."""

    type: Literal["clock"] = "clock"
    clock: ClockKind
    change: Literal["started", "warned", "paused", "resumed", "retargeted", "breached", "met"]


class Escalated(Contract):
    """A rung of a ladder (RO-8) was reached: who is told, how, and whether at any hour.

    `raised`: the case's escalation level rose by it; another ladder may have brought it there before.
    """

    type: Literal["escalated"] = "escalated"
    level: int
    role: str
    reason: str
    ladder: str | None = None
    channels: tuple[str, ...] = ()
    critical: bool = False
    raised: bool = True


class Replied(Contract):
    """An agent, or `self_service`, answered; the text goes to the customer on their channel."""

    type: Literal["replied"] = "replied"
    agent: str
    text: Personal


class Resolved(Contract):
    type: Literal["resolved"] = "resolved"
    by: str


class Closed(Contract):
    type: Literal["closed"] = "closed"
    by: str


class Reopened(Contract):
    type: Literal["reopened"] = "reopened"


class ParcelUpdated(Contract):
    """The parcel's facts reached the case, or its exception is over (`cleared`)."""

    type: Literal["parcel_updated"] = "parcel_updated"
    cleared: bool = False


class FieldsRequested(Contract):
    """The customer is asked for the mandatory fields that their contacts do not say (IN-7)."""

    type: Literal["fields_requested"] = "fields_requested"
    missing: tuple[CaseField, ...] = Field(min_length=1)


class FieldsFilled(Contract):
    """The customer said what was missing."""

    type: Literal["fields_filled"] = "fields_filled"
    fields: tuple[CaseField, ...] = Field(min_length=1)


HandOverReason = Literal["asked", "again", "exception", "late", "no_facts"]
"""Why a person answers: the customer asked for one, or came back; the parcel has an exception, or is late; or it is
not known."""


class HandedOver(Contract):
    """A person answers what was, or would have been, answered by itself (转人工, RO-3)."""

    type: Literal["handed_over"] = "handed_over"
    reason: HandOverReason


OrderMove = Literal[
    "opened", "sent", "accepted", "rejected", "returned", "noted", "completed", "warned", "overdue", "cancelled"
]


class WorkOrderMoved(Contract):
    """A work order of the case was opened, answered, returned, completed, cancelled, or is overdue (RO-9)."""

    type: Literal["work_order"] = "work_order"
    order_id: str
    kind: str
    move: OrderMove = Field(description="type of the work order's change")
    owner: str = Field(description="who owes the next step")


class IncidentJoined(Contract):
    """The case came under an incident: many parcels have its cause (RO-12)."""

    type: Literal["incident_joined"] = "incident_joined"
    incident_id: str
    incident_number: str


class IncidentLeft(Contract):
    """A person took the case out of its incident: it has another cause."""

    type: Literal["incident_left"] = "incident_left"
    incident_id: str


Change = Annotated[
    Opened
    | ContactAdded
    | MediaAdded
    | MediaMissing
    | Classified
    | TierChanged
    | Assigned
    | Declined
    | ClockChanged
    | Escalated
    | Replied
    | Resolved
    | Closed
    | Reopened
    | ParcelUpdated
    | EstimateMoved
    | FieldsRequested
    | FieldsFilled
    | WorkOrderMoved
    | Merged
    | Absorbed
    | SplitOff
    | SplitFrom
    | SignDisputeMoved
    | LegalDeadlineMoved
    | IncidentJoined
    | IncidentLeft
    | HandedOver
    | HandOverNoted
    | ShiftHandedOver
    | SurveyAsked
    | SurveyAnswered
    | SurveyClosed,
    Field(discriminator="type"),
]


class Standing(Contract):
    """How a case stood before a change-set: a reader counts the difference without keeping every case."""

    status: CaseStatus
    group: str
    first_response_at: Instant | None = None
    answered_by: Literal["self_service"] | None = None
    legal_due: Instant | None = Field(None, description="when the law's time for an answer ended, while it ran")


class CaseChanged(Contract):
    """One decision on a case: its changes in order, all or none, and the case after them."""

    changes: tuple[Change, ...] = Field(min_length=1)
    case: Case
    at: Instant
    before: Standing | None = Field(None, description="None: the case did not exist before")
    keys: tuple[str, ...] = Field((), description="by which routing finds it; for rebuilding its state")


CASE_CHANGED = "parcelcare.case.changed"
TYPES: dict[str, type[Contract]] = {CASE_CHANGED: CaseChanged}
