"""What a gateway delivered, what became of it, and why it was refused: the words that all adapters share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from services.intake.credentials import Credentials
from services.intake.gateways import Gateway
from services.intake.handbook.shelf import Shelf
from shared.messaging.message import Outgoing
from shared.security.identity import IdentityKey
from shared.tracing import well_formed


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request or one mail. Header names are in lower case.

    `received_at` is the business time that events carry; `arrived_at` the real time that signatures are checked
    against. `return_path` is the sender of a mail's envelope, empty for a bounce. `begun` is the trace context that
    our first span has. `query` holds the URL's parameters; `url` is the address as its sender knows it, which some
    sign. `handbook` is what customers are told who ask about a node.
    """

    gateway: Gateway
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    arrived_at: datetime
    return_path: str | None = None
    begun: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    handbook: Shelf = field(default_factory=Shelf)

    @property
    def traceparent(self) -> str | None:
        """The trace context of what follows: the one begun for it, else its sender's."""
        return self.begun or well_formed(self.headers.get("traceparent"))


@dataclass(frozen=True, slots=True)
class Verified:
    """A delivery that really is the gateway's: `cause` names it (a repeat has the same), `payload` is what it says.

    `parsed` is for an adapter that had to parse in order to verify.
    """

    cause: str
    payload: bytes
    parsed: Any = None


@dataclass(frozen=True, slots=True)
class ToKeep:
    """A file on its way to the object store: `content_type` is what it was found to be, by its name, too.

    `pointer` is where in the sender's JSON it stands, for who is told that it is not taken after all.
    """

    content: bytes
    content_type: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender wants to hear that is not JSON: an echo, an XML document, a bare word."""

    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery in our own words: `answer` goes to the sender, with `status`, once Kafka has all `messages`.

    The messages speak of `files`, which are stored before.

    `suppressed` says why no interaction came of it; `unknown_codes` are carrier codes that no table names.
    """

    id: str
    messages: tuple[Outgoing, ...]
    answer: Mapping[str, Any] | Answer
    suppressed: str | None = None
    unknown_codes: tuple[str, ...] = ()
    status: int = 202
    files: tuple[ToKeep, ...] = ()


Verify = Callable[[Delivery, Credentials], Verified]
Normalise = Callable[[Delivery, Verified, IdentityKey], Accepted]
Greet = Callable[[Delivery, Credentials], Answer]


class Reason(Enum):
    """Why a delivery is refused: slug of the problem type, HTTP status, title in English and Chinese."""

    MALFORMED = ("malformed", 400, "The body can't be read", "请求体无法解析")
    SIGNATURE = ("signature-invalid", 401, "The signature is not valid", "签名无效")
    SESSION = ("session-invalid", 401, "The session is over: begin a new one", "会话已过期，请重新开始")
    ORIGIN = ("origin-refused", 403, "This page may not embed the widget", "该网站未获准嵌入此组件")
    UNKNOWN_GATEWAY = ("unknown-gateway", 404, "There is no such gateway", "网关不存在")
    METHOD = ("method-not-allowed", 405, "This gateway takes POST only", "该网关只接受 POST")
    TOO_LARGE = ("too-large", 413, "The body is larger than this gateway takes", "请求体超过该网关的上限")
    MEDIA_TYPE = ("unsupported-media-type", 415, "This gateway does not take this content type", "不支持该内容类型")
    INVALID = ("invalid", 422, "Fields are missing or wrong", "字段缺失或不合规")
    RATE = ("rate-limited", 429, "This gateway sends faster than agreed", "超过该网关的约定速率")
    OVERLOADED = ("overloaded", 503, "Too much is waiting; nothing was taken", "系统繁忙，本次未受理")

    def __init__(self, slug: str, status: int, english: str, chinese: str) -> None:
        self.slug = slug
        self.status = status
        self.english = english
        self.chinese = chinese


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a JSON pointer and what is expected there, never the value (it may be personal)."""

    pointer: str
    detail: str


@dataclass(eq=False)
class Rejected(Exception):
    """The delivery is refused, and the sender is told why. `retry_after_s` where the same may work later."""

    reason: Reason
    detail: str
    errors: Sequence[FieldError] = ()
    retry_after_s: float | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        fields = "; ".join(f"{e.pointer or '/'}: {e.detail}" for e in self.errors)
        return f"{self.detail} ({fields})" if fields else self.detail


Refusal = Callable[[Rejected], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One kind of gateway: verify, then parse and normalise. All are pure and raise `Rejected`.

    `greet` answers a GET, by which some platforms ask whether the address is ours. `refusal` gives the fields that
    such a sender reads beside those of RFC 9457.
    """

    verify: Verify
    normalise: Normalise
    greet: Greet | None = None
    refusal: Refusal | None = None
