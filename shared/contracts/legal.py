"""Legal deadlines (法定时限, RO-7): what the law allows a time for, apart from the service's own targets."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant, Word
from shared.contracts.personal import Personal


class LegalKind(Word):
    COMPLAINT_ANSWER = "complaint_answer"  # 投诉处理并告知用户
    REGULATOR_ANSWER = "regulator_answer"  # 邮政管理部门转办申诉的答复
    CUSTOMER_CLAIM = "customer_claim"  # 客户索赔时效
    CARRIER_RECOURSE = "carrier_recourse"  # 向承运方追偿时效


class LegalState(Word):
    OPEN = "open"  # 进行中
    MET = "met"  # 已履行; late where `missed_at` is set
    MISSED = "missed"  # 已逾期
    WITHDRAWN = "withdrawn"  # 已撤销


class LegalDeadline(Contract):
    """One time limit of the law. Nothing pauses it, and its end does not move."""

    deadline_id: str
    kind: LegalKind
    state: LegalState
    started_at: Instant
    due_at: Instant
    steps_done: int = Field(0, ge=0, description="how many steps of its ladder were told")
    claim_id: str | None = None
    reference: str | None = Field(None, description="the regulator's number of the matter")
    authority: str | None = Field(None, description="who asks")
    started_by: str = Field(description="the event that started it, e.g. claim/paid")
    missed_at: Instant | None = None
    ended_at: Instant | None = None
    ended_by: str | None = Field(None, description="the event that met or withdrew it")


LegalMove = Literal["started", "warned", "missed", "met", "withdrawn"]


class LegalDeadlineMoved(Contract):
    """A legal deadline of the case was started, comes near, was missed, met or withdrawn."""

    type: Literal["legal_deadline"] = "legal_deadline"
    deadline_id: str
    kind: LegalKind
    move: LegalMove
    due_at: Instant
    was_missed: bool = Field(False, description="it had been missed before this")
    note: Personal | None = Field(None, description="what the person wrote who met or withdrew it")
