"""Intake as a process, on topics and a database of one test; its gateways, and readers of what it published."""

import hashlib
import json
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiosmtplib
import httpx
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from motor.motor_asyncio import AsyncIOMotorClient

from shared.contracts.interactions import INTERACTION_RECEIVED, Interaction
from shared.contracts.topics import INTERACTIONS, MAX_RECORD_BYTES, Topic, ensure
from shared.security.tokens import issue_local
from shared.security.webhooks import sign
from tests.integration import asking, children, running
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.polling import poll
from tools.stack.ports import free_port

RECEIVED = INTERACTION_RECEIVED.encode()


@dataclass
class Process(running.Process):
    smtp_port: int = 0


@dataclass
class Bench:
    infra: Infra
    names: FreshNames
    directory: Path
    secrets: Path
    processes: list[Process] = field(default_factory=list)

    async def open(self) -> None:
        await ensure(self.infra.kafka, self.names.prefix)
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self.infra.kafka, acks="all", max_request_size=MAX_RECORD_BYTES
        )
        await self.producer.start()
        self.mongo: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.infra.mongo_url)
        self.http = asking.client(timeout=30)

    async def close(self) -> None:
        for process in self.processes:
            await process.end(signal.SIGKILL)
        await self.http.aclose()
        await self.producer.stop()
        self.mongo.close()

    async def intake(
        self, name: str = "intake-0", module: str = "services.intake", *, wait: bool = True, **environment: str
    ) -> Process:
        """A running intake; the clock runs for the SMTP port too, which listens when the service is ready. With `wait`
        False it may die before that."""
        port, smtp_port = free_port(), free_port()
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            "SECRETS_DIR": str(self.secrets),
            "HTTP_PORT": str(port),
            "SMTP_PORT": str(smtp_port),
            "INSTANCE": name,
            "STATE_DIR": str(self.directory / name),
            **self.names.environment,
            **environment,
        }
        log = self.directory / f"{name}.log"
        child = await children.start(module, own, log)
        process = Process(child, f"http://127.0.0.1:{port}", log, smtp_port)
        self.processes.append(process)
        if not wait:
            return process
        await poll(process.ready, 90, what=f"{log} to be ready")
        await poll(lambda: "smtp_listens" in log.read_text(), 30, what="SMTP to listen")
        return process

    def secrets_of(self, gateway: str) -> Any:
        return json.loads((self.secrets / "gateways.json").read_text())[gateway]

    async def webhook(
        self, process: Process, gateway: str, body: Any, webhook_id: str, content_type: str = "application/json"
    ) -> httpx.Response:
        content = orjson.dumps(body)
        proof = sign(self.secrets_of(gateway)["secrets"][0], webhook_id, datetime.now(UTC), content)
        headers = {"content-type": content_type, **proof}
        return await self.http.post(f"{process.url}/gateways/{gateway}", content=content, headers=headers)

    async def kuaidi100(self, process: Process, push: Mapping[str, Any]) -> httpx.Response:
        param = json.dumps(push, ensure_ascii=False)
        digest = hashlib.md5((param + self.secrets_of("kuaidi100")["salt"]).encode()).hexdigest().upper()
        body = urlencode({"param": param, "sign": digest})
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self.http.post(f"{process.url}/gateways/kuaidi100", content=body, headers=headers)

    async def mail(self, process: Process, body: bytes) -> str:
        """The interaction's id as the reply line names it."""
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=process.smtp_port, timeout=30) as client:
            await client.mail("li@mail.example")
            await client.rcpt("care@parcelcare.example")
            answer = await client.data(body)
        assert answer.code == 250
        return answer.message.split()[1]

    async def original(self, process: Process, path: str, *roles: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {issue_local(self.secrets, 'wang', roles)}"} if roles else {}
        return await self.http.get(f"{process.url}/v1/interactions/{path}", headers=headers)

    async def publish(
        self, topic: Topic, value: bytes | None, headers: Sequence[tuple[str, bytes]], key: bytes = b"k"
    ) -> None:
        await self.producer.send_and_wait(self.names.topic(topic.name), value, key=key, headers=list(headers))

    async def records(self, topic: Topic) -> "list[ConsumerRecord[bytes, bytes]]":
        """Everything that stands in the topic now."""
        consumer = AIOKafkaConsumer(
            self.names.topic(topic.name),
            bootstrap_servers=self.infra.kafka,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            found: list[ConsumerRecord[bytes, bytes]] = []
            while any([await consumer.position(p) < end for p, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
            return found
        finally:
            await consumer.stop()

    async def ends(self, topic: Topic) -> dict[TopicPartition, int]:
        """The offsets at which the topic's partitions end now."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.infra.kafka)
        await consumer.start()
        try:
            partitions = [TopicPartition(self.names.topic(topic.name), p) for p in range(topic.partitions)]
            return dict(await consumer.end_offsets(partitions))
        finally:
            await consumer.stop()

    async def contacts(self) -> list[Interaction]:
        """The contacts in their topic; it carries news of their media, too."""
        found = [r for r in await self.records(INTERACTIONS) if dict(r.headers)["ce_type"] == RECEIVED]
        return [Interaction.model_validate_json(r.value or b"") for r in found]

    async def until_records(self, topic: Topic, count: int) -> "list[ConsumerRecord[bytes, bytes]]":
        """At least so many records, waited for."""

        async def enough() -> Any:
            found = await self.records(topic)
            return found if len(found) >= count else None

        return list(await poll(enough, 60, what=f"{count} records in {topic.name}"))


def ids(records: "Sequence[ConsumerRecord[bytes, bytes]]") -> set[str]:
    return {dict(r.headers)["ce_id"].decode() for r in records}
