"""What the HTTP routes take and answer, for the OpenAPI document (SY-7)."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, RootModel

from services.intake.adapters.aftership import TrackingUpdate
from services.intake.adapters.amazon_connect import ContactRecord
from services.intake.adapters.carrier import Scan, ScanEvent
from services.intake.adapters.easypost import TrackerEvent
from services.intake.adapters.kuaidi100 import Kuaidi100Form
from services.intake.adapters.phone import PhoneDelivery, StageDelivery
from services.intake.adapters.sf import RoutePush
from services.intake.adapters.shop import Order, OrderChanged
from services.intake.adapters.shopify_order import ShopifyOrder
from services.intake.adapters.twilio import StreamEvent
from services.intake.adapters.twilio_voice import VoiceFields
from services.intake.adapters.web import WebDelivery
from services.intake.adapters.wechat_message import WechatMessage
from services.intake.adapters.weibo_message import WeiboMessage
from services.intake.delivery import Reason
from services.intake.objects.kept import READERS
from shared.openapi import PROBLEM, Answer, Parameter, RouteDoc

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
FORM = "application/x-www-form-urlencoded"


class ScanBatch(RootModel[list[ScanEvent]]):
    """Batch mode: all of them are taken or none."""


class OrderBatch(RootModel[list[OrderChanged]]):
    """Batch mode: all of them are taken or none."""


class Taken(BaseModel):
    """The delivery is in Kafka. `id` names it for good: the same webhook-id gets the same answer."""

    id: str


class EventsTaken(Taken):
    events: int


class Kuaidi100Taken(BaseModel):
    result: bool
    returnCode: str
    message: str


class ManagerText(RootModel[str]):
    """Blocks of `Name: value` lines, an empty line behind each."""


class Interchange(RootModel[str]):
    """EDIFACT, from UNA or UNB to UNZ."""


class SfForm(BaseModel):
    """`content` is the JSON or the XML; what it is signed with stands here, in the address or in headers."""

    content: str
    timestamp: str | None = None
    msgDigest: str | None = None


class TwilioEvents(RootModel[StreamEvent | list[StreamEvent]]):
    """Events of Twilio's stream; the address has bodySHA256, which binds the body to the signature."""


class Sealed(BaseModel):
    """What WeChat and WeCom post in their safe mode (安全模式): the message as shown, encrypted."""

    model_config = ConfigDict(json_schema_extra={"xml": {"name": "xml"}})

    ToUserName: str | None = None
    Encrypt: str


class SocialMessage(RootModel[Sealed | WechatMessage]):
    """Encrypted where the gateway has an aes_key, else in the clear."""

    model_config = ConfigDict(json_schema_extra={"xml": {"name": "xml"}})


class SfTaken(BaseModel):
    return_code: str
    return_msg: str


class FieldAtFault(BaseModel):
    pointer: str
    detail: str


class ProblemDetail(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldAtFault] | None = None


_REFUSALS = {
    reason.status: Answer(f"{reason.english}. {reason.chinese}", ProblemDetail, PROBLEM)
    for reason in Reason
    if reason not in (Reason.SESSION, Reason.ORIGIN)
}


_PROOF = tuple(
    Parameter(name, "Standard Webhooks", where="header", required=True)
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
)
_ATTRIBUTES = tuple(
    Parameter(f"ce-{name}", "CloudEvents' binary mode (application/json)", where="header")
    for name in ("specversion", "id", "source", "type", "time")
)


def _signed(
    name: str,
    summary: str,
    request: type[BaseModel],
    answer: Answer,
    media_type: str = "application/json",
    also: Mapping[str, type[BaseModel]] | None = None,
    attributes: Sequence[Parameter] = (),
) -> RouteDoc:
    """A gateway that signs as Standard Webhooks say."""
    return RouteDoc(
        path=f"/gateways/{name}",
        method="POST",
        summary=summary,
        request=request,
        request_type=media_type,
        also=also or {},
        responses={202: answer, **_REFUSALS},
        signed=True,
        parameters=(*_PROOF, *attributes),
    )


def _social(
    name: str, platform: str, request: type[BaseModel], media_type: str, signature: str
) -> tuple[RouteDoc, ...]:
    """A platform that greets an address, signs in its query, and is answered with what its user is to read."""
    parameters = tuple(
        Parameter(p, "as the platform sends it", required=True) for p in (signature, "timestamp", "nonce")
    )
    path = f"/gateways/{name}"
    return (
        RouteDoc(
            path,
            "GET",
            f"{platform} asks whether the address is ours",
            responses={200: Answer("The word of echostr", None, "text/plain"), **_REFUSALS},
            parameters=(*parameters, Parameter("echostr", "the word to send back", required=True)),
        ),
        RouteDoc(
            path,
            "POST",
            f"A message or an event of {platform}",
            request,
            {200: Answer("A receipt for the customer, as a passive reply; or nothing to show", None, media_type)}
            | _REFUSALS,
            parameters=parameters,
            request_type=media_type,
        ),
    )


def _pushed(name: str, summary: str, request: type[BaseModel], answer: Answer, *headers: str) -> RouteDoc:
    """A vendor's webhook, proved by headers of its own."""
    status = 202 if name in ("easypost", "aftership") else 200
    also = {FORM: SfForm} if name == "sf" else {}
    return RouteDoc(
        path=f"/gateways/{name}",
        method="POST",
        summary=summary,
        request=request,
        responses={status: answer, **_REFUSALS},
        parameters=tuple(Parameter(header, "as the vendor sends it", where="header") for header in headers),
        also=also,
    )


