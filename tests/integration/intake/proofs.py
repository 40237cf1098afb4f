"""Each gateway's own signature under whatever is about to be sent to it: a request's last step before the wire."""

import base64
import hashlib
import hmac
import time
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from services.intake.adapters.sorted_sha1 import sorted_sha1
from services.intake.adapters.wechat_crypto import MessageCipher
from services.intake.adapters.wechat_xml import write
from shared.security.twilio_signature import sign as sign_twilio
from shared.security.webhooks import sign

Secrets = Mapping[str, Any]
NONCE = "1234567"


class Signature(AuthBase):
    """For `requests`: called with the request as it will be sent."""

    def __init__(self, secrets: Mapping[str, Secrets]) -> None:
        self._secrets = secrets
        self._count = 0

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        gateway = urlsplit(str(request.url)).path.removeprefix("/gateways/")
        if gateway in self._secrets:
            self._count += 1
            _SIGN.get(gateway, _standard)(request, self._secrets[gateway], self._count)
        return request


def _body(request: PreparedRequest) -> bytes:
    body = request.body or b""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body


def _standard(request: PreparedRequest, secrets: Secrets, count: int) -> None:
    request.headers.update(sign(secrets["secrets"][0], f"fuzz-{count}", datetime.now(UTC), _body(request)))


def _kuaidi100(request: PreparedRequest, secrets: Secrets, count: int) -> None:
    param = dict(parse_qsl(_body(request).decode("utf-8", "replace"))).get("param", "")
    proof = hashlib.md5((param + secrets["salt"]).encode()).hexdigest().upper()
    request.prepare_body(urlencode({"param": param, "sign": proof}), None)


def _sf(request: PreparedRequest, secrets: Secrets, count: int) -> None:
    text = _body(request).decode("utf-8", "replace")
    if request.headers.get("content-type") == "application/x-www-form-urlencoded":
        content = dict(parse_qsl(text)).get("content", "")
        request.prepare_body(urlencode({"content": content}), None)
    else:
        content = text
    stamp = str(int(time.time() * 1000))
    digest = hashlib.md5((content + stamp + secrets["check_word"]).encode()).digest()
    request.headers.update({"timestamp": stamp, "msgdigest": base64.b64encode(digest).decode()})


def _hmac(header: str, prefix: str = "") -> "Sign":
    def signed(request: PreparedRequest, secrets: Secrets, count: int) -> None:
        secret = unicodedata.normalize("NFKD", secrets["hmac_secret"]).encode()
        digest = hmac.digest(secret, _body(request), "sha256")
        request.headers[header] = prefix + digest.hex() if prefix else base64.b64encode(digest).decode()

    return signed


def _shopify(request: PreparedRequest, secrets: Secrets, count: int) -> None:
    _hmac("x-shopify-hmac-sha256")(request, secrets, count)
    topics = ("orders/create", "orders/paid", "orders/updated", "refunds/create")
    request.headers["x-shopify-topic"] = topics[count % len(topics)]
    request.headers["x-shopify-shop-domain"] = "our-shop.myshopify.com"


def _twilio(request: PreparedRequest, secrets: Secrets, count: int) -> None:
    body = _body(request)
    fields: dict[str, list[str]] = {}
    if request.headers.get("content-type") == "application/x-www-form-urlencoded":
        for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
            fields.setdefault(name, []).append(value)
    else:
        address = str(request.url).partition("?")[0]
        request.url = f"{address}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    request.headers["x-twilio-signature"] = sign_twilio(secrets["auth_token"], str(request.url), fields)


def _sealed(request: PreparedRequest, secrets: Secrets, count: int) -> None:
    """The safe mode: what was to be said is encrypted, and the address signs it."""
    cipher = MessageCipher.of(secrets["aes_key"], secrets["app_id"])
    asked = dict(parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True))
    is_post = request.method == "POST"
    content = _body(request) if is_post else asked.get("echostr", "").encode()
    encrypted = cipher.encrypt(content)
    if is_post:
        request.prepare_body(write({"Encrypt": encrypted}), None)
    stamp = str(int(time.time()))
    query = {
        "timestamp": stamp,
        "nonce": NONCE,
        "signature": sorted_sha1(secrets["token"], stamp, NONCE),
        "msg_signature": sorted_sha1(secrets["token"], stamp, NONCE, encrypted),
        "echostr": asked.get("echostr", "") if "wechat" in str(request.url) else encrypted,
    }
    request.url = f"{str(request.url).partition('?')[0]}?{urlencode(query)}"


def _weibo(request: PreparedRequest, secrets: Secrets, count: int) -> None:
    address, _, query = str(request.url).partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    stamp = str(int(time.time() * 1000))
    proof = {"signature": sorted_sha1(secrets["app_secret"], stamp, NONCE), "timestamp": stamp, "nonce": NONCE}
    request.url = f"{address}?{urlencode({**asked, **proof})}"


Sign = Callable[[PreparedRequest, Secrets, int], None]
_SIGN: Mapping[str, Sign] = {
    "kuaidi100": _kuaidi100,
    "sf": _sf,
    "easypost": _hmac("x-hmac-signature", "hmac-sha256-hex="),
    "aftership": _hmac("aftership-hmac-sha256"),
    "shopify": _shopify,
    "twilio": _twilio,
    "wechat": _sealed,
    "wecom": _sealed,
    "weibo": _weibo,
}
