"""The social platforms at the HTTP edge: GET and POST of one address, answered as they read it (IN-1, IN-6)."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from services.intake.adapters import wechat_xml
from services.intake.admission import Admission
from services.intake.api import GatewayEndpoint
from services.intake.handlers import Reception
from services.intake.indicators import Indicators
from shared.clock import Clock
from shared.web import problem_handlers
from tests.unit.intake.edge import Recorder
from tests.unit.intake.given import GATEWAYS, IDENTITY
from tests.unit.intake.social import APP_SECRET, CIPHER, PRIVATE, SEALED, TEXT, TOKEN, sealed, signed, weibo


class Edge:
    def __init__(self) -> None:
        self.publisher = Recorder()
        self.registry = CollectorRegistry()
        admission = Admission(lambda: 0, max_pending=9, max_bytes=2**30, retry_after_s=2, monotonic=lambda: 0.0)
        reception = Reception(SEALED, IDENTITY, admission, self.publisher, Indicators(self.registry))
        by_path = {g.path: g for g in GATEWAYS.values() if g.path}
        route = Route("/gateways/{path:path}", GatewayEndpoint(by_path, reception, Clock()))
        app = Starlette(routes=[route], exception_handlers=problem_handlers())
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://care.example")

    def counted(self, gateway: str, outcome: str) -> float:
        labels = {"gateway": gateway, "outcome": outcome}
        return self.registry.get_sample_value("parcelcare_intake_deliveries_total", labels) or 0.0


def stamp() -> str:
    """The edge looks at the real time."""
    return str(int(datetime.now(UTC).timestamp()))


def address(gateway: str, secret: str, ciphertext: str = "", **more: str) -> str:
    name = "msg_signature" if ciphertext else "signature"
    return f"/gateways/{gateway}?{urlencode({**signed(secret, stamp(), ciphertext, name), **more})}"


@pytest.mark.req("IN-1")
async def test_each_platform_is_greeted_at_the_address_that_it_posts_to() -> None:
    client, word = Edge().client, CIPHER.encrypt(b"word")
    for asked in (
        address("wechat", TOKEN, echostr="word"),
        address("wecom", TOKEN, word, echostr=word),
        address("weibo", APP_SECRET, echostr="word"),
    ):
        answer = await client.get(asked)
        assert (answer.status_code, answer.text) == (200, "word")
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.req("IN-1", "IN-6")
async def test_a_message_is_in_kafka_before_the_reply_and_each_attempt_gets_the_same() -> None:
    edge, it = Edge(), sealed(TEXT)
    encrypted = wechat_xml.read(it.body)["Encrypt"]
    answers = [await edge.client.post(address("wechat", TOKEN, encrypted), content=it.body) for _ in range(3)]
    assert {(a.status_code, a.text) for a in answers} == {(200, answers[0].text)}
    assert answers[0].headers["content-type"].startswith("text/xml")
    assert "<Encrypt>" in answers[0].text
    assert len({m.id for m in edge.publisher.of("interactions.v1")}) == 1
    assert edge.counted("wechat", "accepted") == 3


@pytest.mark.req("IN-1", "IN-8")
async def test_an_event_is_counted_a_stranger_is_told_401_and_another_method_what_is_taken() -> None:
    edge = Edge()
    event = PRIVATE | {"type": "event", "data": {"subtype": "follow"}}
    done = await edge.client.post(address("weibo", APP_SECRET), content=weibo(event).body)
    assert (done.status_code, done.content) == (200, b"")
    assert edge.counted("weibo", "suppressed") == 1
    wrong = await edge.client.post(address("weibo", "another"), content=weibo(event).body)
    assert (wrong.status_code, wrong.headers["content-type"]) == (401, "application/problem+json")
    assert edge.counted("weibo", "signature-invalid") == 1
    other = await edge.client.put(address("wechat", TOKEN))
    assert (other.status_code, other.headers["allow"]) == (405, "GET, POST")
