"""A sound delivery of every kind of gateway, and how its sender signs whatever bytes stand in its place."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import orjson

from services.intake.adapters import wechat_xml
from services.intake.adapters.registry import ADAPTERS
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.delivery import Accepted, Delivery, Rejected
from services.intake.gateways import Kind
from services.intake.webchat.seals import Session, seal
from shared.security.twilio_signature import sign as twilio_sign
from tests.unit.intake.calls_given import ADDRESS, PHONE_CREDENTIALS, TOKEN, signed, twilio_delivery
from tests.unit.intake.given import CREDENTIALS, GATEWAYS, IDENTITY, NOW, REAL, SALT, mail_delivery
from tests.unit.intake.pushes import aftership, easypost, iftsta, sf_digest, sf_form, sf_json, sf_push, shopify
from tests.unit.intake.social import PRIVATE, SEALED, TEXT, sealed, weibo
from tests.unit.intake.test_aftership import checkpoint, update
from tests.unit.intake.test_amazon_connect import ANALYSIS, RECORD
from tests.unit.intake.test_asterisk import WHOLE
from tests.unit.intake.test_carrier import event, order
from tests.unit.intake.test_easypost import detail
from tests.unit.intake.test_easypost import event as tracker
from tests.unit.intake.test_iftsta import ONE
from tests.unit.intake.test_kuaidi100 import LINES, push
from tests.unit.intake.test_mail import CHINESE, raw, with_files
from tests.unit.intake.test_phone import STAGES, ended
from tests.unit.intake.test_sf import XML
from tests.unit.intake.test_shopify import order as shop_order
from tests.unit.intake.test_shopify import refund
from tests.unit.intake.test_web import chat

WIDGET_SECRET = "a secret of the widget's gateway"
ALL_CREDENTIALS = Credentials(
    {
        **CREDENTIALS.by_gateway,
        **PHONE_CREDENTIALS.by_gateway,
        **SEALED.by_gateway,
        "care": GatewaySecrets(hmac_secret=WIDGET_SECRET),
    }
)
OTHERS_CREDENTIALS = Credentials(
    dict.fromkeys(
        ALL_CREDENTIALS.by_gateway,
        GatewaySecrets(
            secrets=("whsec_" + "b3RoZXItb3RoZXItb3RoZXItb3RoZXI=",),
            **dict.fromkeys(
                ("salt", "token", "app_id", "app_secret", "auth_token", "check_word", "hmac_secret"), "other"
            ),
            aes_key="x" * 42 + "E",
        ),
    )
)
EVENT = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
FORM = "application/x-www-form-urlencoded"
CALL = {"CallSid": "CA1", "From": "+14158675309", "Direction": "inbound", "CallStatus": "ringing"}
STREAMED = [
    {
        "id": "EV1",
        "type": "com.twilio.voice.status-callback.call.ringing",
        "data": {"request": {"method": "POST", "parameters": CALL}},
    }
]


@dataclass(frozen=True)
class Sample:
    """`body` is what the sender means to say; `deliver` signs such a body, or one that was spoilt."""

    kind: Kind
    body: bytes
    deliver: Callable[[bytes], Delivery]


def _webhook(gateway: str, content_type: str = "application/json") -> Callable[[bytes], Delivery]:
    return lambda body: signed(gateway, body, content_type)


def _kuaidi100(param: bytes) -> Delivery:
    proof = hashlib.md5(param + SALT.encode()).hexdigest()
    body = urlencode({"param": param, "sign": proof}).encode()
    return Delivery(GATEWAYS["kuaidi100"], {"content-type": FORM}, body, NOW, REAL)


def _kuaidi100_form(body: bytes) -> Delivery:
    """The form itself spoilt, its signature with it."""
    return Delivery(GATEWAYS["kuaidi100"], {"content-type": FORM}, body, NOW, REAL)


def _twilio_form(body: bytes) -> Delivery:
    """Signed as Twilio would sign what a strict reader finds in it."""
    fields = dict(pair.partition("=")[::2] for pair in body.decode("latin-1").split("&"))
    return twilio_delivery(body, ADDRESS, twilio_sign(TOKEN, ADDRESS, {n: [v] for n, v in fields.items()}), FORM)


def _twilio_json(body: bytes) -> Delivery:
    url = f"{ADDRESS}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    return twilio_delivery(body, url, twilio_sign(TOKEN, url, {}), "application/json")


def _sf_xml(body: bytes) -> Delivery:
    return sf_form(body.decode("utf-8", "replace"))


def _sf_raw_form(body: bytes) -> Delivery:
    return replace(sf_form("x", digest=sf_digest("x")), body=body)


def _wecom(body: bytes) -> Delivery:
    return sealed(body, "wecom")


def _unsealed(body: bytes) -> Delivery:
    return replace(sealed(TEXT), body=body)


ORIGIN = "http://localhost:8088"
WRITTEN = {
    "id": "7d1f4f3c-6a1f-4d0e-9a51-0c9a2f1d5e01",
    "language": "zh",
    "customer": {"phone": "13800138000"},
    "text": "外箱破损",
}


def _widget(body: bytes) -> Delivery:
    session = Session(gateway="care", visitor="v" * 22, until=int(REAL.timestamp()) + 60, origin=ORIGIN)
    proof = {"authorization": f"Bearer {seal(session, WIDGET_SECRET)}", "origin": ORIGIN}
    return Delivery(GATEWAYS["care"], {"content-type": "application/json", **proof}, body, NOW, REAL)


_KUAIDI100 = push(LINES).encode()
_ATTACHED = with_files(("碎了.jpg", "image/jpeg", bytes(range(256)) * 4))
SAMPLES: Mapping[str, Sample] = {
    "web": Sample(Kind.WEB, orjson.dumps(chat()), _webhook("web")),
    "widget": Sample(Kind.WIDGET, orjson.dumps(WRITTEN), _widget),
    "phone": Sample(Kind.PHONE, orjson.dumps(ended()), _webhook("phone")),
    "phone stage": Sample(Kind.PHONE, orjson.dumps(STAGES[0]), _webhook("call-centre")),
    "mail": Sample(Kind.MAIL, raw(CHINESE.encode("gbk"), "gbk"), mail_delivery),
    "mail with a file": Sample(Kind.MAIL, _ATTACHED, mail_delivery),
    "carrier": Sample(Kind.CARRIER, orjson.dumps(event()), _webhook("carrier", EVENT)),
    "carrier batch": Sample(Kind.CARRIER, orjson.dumps([event(), event("e-2")]), _webhook("carrier", BATCH)),
    "kuaidi100": Sample(Kind.KUAIDI100, _KUAIDI100, _kuaidi100),
    "kuaidi100 form": Sample(Kind.KUAIDI100, _kuaidi100(_KUAIDI100).body, _kuaidi100_form),
    "sf": Sample(Kind.SF, orjson.dumps(sf_push()), sf_json),
    "sf xml": Sample(Kind.SF, XML.encode(), _sf_xml),
    "sf form": Sample(Kind.SF, sf_form(XML).body, _sf_raw_form),
    "easypost": Sample(Kind.EASYPOST, orjson.dumps(tracker(detail())), easypost),
    "aftership": Sample(Kind.AFTERSHIP, orjson.dumps(update(checkpoint())), aftership),
    "iftsta": Sample(Kind.IFTSTA, ONE.encode(), iftsta),
    "shop": Sample(Kind.SHOP, orjson.dumps(order()), _webhook("shop", EVENT)),
    "shopify order": Sample(Kind.SHOPIFY, orjson.dumps(shop_order()), lambda b: shopify("orders/create", b)),
    "shopify refund": Sample(Kind.SHOPIFY, orjson.dumps(refund()), lambda b: shopify("refunds/create", b)),
    "twilio form": Sample(Kind.TWILIO, b"CallSid=CA1&CallStatus=ringing&From=13912345678", _twilio_form),
    "twilio stream": Sample(Kind.TWILIO, json.dumps(STREAMED).encode(), _twilio_json),
    "amazon connect": Sample(Kind.AMAZON_CONNECT, orjson.dumps(RECORD), _webhook("amazon-connect")),
    "contact lens": Sample(Kind.AMAZON_CONNECT, orjson.dumps(ANALYSIS), _webhook("amazon-connect")),
    "asterisk": Sample(Kind.ASTERISK, "".join(WHOLE).encode(), _webhook("asterisk", "text/plain")),
    "wechat": Sample(Kind.WECHAT, wechat_xml.write(TEXT), sealed),
    "wechat envelope": Sample(Kind.WECHAT, sealed(TEXT).body, _unsealed),
    "wecom": Sample(Kind.WECOM, wechat_xml.write(TEXT), _wecom),
    "weibo": Sample(Kind.WEIBO, json.dumps(PRIVATE, ensure_ascii=False).encode(), weibo),
}


def judged(delivery: Delivery, credentials: Credentials = ALL_CREDENTIALS) -> Accepted | Rejected:
    """Taken or refused with 4xx. Anything else that is raised is a fault of ours."""
    adapter = ADAPTERS[delivery.gateway.kind]
    try:
        return adapter.normalise(delivery, adapter.verify(delivery, credentials), IDENTITY)
    except Rejected as refusal:
        if not 400 <= refusal.reason.status < 500:
            raise
        return refusal
