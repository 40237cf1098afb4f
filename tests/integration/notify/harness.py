"""Processes of the notify service on topics and a database of one test, with a mail server and a merchant."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer

from services.notify.links import Links
from shared.contracts import cases, claims
from shared.contracts.cases import CaseChanged
from shared.contracts.claims import ClaimChanged
from shared.contracts.topics import CASES, CLAIMS, NOTICES, Topic, ensure
from shared.messaging.message import Outgoing, outgoing
from shared.messaging.publisher import Publisher
from shared.security.tokens import Role, issue_local
from tests.integration import children
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.notify.hooks import HookSink
from tests.integration.notify.mail import Catcher, MailServer
from tests.integration.polling import poll
from tests.integration.reading import records_of
from tests.integration.running import Process
from tools.secret_files import ensure as ensure_secrets
from tools.stack.ports import free_port


@dataclass
class Bench:
    infra: Infra
    names: FreshNames
    directory: Path
    catcher: Catcher = field(default_factory=Catcher)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = self.directory / "secrets"
        self.publisher = Publisher(self.infra.kafka, self.names.prefix)
        self.mail = MailServer(self.catcher, free_port())

    async def open(self) -> None:
        ensure_secrets(self.secrets)
        await ensure(self.infra.kafka, self.names.prefix)
        await self.publisher.start()
        await self.mail.start()
        secret = json.loads((self.secrets / "webhooks.json").read_text())["merchant"]["secret"]
        self.merchant = HookSink(secret, free_port())
        await self.merchant.start()

    async def close(self) -> None:
        for process in self.processes:
            await process.end()
        await self.merchant.stop()
        await self.mail.stop()
        await self.publisher.stop()

    def receiver(self, name: str, url: str) -> None:
        """Where that receiver of webhooks.json listens, for processes started later."""
        file = self.secrets / "webhooks.json"
        known = json.loads(file.read_text())
        file.write_text(json.dumps({**known, name: {**known[name], "url": url}}))

    async def start(self, port: int | None = None, **settings: str) -> Process:
        """One more process of the service, on that port where given; returns once it is ready."""
        port, log = port or free_port(), self.directory / f"notify-{len(self.processes)}.log"
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            "SECRETS_DIR": str(self.secrets),
            "STATE_DIR": str(self.directory / "state"),
            "HTTP_PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "INSTANCE": f"notify-{len(self.processes)}",
            "MAIL_PORT": str(self.mail.port),
            "WEBHOOK_SINK_URL": f"http://127.0.0.1:{self.merchant.port}",
            **settings,
        }
        child = await children.start("services.notify", {**self.names.environment, **own}, log)
        process = Process(child, f"http://127.0.0.1:{port}", log)
        self.processes.append(process)
        await poll(process.ready, 90, what=f"notify ready; see {log}")
        return process

    async def read(self, topic: Topic) -> list[Any]:
        """Every record that the topic holds now."""
        return await records_of(topic, self.names, self.infra.kafka)

    async def publish(self, events: Iterable[CaseChanged | ClaimChanged]) -> None:
        """In order; the ids follow from the change-sets, so the same event again is the same message."""
        for event in events:
            await self.publisher.publish([to_message(event)])

    async def notices(self, count: int, timeout: float = 30) -> list[dict[str, Any]]:
        """What stands on notices.v1 as soon as `count` are there, with the type of each as `ce_type`."""
        consumer = AIOKafkaConsumer(
            self.names.topic(NOTICES.name), bootstrap_servers=self.infra.kafka, auto_offset_reset="earliest"
        )
        await consumer.start()
        found: dict[str, dict[str, Any]] = {}

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    headers = {k: v.decode() for k, v in record.headers}
                    found[headers["ce_id"]] = {**json.loads(record.value or b"{}"), "ce_type": headers["ce_type"]}
            return len(found) >= count

        try:
            await poll(enough, timeout, what=f"{count} notices, have {len(found)}")
        finally:
            await consumer.stop()
        return list(found.values())

    def token(self, *roles: Role) -> str:
        return issue_local(self.secrets, "alice", roles)

    def page(self, case_id: str) -> str:
        return f"/p/{Links.load('http://x', self.secrets).token(case_id)}"


def to_message(event: CaseChanged | ClaimChanged) -> Outgoing:
    if isinstance(event, CaseChanged):
        topic, name = CASES, cases.CASE_CHANGED
        key, version = event.case.case_id, event.case.version
    else:
        topic, name = CLAIMS, claims.CLAIM_CHANGED
        key, version = event.claim.claim_id, event.claim.version
    cause = f"{key}#{version}"
    return outgoing(topic, event, type=name, key=key, cause=cause, time=event.at, source="test")


def of_case(events: Sequence[CaseChanged | ClaimChanged], number: int) -> list[CaseChanged | ClaimChanged]:
    """The same story for another case and customer."""
    return [_renumbered(event, number) for event in events]


def _renumbered(event: CaseChanged | ClaimChanged, n: int) -> CaseChanged | ClaimChanged:
    text = event.model_dump_json()
    for old, new in (
        ("8d5f6c1e-31a5-5d0a-9f0e-6c8c4f5f7a01", f"8d5f6c1e-31a5-5d0a-9f0e-{n:012d}"),
        ("b1a3c6de-0b8e-5c53-8a64-2f6f2c1f9d10", f"b1a3c6de-0b8e-5c53-8a64-{n:012d}"),
        ("PC7K2M9Q4D", f"PC7K2M{n:04d}"),
        ('"5f1c9a"', f'"customer-{n}"'),
        ("zhou.xm@example.cn", f"c{n}@example.cn"),
    ):
        text = text.replace(old, new)
    return type(event).model_validate_json(text)
