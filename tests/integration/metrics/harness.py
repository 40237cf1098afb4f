"""Processes of the metrics service on topics and a database of one test, and what they show."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from services.metrics.settings import MetricsSettings
from shared.contracts.base import Contract
from shared.contracts.topics import TOPICS, Topic, ensure
from shared.messaging.message import outgoing
from shared.messaging.publisher import Publisher
from shared.security.tokens import Role, issue_local
from tests.integration import children, running
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.polling import poll
from tests.unit.metrics.events import START
from tools.stack.ports import free_port

PLACES = {model: (topic, name) for topic in TOPICS for name, model in topic.types.items()}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass
class Process(running.Process):
    async def read(self, path: str, token: str | None = None) -> httpx.Response:
        return await self.get(path, **({"Authorization": f"Bearer {token}"} if token else {}))

    async def samples(self) -> Samples:
        """What a scrape gives of the indicators, without the process's own."""
        text = (await self.get("/metrics")).text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name.startswith("parcelcare_")
        }


@dataclass
class Bench:
    infra: Infra
    names: FreshNames
    directory: Path
    secrets: Path
    processes: list[Process] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.publisher = Publisher(self.infra.kafka, self.names.prefix)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            "SECRETS_DIR": str(self.secrets),
            "LAG_INTERVAL_S": "0.3",
            "REFRESH_S": "0.2",
            **self.names.environment,
        }

    @property
    def settings(self) -> MetricsSettings:
        return MetricsSettings(**{k.lower(): v for k, v in self.environment.items()})  # type: ignore[arg-type]

    async def open(self) -> None:
        await ensure(self.infra.kafka, self.names.prefix)
        await self.publisher.start()

    async def close(self) -> None:
        await self.publisher.stop()
        for process in self.processes:
            await process.end(signal.SIGKILL)

    async def start(self, **environment: str) -> Process:
        number = len(self.processes)
        port = free_port()
        own = {"HTTP_PORT": str(port), "INSTANCE": f"metrics-{number}", **environment}
        log = self.directory / f"metrics-{number}.log"
        child = await children.start("services.metrics", {**self.environment, **own}, log)
        process = Process(child, f"http://127.0.0.1:{port}", log)
        self.processes.append(process)
        await poll(process.ready, 90, what=f"{log} to be ready")
        return process

    async def send(self, events: Sequence[Contract], key: str = "k", again: bool = False) -> None:
        """Publish events with ids of their own; `again` sends the ids of the previous call once more."""
        if again:
            self.sent -= len(events)
        messages = []
        for event in events:
            topic, name = PLACES[type(event)]
            messages.append(
                outgoing(topic, event, type=name, key=key, cause=f"event-{self.sent}", time=START, source="test")
            )
            self.sent += 1
        await self.publisher.publish(messages)

    async def send_raw(self, topic: Topic, value: bytes | None, headers: list[tuple[str, bytes]], key: bytes) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.infra.kafka)
        await producer.start()
        try:
            await producer.send_and_wait(self.names.topic(topic.name), value, key=key, headers=headers)
        finally:
            await producer.stop()

    def token(self, role: Role = Role.SRE) -> str:
        return issue_local(self.secrets, "somebody", [role.value])

    async def until(self, process: Process, name: str, value: float, **labels: str) -> Samples:
        """Poll a process until a series has `value`; returns that scrape."""
        key = (name, frozenset(labels.items()))
        last: dict[str, Any] = {}

        async def reached() -> bool:
            last["samples"] = await process.samples()
            last["value"] = last["samples"].get(key)
            return bool(last["value"] == value)

        try:
            await poll(reached, 90, what=f"{name} {labels} to be {value}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {last.get('value')}") from error
        found: Samples = last["samples"]
        return found


def figures(samples: Samples) -> Samples:
    """The indicators counted from events: without the process's loop, lag and time of reading."""
    own = ("parcelcare_indicators_", "parcelcare_kafka_lag", *LOOP)
    return {key: value for key, value in samples.items() if not key[0].startswith(own)}


LOOP = (
    "parcelcare_consumed_records",
    "parcelcare_published_records",
    "parcelcare_consumer_",
    "parcelcare_skipped_records",
    "parcelcare_parked_records",
    "parcelcare_batch_seconds",
    "parcelcare_stage_latency_seconds",
    "parcelcare_commit_failures",
)
