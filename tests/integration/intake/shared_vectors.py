"""Signature vectors as HTTP requests: by their scheme, to the gateway that speaks it. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.integration.intake.outside import Door
from tests.integration.intake.signing import FORM, JSON, XML, Request, stamped, wechat_text

Vector = Mapping[str, Any]
NO_PUSH = ("wxa sha1(rawData", "TrackingMore")
"""Schemes of no gateway: what a mini program hands to its own server, and a provider that is not connected."""


@dataclass(frozen=True)
class Case:
    """`at`: when the vector arrived (Unix seconds; None: its signature has no time). `status`: the answer to a good
    one; 422 is a good signature whose sample content is none of ours. `echo`: the word that must come back.
    `marks`: what of the request is forged to see it refused."""

    name: str
    door: Door
    request: Request
    at: float | None = None
    status: int = 200
    echo: str | None = None
    stored: bool = True


def cases_of(vector: Vector) -> Iterator[Case]:
    """Raises `LookupError` for a scheme that nobody has told apart yet."""
    scheme = vector["scheme"]
    for start, make in SCHEMES.items():
        if scheme.startswith(start):
            yield from make(vector)
            return
    if not scheme.startswith(NO_PUSH):
        raise LookupError(f"{vector['id']}: scheme {scheme!r}")


def forged(case: Case) -> Iterator[Request]:
    """One character of the signature is another; then one of what it signs."""
    request = case.request
    for header, mark in request.headers.items():
        if "signature" in header.lower() or "digest" in header.lower() or "hmac" in header.lower():
            yield replace(request, headers={**request.headers, header: _changed(mark)})
    for part in request.query.split("&"):
        name, _, value = part.partition("=")
        if name in ("signature", "msg_signature", "nonce"):
            yield replace(request, query=request.query.replace(part, f"{name}={_changed(value)}"))
    if request.headers.get("content-type") == FORM["content-type"] and request.body:
        yield replace(request, body=request.body + b"1")


def _changed(mark: str) -> str:
    """Another character before the middle of its last word, so that base64's spare bits at its end don't matter."""
    at = len(mark) * 3 // 4
    return mark[:at] + ("A" if mark[at] != "A" else "B") + mark[at + 1 :]


def _twilio(v: Vector) -> Iterator[Case]:
    url = urlsplit(v["url"])
    door = Door("twilio", {"auth_token": v["secret"]}, f"{url.scheme}://{url.netloc}{url.path}")
    body, kind = (v["body"].encode(), JSON) if "body" in v else (urlencode(v["form"]).encode(), FORM)
    yield Case(v["id"], door, Request(body, kind | v["header"], url.query))


def _moment(v: Vector) -> float:
    stamp = int(v["query"]["timestamp"])
    return stamp / 1000 if stamp > 10**11 else stamp


def _wechat_plain(v: Vector) -> Iterator[Case]:
    door = Door("wechat", {"token": v["secret"], "app_id": "wx"})
    at, query = _moment(v), urlencode(v["query"])
    asked = Request(query=urlencode({**v["query"], "echostr": "word"}), method="GET")
    yield Case(f"{v['id']}-asks", door, asked, at, echo="word", stored=False)
    yield Case(v["id"], door, Request(wechat_text("包裹没到", at, v["id"]).encode(), XML, query), at)


def _wechat_sealed(v: Vector) -> Iterator[Case]:
    given = v["secret"]
    door = Door("wechat", {"token": given["token"], "aes_key": given["aes_key"], "app_id": given["appid"]})
    yield Case(v["id"], door, Request(v["body"].encode(), XML, urlencode(v["query"])), _moment(v))


def _wechat_reply(v: Vector) -> Iterator[Case]:
    """Only a ciphertext: it comes as the word of a greeting, whose plain text goes back."""
    given, at = v["secret"], 1411443780.0
    door = Door("wecom", {"token": given["token"], "aes_key": given["aes_key"], "app_id": given["appid"]})
    query = stamped(given["token"], at, v["ciphertext"], "msg_signature", echostr=v["ciphertext"])
    yield Case(v["id"], door, Request(query=query, method="GET"), at, echo=v["expected_plain"], stored=False)


def _wecom(v: Vector) -> Iterator[Case]:
    given = v["secret"]
    door = Door("wecom", {"token": given["token"], "aes_key": given["aes_key"], "app_id": given["corp_id"]})
    request = Request(query=urlencode(v["query"]), method="GET")
    yield Case(v["id"], door, request, _moment(v), echo=v["expected_plain"], stored=False)


def _weibo(v: Vector) -> Iterator[Case]:
    door, at = Door("weibo", {"app_secret": v["secret"]}), _moment(v)
    asked = Request(query=urlencode(v["query"]), method="GET")
    yield Case(f"{v['id']}-asks", door, asked, at, echo=v["query"]["echostr"], stored=False)
    yield Case(v["id"], door, Request(v["body"].encode(), JSON, urlencode(v["query"])), at)


def _standard(v: Vector) -> Iterator[Case]:
    door = Door("web", {"secrets": [v["secret"]]})
    request = Request(v["body"].encode(), JSON | v["header"])
    yield Case(v["id"], door, request, float(v["header"]["webhook-timestamp"]), status=422, stored=False)


def _easypost(v: Vector) -> Iterator[Case]:
    number = json.loads(v["body"])["result"]["tracking_code"]
    taken = len(number) >= 4
    request = Request(v["body"].encode(), JSON | v["header"])
    yield Case(
        v["id"], Door("easypost", {"hmac_secret": v["secret"]}), request, None, 202 if taken else 422, stored=taken
    )


def _kuaidi100(v: Vector) -> Iterator[Case]:
    fields = v.get("form") or {"param": v["param"], "sign": v["sign"]}
    yield Case(v["id"], Door("kuaidi100", {"salt": v["secret"]}), Request(urlencode(fields).encode(), FORM))


SCHEMES = {
    "X-Twilio-Signature": _twilio,
    "wechat sha1(": _wechat_plain,
    "wechat OA": _wechat_sealed,
    "wechat AES-256-CBC": _wechat_reply,
    "wecom": _wecom,
    "weibo": _weibo,
    "Standard Webhooks": _standard,
    "EasyPost": _easypost,
    "Kuaidi100": _kuaidi100,
}
