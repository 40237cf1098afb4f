"""Intake under attack, as a running process: each is refused in bounded time and space; others feel nothing (IN-8)."""

import asyncio
import gzip
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psutil
import pytest
import yaml

from services.intake.adapters.sorted_sha1 import sorted_sha1
from services.intake.adapters.wechat_crypto import MessageCipher
from services.intake.gateways import RULES
from shared.contracts.topics import INTERACTIONS, RAW
from shared.security.webhooks import sign
from tests.integration.intake.harness import Bench, Process
from tests.integration.intake.wire import Wire, asked, head
from tests.unit.intake.social import HEAD, TEXT, xml
from tests.unit.intake.test_carrier import event
from tests.unit.intake.test_web import chat

pytestmark = pytest.mark.req("IN-8")
WEB, JSON = "/gateways/web", "application/json"
PATIENCE_S = 2.0
LIMIT = 8 * 1024 * 1024
BOMB = gzip.compress(b"\0" * 50_000_000)
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9)
)
FILE = b'<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


def signed(bench: Bench, body: bytes, webhook_id: str = "m1", **headers: str) -> bytes:
    """A whole request to the web gateway, rightly signed."""
    proof = sign(bench.secrets_of("web")["secrets"][0], webhook_id, datetime.now(UTC), body)
    return head(WEB, **{"content-type": JSON, "content-length": len(body), **proof, **headers}) + body


def wechat(bench: Bench, content: bytes, is_sealed: bool) -> bytes:
    """A push of WeChat in its safe mode, the hostile part within what is sealed, or around it."""
    secrets = bench.secrets_of("wechat")
    stamp, nonce = str(int(time.time())), "1234567"
    cipher = MessageCipher.of(secrets["aes_key"], secrets["app_id"])
    encrypted = cipher.encrypt(content if is_sealed else xml(TEXT))
    body = xml({"Encrypt": encrypted}) if is_sealed else content
    query = "&".join(
        [
            f"timestamp={stamp}&nonce={nonce}&encrypt_type=aes",
            f"signature={sorted_sha1(secrets['token'], stamp, nonce)}",
            f"msg_signature={sorted_sha1(secrets['token'], stamp, nonce, encrypted)}",
        ]
    )
    return head(f"/gateways/wechat?{query}", content_type="text/xml", content_length=len(body)) + body


def hostile(declaration: bytes, name: bytes) -> bytes:
    return (
        declaration
        + b"<xml>"
        + xml(HEAD | {"MsgType": "text", "MsgId": "9"})[5:-6]
        + (b"<Content>&" + name + b";</Content></xml>")
    )


@pytest.mark.req("IN-8", "SY-7")
async def test_bodies_that_are_too_large_compressed_or_no_text(bench: Bench) -> None:
    intake = await bench.intake()
    process = psutil.Process(intake.child.pid)
    before = process.memory_info().rss
    chat_body = orjson.dumps(chat())

    async def outcome(*pieces: bytes) -> tuple[int, str]:
        answer = await asked(intake.url, *pieces)
        return answer.status, answer.problem.rpartition(":")[2]

    too_large = (413, "too-large")
    assert await outcome(head(WEB, content_length=LIMIT + 1)) == too_large
    assert await outcome(head(WEB, content_length="9" * 12)) == too_large
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    assert await outcome(head(WEB, transfer_encoding="chunked"), *([chunk] * 9)) == too_large
    media_type = (415, "unsupported-media-type")
    for name in ("gzip", "deflate", "br", "identity, gzip"):
        assert await outcome(signed(bench, BOMB, **{"content-encoding": name})) == media_type
    refused = await asked(intake.url, signed(bench, BOMB, **{"content-encoding": "gzip"}))
    assert refused.headers["accept-encoding"] == "identity"
    malformed = (400, "malformed")
    assert await outcome(signed(bench, BOMB)) == malformed
    for body in (b"\0", b"\0" * 1000, chat_body + b"\0", b"", chat_body.decode().encode("utf-16")):
        assert await outcome(signed(bench, body)) == malformed
    gbk = orjson.dumps(chat(text="破损")).decode().encode("gbk")
    assert await outcome(signed(bench, gbk)) == malformed
    assert await outcome(signed(bench, gbk, **{"content-type": f"{JSON}; charset=gbk"})) == media_type
    for declaration, name in ((LAUGHS + b"]>", b"j"), (FILE, b"j")):
        for is_sealed in (True, False):
            assert await outcome(wechat(bench, hostile(declaration, name), is_sealed)) == malformed
    assert (await asked(intake.url, wechat(bench, xml(TEXT), is_sealed=True))).status == 200
    assert process.memory_info().rss - before < 100_000_000
    assert len(await bench.records(INTERACTIONS)) == 1, "the one that was sound"