_TAKEN = Answer("Kafka has it (acks=all)", Taken)
_EVENTS = Answer("Kafka has all events (acks=all)", EventsTaken)
_LOCKED = {
    401: Answer("Not signed in", ProblemDetail, PROBLEM),
    403: Answer("The role is missing", ProblemDetail, PROBLEM),
    404: Answer("Unknown, past its retention, or still on its way", ProblemDetail, PROBLEM),
}
_STORE_AWAY = {503: Answer("The object store does not answer; try again", ProblemDetail, PROBLEM)}
_BYTES = Answer("The bytes", None, "application/octet-stream")

ROUTES: tuple[RouteDoc, ...] = (
    _signed("web", "A chat message or a form of a customer", WebDelivery, _TAKEN),
    _signed("phone", "A call that ended, answered or missed", PhoneDelivery, _TAKEN),
    _signed(
        "call-centre",
        "One stage of a call: started, answered, ended, recording or transcript ready; in any order",
        StageDelivery,
        _TAKEN,
    ),
    _signed(
        "amazon-connect",
        "A contact record of Amazon Connect, or the analysis file of Contact Lens, signed by the relay",
        ContactRecord,
        _TAKEN,
    ),
    _signed(
        "asterisk",
        "Events of the Asterisk manager interface, as its text, signed by the relay",
        ManagerText,
        _TAKEN,
        "text/plain",
    ),
    RouteDoc(
        "/gateways/twilio",
        "POST",
        "Webhooks of Twilio for calls and messages as forms (shown: voice), or events of its stream as JSON; signed in "
        "X-Twilio-Signature",
        VoiceFields,
        {200: Answer("TwiML without a verb", None, "text/xml"), **_REFUSALS},
        parameters=(
            Parameter("x-twilio-signature", "as the vendor sends it", where="header", required=True),
            Parameter("bodySHA256", "of a JSON body, as the vendor sends it"),
        ),
        request_type=FORM,
        also={"application/json": TwilioEvents, STRUCTURED: TwilioEvents},
    ),
    _signed(
        "carrier",
        "Parcel scans as CloudEvents: structured as shown, also application/cloudevents-batch+json, or binary mode "
        "(application/json with ce- headers)",
        ScanEvent,
        _EVENTS,
        STRUCTURED,
        {BATCH: ScanBatch, "application/json": Scan},
        _ATTRIBUTES,
    ),
    _signed(
        "shop",
        "Order events as CloudEvents, in the same three modes",
        OrderChanged,
        _EVENTS,
        STRUCTURED,
        {BATCH: OrderBatch, "application/json": Order},
        _ATTRIBUTES,
    ),
    RouteDoc(
        "/gateways/kuaidi100",
        "POST",
        "Push of Kuaidi100 (快递100): `param` holds the JSON, `sign` is MD5(param + salt) in capitals",
        Kuaidi100Form,
        {200: Answer("As Kuaidi100 expects it", Kuaidi100Taken), **_REFUSALS},
        request_type=FORM,
    ),
    *_social("wechat", "WeChat (微信公众号)", SocialMessage, "text/xml", "signature"),
    *_social("wecom", "WeCom (企业微信)", SocialMessage, "text/xml", "msg_signature"),
    *_social("weibo", "Weibo's fans service (微博粉丝服务)", WeiboMessage, "application/json", "signature"),
    _pushed(
        "sf",
        "Route push of SF Express (顺丰 RoutePushService): JSON as shown, or a form with XML or JSON in `content`; "
        "msgDigest and timestamp stand in the form, the address or the headers",
        RoutePush,
        Answer("As SF expects it", SfTaken),
        "timestamp",
        "msgdigest",
    ),
    _pushed("easypost", "An event of a tracker at EasyPost", TrackerEvent, _EVENTS, "x-hmac-signature"),
    _pushed("aftership", "A tracking update of AfterShip", TrackingUpdate, _EVENTS, "aftership-hmac-sha256"),
    _pushed(
        "shopify",
        "An order of Shopify as x-shopify-topic says (orders/create, paid, fulfilled, cancelled, updated), or a refund "
        "(refunds/create)",
        ShopifyOrder,
        _EVENTS,
        "x-shopify-hmac-sha256",
        "x-shopify-topic",
        "x-shopify-shop-domain",
    ),
    _signed(
        "iftsta",
        "EDIFACT interchanges with IFTSTA messages (D.96A and later)",
        Interchange,
        _EVENTS,
        "application/edifact",
        {"text/plain": Interchange},
    ),
    RouteDoc(
        path="/v1/interactions/{interaction_id}/raw",
        method="GET",
        summary="The original of a delivery, byte for byte",
        responses={200: _BYTES, **_LOCKED},
        roles=("archivist",),
    ),
    RouteDoc(
        path="/v1/interactions/{interaction_id}/raw/{part}",
        method="GET",
        summary="One file that came with a contact, by the number in its ref",
        responses={200: _BYTES, **_LOCKED},
        roles=("archivist", "adjudicator"),
    ),
    RouteDoc(
        path="/v1/objects/{sha256}",
        method="GET",
        summary="A customer's file, by the digest in its ref: leads to a link that soon expires",
        responses={302: Answer("Location is where the content is for a while"), **_LOCKED, **_STORE_AWAY},
        roles=READERS,
    ),
    RouteDoc(
        path="/v1/objects/{sha256}/content",
        method="GET",
        summary="The content behind a link, where the object store signs none itself",
        responses={200: _BYTES, 403: _LOCKED[403], 404: _LOCKED[404], **_STORE_AWAY},
        parameters=(
            Parameter("expires", "as in the link", required=True),
            Parameter("signature", "as in the link", required=True),
        ),
    ),
)
