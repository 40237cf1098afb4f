"""Drives an edge of intake as hard as it will go, from a process of its own (`python -m bench.intake_load KIND PORT
SECONDS`): requests made and signed beforehand, kept-alive connections, answers read with no more than is needed."""

import asyncio
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.header import Header
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import orjson
import uvloop

from bench.load import contact
from shared.security.webhooks import sign

CONNECTIONS = {"web": 48, "kuaidi100": 48, "mail": 24}
PREPARED = 4000
LINES = (
    ("2026-11-20 15:10:00", "【上海市】快件已到达 上海转运中心"),
    ("2026-11-20 09:02:11", "【杭州市】快件离开 杭州转运中心 已发往 上海转运中心"),
    ("2026-11-19 21:40:33", "【杭州市】西湖网点 已揽收"),
)


def webhooks(secrets: Any, label: str) -> Iterator[bytes]:
    for n in range(PREPARED):
        data = orjson.loads(contact(n, label))
        now = datetime.now(UTC)
        body = orjson.dumps({"type": "chat.message", "timestamp": now.isoformat(), "data": data})
        proof = sign(secrets["web"]["secrets"][0], f"{label}-{n}", now, body)
        yield _post("web", "application/json", body, proof)


def pushes(secrets: Any, label: str) -> Iterator[bytes]:
    for n in range(PREPARED):
        data = [{"time": at, "ftime": at, "context": text} for at, text in LINES]
        result = {"nu": f"YT{n:013d}", "com": "yuantong", "state": "0", "data": data}
        param = json.dumps({"status": "polling", "lastResult": result}, ensure_ascii=False)
        proof = hashlib.md5((param + secrets["kuaidi100"]["salt"]).encode()).hexdigest().upper()
        body = urlencode({"param": param, "sign": proof}).encode()
        yield _post("kuaidi100", "application/x-www-form-urlencoded", body, {})


def mails(secrets: Any, label: str) -> Iterator[bytes]:
    for n in range(PREPARED):
        text = orjson.loads(contact(n, label))["text"]
        head = f"From: {label}-{n}@example.com\r\nTo: care@parcelcare.example\r\n"
        head += f"Subject: {Header(f'咨询 {n}', 'utf-8').encode()}\r\nMessage-ID: <{label}-{n}@example.com>\r\n"
        head += "Date: Fri, 20 Nov 2026 15:30:00 +0800\r\nMIME-Version: 1.0\r\n"
        head += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        yield head.encode() + text.encode() + b"\r\n.\r\n"


def _post(gateway: str, content_type: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST /gateways/{gateway} HTTP/1.1", "host: care.example", f"content-type: {content_type}"]
    lines += [f"content-length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Sender(asyncio.Protocol):
    """One connection: the next delivery as soon as the last one is answered. `answers` counts them by their code."""

    def __init__(self, take: Callable[[], bytes | None], answers: Counter[bytes]) -> None:
        self._take = take
        self._answers = answers
        self._buffer = b""
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self.begin()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_result(None)

    def begin(self) -> None:
        self._next()

    def _next(self) -> None:
        delivery = self._take()
        if delivery is None:
            self._transport.close()
        else:
            self._deliver(delivery)

    def _deliver(self, delivery: bytes) -> None:
        self._transport.write(delivery)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if separator and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            self._answers[head[9:12]] += 1
            self._buffer = b""
            self._next()


class Mailer(Sender):
    """A conversation by SMTP: each line of the other side brings the next one of ours."""

    def begin(self) -> None:
        self._steps: list[bytes] = [b"EHLO bench\r\n"]
        self._in_mail = False

    def _deliver(self, delivery: bytes) -> None:
        self._in_mail = True
        self._steps = [b"RCPT TO:<care@parcelcare.example>\r\n", b"DATA\r\n", delivery]
        self._transport.write(b"MAIL FROM:<bench@example.com>\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\r\n")
        for line in lines:
            if line[3:4] != b"-":
                self._answered(line[:3])

    def _answered(self, code: bytes) -> None:
        if self._steps and code[:1] in b"23":
            self._transport.write(self._steps.pop(0))
            return
        if self._in_mail:
            self._answers[code] += 1
        self._next()


KINDS: dict[str, tuple[Callable[[Any, str], Iterator[bytes]], type[Sender]]] = {
    "web": (webhooks, Sender),
    "kuaidi100": (pushes, Sender),
    "mail": (mails, Mailer),
}


async def drive(kind: str, port: int, seconds: float) -> dict[str, Any]:
    secrets = json.loads((Path(os.environ["SECRETS_DIR"]) / "gateways.json").read_text())
    make, sender = KINDS[kind]
    prepared: Sequence[bytes] = list(make(secrets, f"{kind}{time.time_ns() % 10**9}"))
    answers: Counter[bytes] = Counter()
    sent = 0
    end = time.monotonic() + seconds

    def take() -> bytes | None:
        nonlocal sent
        if time.monotonic() >= end:
            return None
        sent += 1
        return prepared[sent % len(prepared)]

    loop = asyncio.get_running_loop()
    started = time.monotonic()
    made = [
        await loop.create_connection(lambda: sender(take, answers), "127.0.0.1", port) for _ in range(CONNECTIONS[kind])
    ]
    await asyncio.gather(*(one.finished for _, one in made))
    took = time.monotonic() - started
    good = sum(count for code, count in answers.items() if code in (b"200", b"202", b"250"))
    return {
        "per_second": good / took,
        "taken": good,
        "refused": {code.decode(): n for code, n in answers.items() if code not in (b"200", b"202", b"250")},
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(drive(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))))
