"""Requests as the platforms make them, signed from their public documents: nothing in here is intake's own code."""

import base64
import hashlib
import hmac
import json
import os
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
XML = {"content-type": "text/xml"}


@dataclass(frozen=True)
class Request:
    """One HTTP request to a gateway, bytes and all."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    method: str = "POST"


def sorted_sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def stamped(secret: str, seconds: float, encrypted: str = "", name: str = "signature", **more: str) -> str:
    """The query of WeChat, WeCom and Weibo."""
    stamp, nonce = str(int(seconds)), os.urandom(4).hex()
    parts = [secret, stamp, nonce, *([encrypted] if encrypted else [])]
    return urlencode({name: sorted_sha1(*parts), "timestamp": stamp, "nonce": nonce, **more})


def wechat_sealed(message: str, aes_key: str, app_id: str) -> str:
    """WXBizMsgCrypt: AES-256-CBC over random(16), length, message and app id, padded to 32 bytes."""
    key = base64.b64decode(aes_key + "=")
    text = message.encode()
    content = os.urandom(16) + struct.pack(">I", len(text)) + text + app_id.encode()
    padding = 32 - len(content) % 32
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()).decode()


def wechat_text(words: str, seconds: float, message_id: str) -> str:
    return (
        "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
        "<FromUserName><![CDATA[oOpenIdOfSomebody]]></FromUserName>"
        f"<CreateTime>{int(seconds)}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{words}]]></Content><MsgId>{message_id}</MsgId></xml>"
    )


def wechat_safe(secrets: Mapping[str, Any], words: str, seconds: float, message_id: str = "1") -> Request:
    sealed = wechat_sealed(wechat_text(words, seconds, message_id), secrets["aes_key"], secrets["app_id"])
    body = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    query = stamped(secrets["token"], seconds, sealed, "msg_signature", encrypt_type="aes")
    return Request(body.encode(), XML, query)


def wechat_plain(secrets: Mapping[str, Any], words: str, seconds: float, message_id: str = "2") -> Request:
    return Request(wechat_text(words, seconds, message_id).encode(), XML, stamped(secrets["token"], seconds))


def weibo(secrets: Mapping[str, Any], body: Mapping[str, Any], seconds: float) -> Request:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Request(content, JSON, stamped(secrets["app_secret"], seconds * 1000))


def twilio_form(secrets: Mapping[str, Any], url: str, fields: Mapping[str, str]) -> Request:
    text = url + "".join(name + fields[name] for name in sorted(fields))
    mark = base64.b64encode(hmac.new(secrets["auth_token"].encode(), text.encode(), "sha1").digest()).decode()
    return Request(urlencode(fields).encode(), FORM | {"x-twilio-signature": mark})


def kuaidi100(secrets: Mapping[str, Any], param: str) -> Request:
    sign = hashlib.md5((param + secrets["salt"]).encode()).hexdigest().upper()
    return Request(urlencode({"param": param, "sign": sign}).encode(), FORM)


def sf_mark(content: str, stamp: str, word: str, encoded: bool) -> str:
    """`encoded` as Java's URLEncoder does it, which leaves *-._ alone but not ~."""
    text = content + stamp + word
    signed = quote_plus(text, safe="*-._").replace("~", "%7E") if encoded else text
    return base64.b64encode(hashlib.md5(signed.encode()).digest()).decode()


def sf_json(secrets: Mapping[str, Any], content: str, seconds: float, encoded: bool = True) -> Request:
    stamp = str(int(seconds * 1000))
    mark = sf_mark(content, stamp, secrets["check_word"], encoded)
    return Request(content.encode(), JSON | {"timestamp": stamp, "msgdigest": mark})


def sf_form(secrets: Mapping[str, Any], content: str, seconds: float) -> Request:
    stamp = str(int(seconds * 1000))
    mark = sf_mark(content, stamp, secrets["check_word"], encoded=True)
    return Request(urlencode({"content": content, "timestamp": stamp, "msgDigest": mark}).encode(), FORM)


def standard_webhook(secret: str, webhook_id: str, seconds: float, body: bytes, kind: str) -> Request:
    signed = b".".join((webhook_id.encode(), str(int(seconds)).encode(), body))
    mark = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256").digest()
    proof = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(seconds)),
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }
    return Request(body, {"content-type": kind, **proof})


def easypost(secret: str, body: bytes) -> Request:
    key = unicodedata.normalize("NFKD", secret).encode()
    return Request(body, JSON | {"x-hmac-signature": f"hmac-sha256-hex={hmac.new(key, body, 'sha256').hexdigest()}"})


def hmac_base64(secret: str, header: str, body: bytes, **more: str) -> Request:
    mark = base64.b64encode(hmac.new(secret.encode(), body, "sha256").digest()).decode()
    return Request(body, JSON | {header: mark} | {name.replace("_", "-"): value for name, value in more.items()})
