"""Intake's edges without Kafka and MongoDB: a publisher that records, the HTTP routes, one ASGI call."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from services.intake.admission import Admission
from services.intake.api import GatewayEndpoint
from services.intake.delivery import Delivery
from services.intake.gateways import Gateway
from services.intake.handlers import Reception
from services.intake.indicators import Indicators
from services.intake.objects.store import ObjectStore
from shared.clock import Clock
from shared.messaging.message import Outgoing
from shared.messaging.publisher import Publisher, PublishFailed
from shared.web import told
from tests.unit.intake.given import CREDENTIALS, GATEWAYS, IDENTITY


class Recorder(Publisher):
    """A publisher whose Kafka is a list, and can be away."""

    def __init__(self) -> None:
        super().__init__("nowhere:9092")
        self.published: list[Outgoing] = []
        self.away = False

    async def publish(self, messages: Sequence[Outgoing], partition: int | None = None) -> None:
        if self.away:
            raise PublishFailed("away")
        self.published.extend(messages)

    def of(self, topic: str) -> list[Outgoing]:
        return [m for m in self.published if m.topic == topic]


class Edge:
    """A reception with its parts at hand."""

    def __init__(
        self,
        gateways: Sequence[Gateway] = tuple(GATEWAYS.values()),
        max_bytes: int = 2**30,
        objects: ObjectStore | None = None,
    ) -> None:
        self.publisher = Recorder()
        self.registry = CollectorRegistry()
        self.now = 0.0
        admission = Admission(
            lambda: self.publisher.pending,
            max_pending=100,
            max_bytes=max_bytes,
            retry_after_s=2,
            monotonic=lambda: self.now,
        )
        self.reception = Reception(
            CREDENTIALS, IDENTITY, admission, self.publisher, Indicators(self.registry), objects=objects
        )
        by_path = {g.path: g for g in gateways if g.path}
        self.app = told(GatewayEndpoint(by_path, self.reception, Clock()))

    def counted(self, gateway: str, outcome: str) -> float:
        labels = {"gateway": gateway, "outcome": outcome}
        return self.registry.get_sample_value("parcelcare_intake_deliveries_total", labels) or 0.0

    async def post(self, delivery: Delivery, **headers: str) -> "Answer":
        """A delivery as a request."""
        named = {name: value.encode("latin-1") for name, value in {**delivery.headers, **headers}.items()}
        assert delivery.gateway.path
        return await self.request("POST", delivery.gateway.path, named, [delivery.body])

    async def request(
        self, method: str, path: str, headers: Mapping[str, bytes], chunks: Sequence[bytes] = (b"",)
    ) -> "Answer":
        answer = Answer()
        rest = list(chunks)

        async def receive() -> dict[str, Any]:
            if not rest:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.lower().encode("latin-1"), value) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await self.app(scope, receive, send)
        answer.unread = len(rest)
        return answer


class Answer:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.unread = 0

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)
