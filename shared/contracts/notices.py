"""notice-requests.v1 and notices.v1: what a customer is to be told, and what became of it (NO-1, NO-2)."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant, Language
from shared.contracts.personal import Personal


class NoticeKind(StrEnum):
    RECEIVED = "received"  # 已受理
    STAGE = "stage"  # 进度更新
    REPLY = "reply"  # 坐席回复
    EVIDENCE_NEEDED = "evidence_needed"  # 待补材料
    DECIDED = "decided"  # 理赔决定
    PAID = "paid"  # 已赔付
    CLOSED = "closed"  # 已关闭


class NoticeRequested(Contract):
    """One notice, rendered. `notice_id` is the Message-ID's local part and the webhook-id: the idempotency key."""

    notice_id: str
    kind: NoticeKind
    case_id: str
    case_number: str | None = Field(None, description="stands in the Message-ID, so that an answer finds its case")
    customer_id: str
    language: Language
    channel: Literal["email", "webhook"]
    address: Personal
    subject: Personal
    text: Personal
    html: Personal | None = None
    in_reply_to: str | None = None
    caused_at: Instant


class NoticeSent(Contract):
    """The provider took the notice."""

    notice_id: str
    kind: NoticeKind
    case_id: str
    customer_id: str
    channel: Literal["email", "webhook"]
    caused_at: Instant
    sent_at: Instant


class NoticeFailed(Contract):
    """The provider refused the notice for good."""

    notice_id: str
    kind: NoticeKind
    case_id: str
    customer_id: str
    channel: Literal["email", "webhook"]
    reason: str
    failed_at: Instant


NOTICE_REQUESTED = "parcelcare.notice.requested"
NOTICE_SENT = "parcelcare.notice.sent"
NOTICE_FAILED = "parcelcare.notice.failed"
REQUEST_TYPES: dict[str, type[Contract]] = {NOTICE_REQUESTED: NoticeRequested}
TYPES: dict[str, type[Contract]] = {NOTICE_SENT: NoticeSent, NOTICE_FAILED: NoticeFailed}
