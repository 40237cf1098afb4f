"""A request of each signing kind, made from the public documents: taken into Kafka; forged, stale or unsigned: refused.

The signing code (signing.py) shares nothing with intake's: both would have to be wrong in the same way.
"""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.contracts.topics import RAW
from tests.integration.intake import signing
from tests.integration.intake.harness import Bench
from tests.integration.intake.outside import Door, opened
from tests.integration.intake.shared_vectors import Case, forged
from tests.integration.intake.signing import Request

WEBHOOK = "whsec_" + base64.b64encode(bytes(range(32))).decode()
HMAC = "sécret of a vendor"
AES = {"token": "token-1", "aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "app_id": "wx0123456789abcdef"}
PLAIN = {"token": "token-2", "app_id": "wx0123456789abcdef"}
SOCIAL = {"app_secret": "secret-of-weibo"}
TWILIO = {"auth_token": "token-of-twilio"}
ADDRESS = "https://care.example/hooks/twilio"
SF = {"check_word": "check-word"}
SALT = {"salt": "salt"}
CONTACT = json.dumps(
    {
        "type": "chat.message",
        "timestamp": "2026-11-20T08:00:00Z",
        "data": {"customer": {"phone": "13912345678"}, "text": "丢了", "occurred_at": "2026-11-20T08:00:00Z"},
    }
).encode()
SCAN = {"tracking_number": "SF1234567890123", "carrier": "sf", "node": "signed", "occurred_at": "2026-11-20T08:00:00Z"}
EVENT = json.dumps(
    {
        "specversion": "1.0",
        "id": "e1",
        "source": "/c",
        "type": "parcel.scan",
        "time": "2026-11-20T08:00:00Z",
        "data": SCAN,
    }
).encode()
ROUTES = json.dumps(
    {
        "Body": {
            "WaybillRoute": [
                {
                    "id": "1",
                    "mailno": "SF1234567890123",
                    "acceptTime": "2026-11-20 15:00:00",
                    "opCode": "80",
                    "remark": "已签收 a~b*c",
                }
            ]
        }
    },
    ensure_ascii=False,
)
ROUTES_XML = (
    '<Request service="RoutePushService"><Body><WaybillRoute id="2" mailno="SF1234567890123" '
    'acceptTime="2026-11-20 15:00:00" opCode="50" remark="上门收件"/></Body></Request>'
)
TRACK = json.dumps(
    {
        "status": "polling",
        "message": "",
        "lastResult": {
            "nu": "YT1234567890123",
            "com": "yuantong",
            "state": "3",
            "data": [{"ftime": "2026-11-20 15:00:00", "context": "已签收", "statusCode": "301"}],
        },
    },
    ensure_ascii=False,
)
TRACKER = json.dumps(
    {
        "id": "evt_1",
        "description": "tracker.updated",
        "result": {
            "tracking_code": "9400111206206406260787",
            "carrier": "USPS",
            "status": "in_transit",
            "tracking_details": [{"datetime": "2026-11-20T07:00:00Z", "status": "in_transit", "message": "Arrived"}],
        },
    }
).encode()
UPDATE = json.dumps(
    {
        "event": "tracking_update",
        "event_id": "e-1",
        "msg": {
            "tracking_number": "YT2229521272164446",
            "slug": "yunexpress",
            "tag": "Delivered",
            "checkpoints": [
                {"checkpoint_time": "2026-11-20T15:00:00+08:00", "tag": "Delivered", "message": "Delivered"}
            ],
        },
    }
).encode()
ORDER = json.dumps(
    {
        "id": 820982911946154508,
        "name": "#1001",
        "created_at": "2026-11-20T15:00:00+08:00",
        "currency": "CNY",
        "total_price": "199.00",
    }
).encode()
EDIFACT = b"UNH+1+IFTSTA:D:96A:UN'BGM+77+S1+9'NAD+CA+ACME'CNI+1+PARCEL0001'STS+1+21'DTM+334:202611200700:203'UNT+7+1'"
MESSAGE = {
    "type": "text",
    "receiver_id": 1902538057,
    "sender_id": 2489518277,
    "created_at": "Fri Nov 20 16:00:00 +0800 2026",
    "text": "包裹丢了",
    "data": {},
}
SMS = {"MessageSid": "SM1", "SmsStatus": "received", "From": "+8613912345678", "Body": "包裹 & 还没到"}


def standard(
    kind: str, body: bytes, content_type: str = "application/json"
) -> tuple[Door, Callable[[float], Request], int]:
    door = Door(kind, {"secrets": [WEBHOOK]})
    return door, lambda now: signing.standard_webhook(WEBHOOK, "msg_1", now, body, content_type), 202


KINDS: dict[str, tuple[Door, Callable[[float], Request], int]] = {
    "web": standard("web", CONTACT),
    "carrier": standard("carrier", EVENT, "application/cloudevents+json"),
    "iftsta": standard("iftsta", EDIFACT, "application/edifact"),
    "wechat-safe": (Door("wechat", AES), lambda now: signing.wechat_safe(AES, "包裹没到", now), 200),
    "wechat-plain": (Door("wechat", PLAIN), lambda now: signing.wechat_plain(PLAIN, "包裹没到", now), 200),
    "wecom": (Door("wecom", AES), lambda now: signing.wechat_safe(AES, "包裹没到", now), 200),
    "weibo": (Door("weibo", SOCIAL), lambda now: signing.weibo(SOCIAL, MESSAGE, now), 200),
    "twilio": (Door("twilio", TWILIO, ADDRESS), lambda now: signing.twilio_form(TWILIO, ADDRESS, SMS), 200),
    "kuaidi100": (Door("kuaidi100", SALT), lambda now: signing.kuaidi100(SALT, TRACK), 200),
    "sf-json": (Door("sf", SF), lambda now: signing.sf_json(SF, ROUTES, now), 200),
    "sf-unencoded": (Door("sf", SF), lambda now: signing.sf_json(SF, ROUTES, now, encoded=False), 200),
    "sf-xml": (Door("sf", SF), lambda now: signing.sf_form(SF, ROUTES_XML, now), 200),
    "easypost": (Door("easypost", {"hmac_secret": HMAC}), lambda now: signing.easypost(HMAC, TRACKER), 202),
    "aftership": (
        Door("aftership", {"hmac_secret": HMAC}),
        lambda now: signing.hmac_base64(HMAC, "aftership-hmac-sha256", UPDATE),
        202,
    ),
    "shopify": (
        Door("shopify", {"hmac_secret": HMAC}),
        lambda now: signing.hmac_base64(
            HMAC,
            "x-shopify-hmac-sha256",
            ORDER,
            x_shopify_topic="orders/create",
            x_shopify_shop_domain="our-shop.myshopify.com",
            x_shopify_webhook_id="wh-1",
        ),
        200,
    ),
}
SIGN_A_TIME = {"web", "carrier", "iftsta", "wechat-safe", "wechat-plain", "wecom", "weibo"}
"""Kinds whose signature holds a time: an old one is a replay."""


@pytest.mark.req("IN-1", "IN-2", "IN-8")
async def test_each_kind_is_taken_when_signed_and_refused_when_not(bench: Bench) -> None:
    outside = await opened(bench, {name: door for name, (door, _, _) in KINDS.items()})
    answers: dict[str, int] = {}
    refusals: dict[str, set[int]] = {}
    for name, (door, make, _) in KINDS.items():
        now = time.time()
        good = make(now)
        answers[name] = (await outside.send(name, good)).status_code
        stale = [make(now - 900)] if name in SIGN_A_TIME else []
        unsigned = replace(good, query="", headers={"content-type": good.headers["content-type"]})
        bad = [*forged(Case(name, door, good)), *stale, *([unsigned] if unsigned != good else [])]
        refusals[name] = {(await outside.send(name, request)).status_code for request in bad}
    assert answers == {name: status for name, (_, _, status) in KINDS.items()}
    assert {name: found for name, found in refusals.items() if found != {401}} == {}
    kept = {dict(r.headers)["ce_source"].decode().removeprefix("intake/") for r in await bench.records(RAW)}
    assert kept == set(KINDS)
