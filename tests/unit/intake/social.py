"""What the tests of the social platforms begin with: secrets, and deliveries as WeChat, WeCom and Weibo sign them."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.intake.adapters import wechat_xml
from services.intake.adapters.registry import ADAPTERS
from services.intake.adapters.sorted_sha1 import sorted_sha1
from services.intake.adapters.wechat_crypto import MessageCipher
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.delivery import Accepted, Answer, Delivery
from services.intake.gateways import Gateway
from shared.contracts.interactions import Interaction
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW, REAL, of_topic, read

TOKEN = "token-of-the-account"
APP_ID = "wx0123456789abcdef"
AES_KEY = base64.b64encode(bytes(range(32))).decode()[:43].replace("+", "a").replace("/", "b")
APP_SECRET = "secret-of-the-weibo-app"
CIPHER = MessageCipher.of(AES_KEY, APP_ID)
NONCE = "1234567"
STAMP = str(int(REAL.timestamp()))

PLAIN = Credentials({"wechat": GatewaySecrets(token=TOKEN, app_id=APP_ID)})
SEALED = Credentials(
    {
        "wechat": GatewaySecrets(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY),
        "wecom": GatewaySecrets(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY),
        "weibo": GatewaySecrets(app_secret=APP_SECRET),
    }
)
OPENID = "oABCD1234efgh5678ijkl9012mno"
HEAD: dict[str, Any] = {"ToUserName": "gh_0123456789ab", "FromUserName": OPENID, "CreateTime": 1795334400}
TEXT: dict[str, Any] = HEAD | {
    "MsgType": "text",
    "Content": "快递 SF1234567890123 还没到",
    "MsgId": "23456789012345678",
}
PRIVATE: dict[str, Any] = {
    "type": "text",
    "receiver_id": 1902538057,
    "sender_id": 2489518277,
    "created_at": "Fri Nov 20 16:00:00 +0800 2026",
    "text": "快递 SF1234567890123 还没到",
    "data": {},
}


def signed(secret: str, stamp: str = STAMP, ciphertext: str = "", name: str = "signature") -> dict[str, str]:
    parts = [secret, stamp, NONCE, *([ciphertext] if ciphertext else [])]
    return {name: sorted_sha1(*parts), "timestamp": stamp, "nonce": NONCE}


def delivery(gateway: Gateway, query: Mapping[str, str], body: bytes = b"", arrived: datetime = REAL) -> Delivery:
    return Delivery(gateway, {"content-type": "text/xml"}, body, NOW, arrived, query=query)


def xml(fields: Mapping[str, Any]) -> bytes:
    return fields if isinstance(fields, bytes) else wechat_xml.write(fields)


def plain(fields: Any, stamp: str = STAMP) -> Delivery:
    """WeChat's plain mode (明文模式); `fields` are written as XML unless they are bytes already."""
    return delivery(GATEWAYS["wechat"], {**signed(TOKEN, stamp), "openid": OPENID}, xml(fields))


def sealed(fields: Any, gateway: str = "wechat", beside: Mapping[str, Any] | None = None) -> Delivery:
    """The safe mode (安全模式); with `beside` the compatible one (兼容模式)."""
    encrypted = CIPHER.encrypt(xml(fields))
    query = {
        **signed(TOKEN),
        **signed(TOKEN, ciphertext=encrypted, name="msg_signature"),
        "encrypt_type": "aes",
        "openid": OPENID,
    }
    return delivery(GATEWAYS[gateway], query, wechat_xml.write({**(beside or {}), "Encrypt": encrypted}))


def weibo(body: Any, stamp: str = STAMP + "123") -> Delivery:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return delivery(GATEWAYS["weibo"], signed(APP_SECRET, stamp), content)


def accept(it: Delivery, credentials: Credentials = SEALED) -> Accepted:
    adapter = ADAPTERS[it.gateway.kind]
    return adapter.normalise(it, adapter.verify(it, credentials), IDENTITY)


def greet(it: Delivery, credentials: Credentials = SEALED) -> Answer:
    greeting = ADAPTERS[it.gateway.kind].greet
    assert greeting is not None
    return greeting(it, credentials)


def interactions(accepted: Accepted) -> list[Interaction]:
    return [read(m, Interaction) for m in of_topic(accepted, "interactions.v1")]


def interaction(accepted: Accepted) -> Interaction:
    (only,) = interactions(accepted)
    return only


def body_of(accepted: Accepted) -> bytes:
    assert isinstance(accepted.answer, Answer)
    return accepted.answer.body


def later(it: Delivery, seconds: int) -> Delivery:
    """The same message in the platform's next attempt: signed anew."""
    stamp = str(int(STAMP) + seconds)
    encrypted = it.query.get("msg_signature") and wechat_xml.read(it.body)["Encrypt"]
    anew = signed(TOKEN, stamp)
    if encrypted:
        anew |= signed(TOKEN, stamp, encrypted, "msg_signature")
    return replace(it, query={**it.query, **anew})
