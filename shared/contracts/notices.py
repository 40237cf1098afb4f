"""notice-requests.v1 and notices.v1: what a customer is to be told, and what became of it (NO-1, NO-2)."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from shared.contracts.base import Contract, Instant, Language, Word
from shared.contracts.personal import Personal


class NoticeKind(Word):
    RECEIVED = "received"  # 已受理
    STAGE = "stage"  # 进度更新
    REPLY = "reply"  # 坐席回复
    DETAILS_NEEDED = "details_needed"  # 待补信息
    EVIDENCE_NEEDED = "evidence_needed"  # 待补材料
    DECIDED = "decided"  # 理赔决定
    PAID = "paid"  # 已赔付
    CLOSED = "closed"  # 已关闭
    INCIDENT = "incident"  # 突发事件


class Letter:
    """What a mail's HTML part is made of: the values of its template's variables. Many are personal, so `repr` and
    logs show their names alone (SY-5)."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables

    def reveal(self) -> Mapping[str, Any]:
        return self._variables

    def __repr__(self) -> str:
        return f"Letter({', '.join(sorted(self._variables))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Letter) and other._variables == self._variables

    def __hash__(self) -> int:
        return hash(tuple(self._variables))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        variables = core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())
        from_dict = core_schema.no_info_after_validator_function(cls, variables)
        return core_schema.json_or_python_schema(
            json_schema=from_dict,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_dict]),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.reveal, return_schema=variables),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "object", "x-personal": True}


class NoticeRequested(Contract):
    """One notice. `notice_id` is the Message-ID's local part and the webhook-id: the idempotency key."""

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
    letter: Letter | None = Field(None, description="what a mail's HTML part is made of, when it is sent")
    html: Personal | None = Field(None, description="the HTML part itself, from senders before the letter")
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
