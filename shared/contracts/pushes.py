"""push-requests.v1 and pushes.v1: what staff and partners are told, and what became of it (NO-7, RO-8, RO-9)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant, Language, Word
from shared.contracts.notices import Letter
from shared.contracts.personal import Personal

PushWay = Literal["webhook", "mail", "phone", "sms"]
"""How a person is told. `desk`, the channel of a ladder that needs no push, is none of these."""


class PushKind(Word):
    ESCALATION = "escalation"  # 工单升级
    INCIDENT_OPENED = "incident_opened"  # 突发事件：专项小组
    INCIDENT_ESCALATION = "incident_escalation"  # 突发事件无人响应
    ORDER_HANDOVER = "order_handover"  # 协作工单交接
    ORDER_REMINDER = "order_reminder"  # 协作工单即将到期
    ORDER_OVERDUE = "order_overdue"  # 协作工单超时
    ORDER_BACK = "order_back"  # 协作工单退回
    SHIFT_HANDOVER = "shift_handover"  # 交接班


class Told(Contract):
    """What is told to whom: the same in the request, its receipt and its failure."""

    push_id: str = Field(description="idempotency key of step, person and way; begins with push-")
    kind: PushKind
    subject_id: str = Field(description="id of the case, work order or incident")
    subject_number: str = Field(description="what people call it")
    party: str = Field(description="kind/name, as the event says: role/lead")
    person: str = Field(description="id of staff.yaml; addresses stand there alone")
    way: PushWay
    caused_at: Instant


class PushRequested(Told):
    """One step to one person by one way; `then`: the ways that are tried after it, in order, where it fails."""

    step: str = Field(description="id of what is told, the same for all its pushes")
    then: tuple[PushWay, ...] = ()
    language: Language
    subject: Personal = Field(description="one line; all that a phone or text message says")
    text: Personal
    facts: Letter = Field(description="what the text was made of: the data of a webhook")
    requested_at: Instant


class PushSent(Told):
    """The provider took it."""

    sent_at: Instant


class PushFailed(Told):
    """The provider refused it for good, or kept us waiting too long. `next`: the way that is tried now; None: none
    is left, and the person was not reached."""

    reason: str
    next: PushWay | None = None
    failed_at: Instant


PUSH_REQUESTED = "parcelcare.push.requested"
PUSH_SENT = "parcelcare.push.sent"
PUSH_FAILED = "parcelcare.push.failed"
REQUEST_TYPES: dict[str, type[Contract]] = {PUSH_REQUESTED: PushRequested}
TYPES: dict[str, type[Contract]] = {PUSH_SENT: PushSent, PUSH_FAILED: PushFailed}
