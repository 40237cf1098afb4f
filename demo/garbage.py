"""What no gateway should send and every gateway sends some day: broken, wrong, forged and far too large."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import orjson

from demo.contacts import Desk, ce_headers
from demo.letters import DESK
from demo.sending import Purpose, Route, Sending

PUSHES = (Route.KUAIDI100, Route.SF, Route.WEIBO)
TOO_LARGE_JSON = 9 * 1024 * 1024
TOO_LARGE_RECORD = 1_200_000
TOO_LARGE_MAIL = 24 * 1024 * 1024
Piece = tuple[str, bytes]


def broken_json(rng: random.Random, good: bytes) -> Piece:
    return "bad JSON", good[: rng.randrange(1, max(2, len(good) - 1))]


def not_utf8(rng: random.Random, good: bytes) -> Piece:
    at = rng.randrange(2, len(good))
    return "not UTF-8", good[:at] + bytes((0xFF, 0xFE, 0xC3)) + good[at:]


def gbk_body(rng: random.Random, good: bytes) -> Piece:
    """Somebody's old system writes GBK where JSON is always UTF-8."""
    text = orjson.loads(good)
    text["备注"] = "乱码测试"
    return "not UTF-8", orjson.dumps(text).decode().encode("gbk", "replace").replace(b"?", b"\x80")


def wrong_types(rng: random.Random, good: bytes) -> Piece:
    content = orjson.loads(good)
    inner = content.get("data", content)
    for name, wrong in (("occurred_at", "yesterday"), ("started_at", 12.5), ("node", 17), ("text", ["list"])):
        if name in inner:
            inner[name] = wrong
    content["timestamp" if "timestamp" in content else "carrier"] = False
    return "wrong types", orjson.dumps(content)


def fields_missing(rng: random.Random, good: bytes) -> Piece:
    return "fields missing", rng.choice((b"{}", b"[]", b"null", b'{"type":"chat.message"}', b'{"data":{}}', b'"text"'))


def no_json_at_all(rng: random.Random, good: bytes) -> Piece:
    return "no JSON", rng.choice((b"", b"<xml><a/></xml>", b"hello", b"\x00" * 64, b"a=1&b=2", rng.randbytes(200)))


SPOILERS: tuple[Callable[[random.Random, bytes], Piece], ...] = (
    broken_json,
    not_utf8,
    gbk_body,
    wrong_types,
    fields_missing,
    no_json_at_all,
)


class Saboteur:
    """Makes garbage out of good sendings, so that only the fault tells them apart."""

    def __init__(self, rng: random.Random, desk: Desk) -> None:
        self.rng = rng
        self.desk = desk

    def spoilt(self, good: Sending) -> Sending:
        """The same with a fault, on the same way."""
        if good.route in PUSHES:
            note, body = broken_json(self.rng, good.body)
        elif good.route is Route.WECHAT:
            note, body = "bad XML", good.body[: len(good.body) // 2]
        elif good.route is Route.TWILIO:
            note, body = "fields missing", b"MessageSid=SM1&Body=hello"
        else:
            note, body = self.rng.choice(SPOILERS)(self.rng, good.body)
        headers = good.headers
        if good.route.is_topic and self.rng.random() < 0.2:
            note, headers = "header missing", tuple(h for h in headers if h[0] not in ("ce_id", "ce_type"))
        return self._piece(good.route, good.at, body, headers, note, good.key)

    def oversize(self, good: Sending) -> Sending:
        size = TOO_LARGE_RECORD if good.route.is_topic else TOO_LARGE_JSON
        body = good.body + b" " * (size - len(good.body))
        return self._piece(good.route, good.at, body, good.headers, "oversize", good.key)

    def forged(self, good: Sending) -> Sending:
        """Everything right but the secret."""
        return Sending(good.at, good.route, Purpose.FORGED, self.desk.fresh_id("forged"), good.body, good.headers)

    def _piece(
        self,
        route: Route,
        at: datetime,
        body: bytes,
        headers: tuple[tuple[str, str], ...],
        note: str,
        key: bytes | None,
    ) -> Sending:
        return Sending(at, route, Purpose.GARBAGE, self.desk.fresh_id("bad"), body, headers, key, note=note)

    def mails(self, moments: Sequence[datetime]) -> Iterator[Sending]:
        """Unknown domain, nobody to answer, no header at all, too large (only announced, never sent)."""
        kinds = (
            (
                "unknown domain",
                b"From: a@example.com\r\nSubject: hi\r\n\r\nhello\r\n",
                "x@example.org",
                "a@example.com",
            ),
            ("no sender", b"From: nobody\r\nSubject: ?\r\n\r\nhello\r\n", DESK, "root@localhost"),
            ("no header", b"\r\n" + bytes(range(128, 256)) + b"\r\n", DESK, "a@example.com"),
            ("oversize", b"", DESK, "big@example.com"),
        )
        for number, at in enumerate(moments):
            note, body, recipient, sender = kinds[number % len(kinds)]
            yield Sending(
                at,
                Route.MAIL,
                Purpose.GARBAGE,
                self.desk.fresh_id("bad"),
                body,
                sender=sender,
                recipient=recipient,
                note=note,
            )

    def stray_record(self, at: datetime) -> Sending:
        """A record whose type nobody knows, in a topic of contacts."""
        headers = ce_headers(self.desk.fresh_id("evt"), "weather.report", "/somebody/else", at)
        return self._piece(Route.CONTACTS_TOPIC, at, b"{}", headers, "unknown type", b"stray")
