"""Pushes of carriers and shops as their senders make them: signed, and of the smallest shape that says something."""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson

from services.intake.delivery import Accepted, Delivery
from shared.contracts.parcels import ParcelScan
from shared.security.webhooks import sign
from tests.unit.intake.given import CHECK_WORD, GATEWAYS, HMAC_SECRET, NOW, REAL, SECRET, of_topic, read

JSON = {"content-type": "application/json; charset=utf-8"}
TIMESTAMP = "1795334400000"


def pushed(gateway: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str] | None = None) -> Delivery:
    return Delivery(GATEWAYS[gateway], dict(headers), body, NOW, REAL, query=query or {})


def scans(accepted: Accepted) -> list[ParcelScan]:
    return [read(m, ParcelScan) for m in of_topic(accepted, "parcel-events.v1")]


def ids(accepted: Accepted) -> list[str]:
    return [m.id for m in of_topic(accepted, "parcel-events.v1")]


def dumped(body: Any) -> bytes:
    return body if isinstance(body, bytes) else orjson.dumps(body)


def sf_digest(content: str, encoded: bool = True) -> str:
    text = content + TIMESTAMP + CHECK_WORD
    signed = quote_plus(text, safe="*-._") if encoded else text
    return base64.b64encode(hashlib.md5(signed.encode()).digest()).decode()


def sf_route(**change: Any) -> dict[str, Any]:
    return {
        "id": "5348054",
        "mailno": "SF1234567890123",
        "orderid": "o-1",
        "acceptTime": "2026-11-20 15:00:00",
        "acceptAddress": "深圳市",
        "remark": "顺丰速运 已收取快件",
        "opCode": "50",
    } | change


def sf_push(*routes: dict[str, Any]) -> dict[str, Any]:
    return {"Body": {"WaybillRoute": list(routes or (sf_route(),))}}


def sf_json(body: Any, digest: str | None = None) -> Delivery:
    content = dumped(body)
    mark = digest if digest is not None else sf_digest(content.decode("utf-8", "replace"))
    return pushed("sf", content, JSON | {"timestamp": TIMESTAMP, "msgdigest": mark})


def sf_form(content: str, field: str = "content", digest: str | None = None) -> Delivery:
    mark = sf_digest(content) if digest is None else digest
    body = urlencode({field: content, "timestamp": TIMESTAMP, "msgDigest": mark}).encode()
    return pushed("sf", body, {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"})


def hmac_of(body: bytes, secret: str, encoding: str) -> str:
    digest = hmac.new(secret.encode(), body, hashlib.sha256)
    return digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()


def easypost(body: Any, signature: str | None = None) -> Delivery:
    content = dumped(body)
    secret = unicodedata.normalize("NFKD", HMAC_SECRET)
    mark = f"hmac-sha256-hex={hmac_of(content, secret, 'hex')}" if signature is None else signature
    return pushed("easypost", content, JSON | {"x-hmac-signature": mark})


def aftership(body: Any, signature: str | None = None) -> Delivery:
    content = dumped(body)
    mark = hmac_of(content, HMAC_SECRET, "base64") if signature is None else signature
    return pushed("aftership", content, JSON | {"aftership-hmac-sha256": mark})


def shopify(topic: str, body: Any, signature: str | None = None, **headers: str) -> Delivery:
    content = dumped(body)
    mark = hmac_of(content, HMAC_SECRET, "base64") if signature is None else signature
    named = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": mark,
        "x-shopify-shop-domain": "our-shop.myshopify.com",
        "x-shopify-webhook-id": "wh-1",
    }
    return pushed("shopify", content, JSON | named | {n.replace("_", "-"): v for n, v in headers.items()})


def iftsta(text: str | bytes, webhook_id: str = "msg_1", content_type: str = "application/edifact") -> Delivery:
    content = text if isinstance(text, bytes) else text.encode()
    return pushed("iftsta", content, {"content-type": content_type, **sign(SECRET, webhook_id, REAL, content)})
