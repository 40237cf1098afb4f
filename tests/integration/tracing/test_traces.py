"""One contact leaves one trace over the services, without anything personal in it (SY-6)."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest

from shared.contracts.topics import ensure
from shared.security.webhooks import sign
from shared.tracing import trace_id_of
from tests.integration import asking
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.notify.mail import Catcher, MailServer
from tests.integration.polling import poll
from tests.integration.tracing.collector import Collector
from tools.secret_files import ensure as ensure_secrets
from tools.stack.ports import free_port

SERVICES = ("intake", "routing", "claims", "notify")
GIVEN = f"00-{'5e' * 16}-{'a1' * 8}-01"
NAME, PHONE, EMAIL = "王小明", "+8619700000042", "xiaoming@example.com"


@dataclass
class System:
    """Four services on topics and databases of one test, with a collector and a mail server beside them."""

    infra: Infra
    names: FreshNames
    directory: Path
    collector: Collector = field(default_factory=Collector)
    children: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    async def open(self) -> None:
        ensure_secrets(self.directory / "secrets")
        await ensure(self.infra.kafka, self.names.prefix)
        self.collector.start()
        self.catcher = Catcher()
        self.mail = MailServer(self.catcher, free_port())
        await self.mail.start()
        for service in SERVICES:
            await self._start(service)
        for service in SERVICES:
            await poll(lambda service=service: self._ready(service), 120, what=f"{service} ready")  # type: ignore[misc]

    async def close(self) -> None:
        for child in self.children.values():
            child.send_signal(signal.SIGTERM)
        stubborn = [name for name, child in self.children.items() if not await self._ended(child)]
        await self.mail.stop()
        await self.collector.stop()
        assert not stubborn, [(name, (self.directory / f"{name}.log").read_text()[-2000:]) for name in stubborn]

    async def _ended(self, child: asyncio.subprocess.Process) -> bool:
        try:
            await asyncio.wait_for(child.wait(), 30)
        except TimeoutError:
            child.kill()
            return False
        return True

    async def _start(self, service: str) -> None:
        port = free_port()
        self.urls[service] = f"http://127.0.0.1:{port}"
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            "SECRETS_DIR": str(self.directory / "secrets"),
            "STATE_DIR": str(self.directory / service),
            "HTTP_PORT": str(port),
            "SMTP_PORT": str(free_port()),
            "INSTANCE": f"{service}-0",
            "MAIL_PORT": str(self.mail.port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        with (self.directory / f"{service}.log").open("wb") as out:
            self.children[service] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", f"services.{service}", stdout=out, stderr=out,
                env={**os.environ, **self.names.environment, **own},
            )  # fmt: skip

    async def _ready(self, service: str) -> bool:
        log = self.directory / f"{service}.log"
        assert self.children[service].returncode is None, log.read_text()[-3000:]
        async with asking.client() as client:
            try:
                return (await client.get(f"{self.urls[service]}/health/ready")).status_code == 200
            except httpx.HTTPError:
                return False

    async def send(self, webhook_id: str, data: dict[str, object], **headers: str) -> str:
        """A claim form by the web gateway; the interaction's id."""
        now = datetime.now(UTC)
        body = orjson.dumps(
            {"type": "form.submitted", "timestamp": now.isoformat(), "data": {**data, "occurred_at": now.isoformat()}}
        )
        secret = json.loads((self.directory / "secrets" / "gateways.json").read_text())["web"]["secrets"][0]
        signed = {"content-type": "application/json", **headers, **sign(secret, webhook_id, now, body)}
        async with asking.client() as client:
            response = await client.post(f"{self.urls['intake']}/gateways/web", content=body, headers=signed)
        assert response.status_code == 202, response.text
        return str(response.json()["id"])


@pytest.fixture
async def system(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[System]:
    made = System(infra, fresh_names, tmp_path)
    try:
        await made.open()
        yield made
    finally:
        await made.close()


def form(number: str) -> dict[str, object]:
    customer = {"name": NAME, "phone": PHONE, "email": EMAIL}
    claim = {"kind": "loss", "tracking_number": number, "claimed": "199.00"}
    return {"customer": customer, "text": "快递丢了，我要理赔。", "form": claim}


@pytest.mark.req("SY-6")
@pytest.mark.slow
async def test_one_contact_leaves_one_trace_over_four_services(system: System) -> None:
    interaction_id = await system.send("trace-1", form("SF7000000000001"), traceparent=GIVEN)
    trace_id = trace_id_of(GIVEN)
    assert trace_id
    await poll(lambda: system.collector.services(trace_id) >= set(SERVICES), 60, what="spans of four services")
    await poll(lambda: any(s.name == "notify-send" for s in system.collector.of(trace_id)), 30, what="the mail's span")

    spans = system.collector.of(trace_id)
    (edge,) = [span for span in spans if span.service == "intake" and span.parent_id == "a1" * 8]
    followers = [span for span in spans if span is not edge]
    assert {span.parent_id for span in followers} == {edge.span_id}
    assert {"routing-contacts", "claims", "notify-plan", "notify-send"} <= {span.name for span in followers}
    assert all(span.seconds >= 0 for span in spans)

    told = json.dumps([span.attributes for span in spans], ensure_ascii=False)
    for private in (NAME, PHONE, EMAIL, interaction_id, "SF7000000000001"):
        assert private not in told

    await system.send("trace-2", form("SF7000000000002"))
    own = await poll(lambda: {s.trace_id for s in system.collector.spans} - {trace_id}, 60, what="a trace of its own")
    (new,) = own
    await poll(lambda: system.collector.services(new) >= set(SERVICES), 60, what="the second trace's spans")
    assert [s.name for s in system.collector.of(new) if not s.parent_id] == ["intake web"]