@pytest.mark.req("IN-8")
async def test_what_is_hardly_http_gets_an_answer_all_the_same(bench: Bench) -> None:
    intake = await bench.intake()
    body = orjson.dumps(chat())
    original = "/v1/interactions/0f8fad5b-d9cb-469f-a165-70867728950e/raw"
    token = {"authorization": "Bearer x.y.z"}
    statuses = {
        name: (await asked(intake.url, request)).status
        for name, request in {
            "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
            "a host that is none": signed(bench, body).replace(b"care.example", b"["),
            "a host with a path": signed(bench, body).replace(b"care.example", b"x/gateways/phone?"),
            "two lengths": head(WEB, content_length=1).replace(b"\r\n\r\n", b"\r\ncontent-length: 2\r\n\r\n") + b"{}",
            "length and chunks": head(WEB, content_length=2, transfer_encoding="chunked") + b"0\r\n\r\n",
            "a head without end": b"GET / HTTP/1.1\r\nx: " + b"y" * 300_000,
            "many headers": b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 40_000,
            "web socket": head(WEB, upgrade="websocket", connection="upgrade").replace(b"POST", b"GET"),
            "a part beyond all numbers": head(f"{original}/{'9' * 5000}").replace(b"POST", b"GET"),
            "no token": head(original, **token).replace(b"POST", b"GET"),
        }.items()
    }
    assert statuses == {
        "garbage": 400,
        "a host that is none": 202,
        "a host with a path": 202,
        "two lengths": 400,
        "length and chunks": 400,
        "a head without end": 431,
        "many headers": 431,
        "web socket": 405,
        "a part beyond all numbers": 401,
        "no token": 401,
    }
    assert "request_failed" not in intake.log.read_text()


async def paced(bench: Bench, intake: Process, seconds: float, say: str) -> list[float]:
    """Others send on meanwhile: how long each waited for its yes."""
    took: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        answer = await bench.webhook(intake, "web", chat(), f"{say}-{len(took)}")
        took.append(time.monotonic() - began)
        assert answer.status_code == 202
        await asyncio.sleep(0.02)
    return took


async def trickle(wire: Wire, piece: bytes) -> tuple[float, bytes]:
    """A piece ten times a second until the other side ends it: after how long it did, and what it said."""
    began = time.monotonic()
    end = asyncio.create_task(wire.ended(30))
    while not end.done():
        wire.send(piece)
        await asyncio.wait([end], timeout=0.1)
    wire.close()
    return time.monotonic() - began, end.result()


SLOW: Mapping[str, tuple[bytes, bytes]] = {
    "says nothing": (b"", b""),
    "head": (b"POST /gateways/web HTTP/1.1\r\n", b"x: y\r\n"),
    "declared body": (head(WEB, content_type=JSON, content_length=LIMIT), b"x"),
    "chunked body": (head(WEB, content_type=JSON, transfer_encoding="chunked"), b"1\r\nx\r\n"),
    "after its refusal": (head("/gateways/nobody", transfer_encoding="chunked"), b"1000\r\n" + b"x" * 4096 + b"\r\n"),
}
EACH = 40


async def test_the_slow_are_ended_and_the_others_feel_nothing(bench: Bench) -> None:
    """Two hundred at once; those of declared bodies promise more than all the memory that is set aside."""
    intake = await bench.intake(HTTP_HEAD_S=str(PATIENCE_S), HTTP_BODY_S=str(PATIENCE_S))
    await paced(bench, intake, 1, "warm")
    alone = await paced(bench, intake, 2, "alone")
    slow: dict[str, list[Wire]] = {name: [await Wire.to(intake.url) for _ in range(EACH)] for name in SLOW}
    for name, wires in slow.items():
        for wire in wires:
            wire.send(SLOW[name][0])
    trickling = {
        name: [asyncio.create_task(trickle(wire, SLOW[name][1])) for wire in wires] for name, wires in slow.items()
    }
    beside = await paced(bench, intake, PATIENCE_S + 1, "beside")
    ended = {name: await asyncio.gather(*tasks) for name, tasks in trickling.items()}
    for name, ends in ended.items():
        assert max(seconds for seconds, _ in ends) < PATIENCE_S + 4, name
        # A reset may overtake the words, so not every single one has them.
        told = max(said for _, said in ends)
        status = b"404" if name == "after its refusal" else b"408"
        assert told.startswith(b"HTTP/1.1 " + status), name
        assert b"application/problem+json" in told
    # A small machine has its own hiccups; a sender that waited for the slow would wait for seconds.
    assert sorted(beside)[len(beside) // 2] < max(0.25, 5 * sorted(alone)[len(alone) // 2])
    assert max(beside) < PATIENCE_S


async def test_a_gateway_beyond_its_rate_waits_and_the_others_do_not_feel_it(bench: Bench, tmp_path: Path) -> None:
    rules = yaml.safe_load((RULES / "gateways.yaml").read_text("utf-8"))
    for gateway in rules["gateways"]:
        if gateway["name"] == "web":
            gateway["rate"] = {"per_second": 0.5, "burst": 10}
    file = tmp_path / "gateways.yaml"
    file.write_text(yaml.safe_dump(rules))
    intake = await bench.intake(GATEWAYS_FILE=str(file))
    flood = asyncio.gather(*[bench.webhook(intake, "web", chat(), f"m{n}") for n in range(60)])
    others = [
        await bench.webhook(intake, "carrier", event(f"e-{n}"), f"c{n}", "application/cloudevents+json")
        for n in range(20)
    ]
    answers = await flood
    taken = [a for a in answers if a.status_code == 202]
    refused = [a for a in answers if a.status_code == 429]
    assert len(taken) + len(refused) == 60
    assert 10 <= len(taken) <= 15
    for answer in refused:
        assert 1 <= int(answer.headers["retry-after"]) <= 3
        assert answer.json()["type"] == "urn:parcelcare:problem:rate-limited"
    assert {a.status_code for a in others} == {202}
    records = await bench.records(RAW)
    assert len(records) == len(taken) + len(others), "of what was refused nothing was kept"
    # What was refused may come again under its own id when the time that it was told is over.
    again = next(n for n, a in enumerate(answers) if a.status_code == 429)
    await asyncio.sleep(int(answers[again].headers["retry-after"]))
    assert (await bench.webhook(intake, "web", chat(), f"m{again}")).status_code == 202
