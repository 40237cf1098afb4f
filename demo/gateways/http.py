"""HTTP gateways: Standard Webhooks signatures for web, phone and carriers; the platforms sign in ways of their own."""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from demo.gateways import platforms
from demo.gateways.answer import Answer, Later, Refused, Taken
from demo.gateways.platforms import FORM, Push
from demo.sending import Purpose, Route, Sending
from shared.http_client import Answer as HttpAnswer
from shared.http_client import HttpClient, HttpFailure

OLD_SECRET_SHARE = 0.15
BOTH_SECRETS_SHARE = 0.05
CONTACT_ID = "x-interaction-id"
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def signature(secret: str, webhook_id: str, seconds: int, body: bytes) -> str:
    """v1 of Standard Webhooks: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join((webhook_id.encode(), str(seconds).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def read_secrets(secrets_dir: Path) -> Mapping[str, Mapping[str, Any]]:
    content: Mapping[str, Mapping[str, Any]] = json.loads((secrets_dir / "gateways.json").read_text())
    return content


class HttpGateway:
    """One gateway's client. A delivery that fails goes to the next instance, as a load balancer would send it."""

    def __init__(
        self,
        route: Route,
        client: HttpClient,
        urls: Sequence[str],
        secrets: Mapping[str, Mapping[str, Any]],
        rng: random.Random,
    ) -> None:
        self.route = route
        self.client = client
        self.urls = [f"{url}/gateways/{route.value}" for url in urls]
        self.own = secrets[route.value]
        self.secrets: Sequence[str] = self.own.get("secrets", ())
        self.salt: str = self.own.get("salt", "")
        self.rng = rng
        self.turn = 0

    async def deliver(self, sending: Sending) -> Answer:
        self.turn += 1
        url = self.urls[self.turn % len(self.urls)]
        push = self.request(sending, url)
        try:
            given = await self.client.request("POST", url, body=push.body, headers=push.headers, params=push.query)
        except HttpFailure as failure:
            return Later(failure.reason)
        return answer_of(given)

    def request(self, sending: Sending, url: str) -> Push:
        forged = sending.purpose is Purpose.FORGED
        secrets = platforms.forged(self.own, self.rng) if forged else self.own
        seconds = int(time.time())
        match self.route:
            case Route.KUAIDI100:
                body = self.form(sending.body, "another salt" if forged else self.salt)
                return Push(body, {"content-type": FORM})
            case Route.WECHAT:
                return platforms.wechat(sending.body, secrets, seconds, self.rng)
            case Route.WEIBO:
                return platforms.weibo(sending.body, secrets, seconds, self.rng)
            case Route.TWILIO:
                return platforms.twilio(sending.body, secrets, url)
            case Route.SF:
                return platforms.sf(sending.body, secrets, seconds)
            case _:
                headers = {"content-type": "application/json", **dict(sending.headers)}
                return Push(sending.body, headers | self.signed(sending.id, sending.body, forged))

    def form(self, param: bytes, salt: str) -> bytes:
        sign = hashlib.md5(param + salt.encode()).hexdigest().upper()
        return urlencode({"param": param, "sign": sign}).encode()

    def signed(self, webhook_id: str, body: bytes, forged: bool) -> dict[str, str]:
        seconds = int(time.time())
        made = [signature(secret, webhook_id, seconds, body) for secret in self.chosen(forged)]
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(made),
        }

    def chosen(self, forged: bool) -> list[str]:
        """Mostly the new secret, sometimes still the old one or both: a rotation takes its time."""
        if forged:
            return ["whsec_" + base64.b64encode(self.rng.randbytes(32)).decode()]
        newest, *older = self.secrets
        chance = self.rng.random()
        if older and chance < OLD_SECRET_SHARE:
            return [older[0]]
        return [newest, older[0]] if older and chance < OLD_SECRET_SHARE + BOTH_SECRETS_SHARE else [newest]


def answer_of(given: HttpAnswer) -> Answer:
    """Raises nothing. The id stands in the answer where it is JSON, else in a header."""
    if given.is_success:
        return Taken(given.status, id=_id_in(given.body) or given.headers.get(CONTACT_ID))
    if given.status in PASSING:
        return Later(f"HTTP {given.status}", after=_seconds(given.headers.get("retry-after")))
    return Refused(given.status, given.body.decode("utf-8", "replace")[:300])


def _id_in(content: bytes) -> str | None:
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    found = answer.get("id") if isinstance(answer, dict) else None
    return str(found) if found else None


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None
