"""Processes with parcel state, scans for them, and what came out on the other side."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from services.routing.parcels.messages import ParcelFold
from services.routing.parcels.rules import RuleBook
from services.routing.parcels.wiring import GROUP
from shared.contracts import topics
from shared.contracts.base import Contract
from shared.contracts.parcels import PARCEL_LOOKUP, PARCEL_SCANNED, ParcelLookup, ParcelScan
from shared.messaging.message import Incoming, Outgoing, outgoing
from shared.messaging.partition_state.batch import decide, decide_due
from shared.messaging.partition_state.entry import Entry, decode
from shared.messaging.publisher import Publisher
from shared.security.tokens import issue_local
from tests.integration import asking, children
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.messaging.harness import Process
from tests.integration.polling import poll
from tools.stack.ports import free_port

PARTITIONS = topics.PARCEL_EVENTS.partitions
USED = (topics.PARCEL_EVENTS, topics.PARCEL_EXCEPTIONS, topics.PARCEL_STATE, topics.DEAD_LETTERS)


def message(event: ParcelScan | ParcelLookup, cause: str, entered: datetime) -> Outgoing:
    kind = PARCEL_SCANNED if isinstance(event, ParcelScan) else PARCEL_LOOKUP
    return outgoing(
        topics.PARCEL_EVENTS, event, type=kind, key=event.tracking_number, cause=cause, time=entered, source="test"
    )


@dataclass
class Bench:
    infra: Infra
    names: FreshNames
    directory: Path
    secrets: Path
    processes: list[Process] = field(default_factory=list)
    sent: list[Incoming[Contract]] = field(default_factory=list)
    admin: Any = None
    watcher: Any = None
    publisher: Any = None

    async def open(self) -> None:
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.infra.kafka)
        await self.admin.start()
        await self.admin.create_topics(
            [NewTopic(self.names.topic(t.name), t.partitions, 1, topic_configs=t.config) for t in USED]
        )
        self.watcher = AIOKafkaConsumer(bootstrap_servers=self.infra.kafka, auto_offset_reset="earliest")
        await self.watcher.start()
        self.publisher = Publisher(self.infra.kafka, self.names.prefix)
        await self.publisher.start()

    async def close(self) -> None:
        for process in self.processes:
            if not process.ended:
                process.signal(signal.SIGCONT)
                process.signal(signal.SIGKILL)
                await process.child.wait()
        await self.publisher.stop()
        await self.watcher.stop()
        await self.admin.close()

    async def start(self, state: str = "state", **environment: str) -> Process:
        number = len(self.processes)
        settings = {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            **self.names.environment,
            "HTTP_PORT": str(free_port()),
            "INSTANCE": f"parcels-{number}",
            "STATE_DIR": str(self.directory / state),
            "SECRETS_DIR": str(self.secrets),
            **environment,
        }
        process = await spawn(settings, self.directory / f"parcels-{number}.log")
        self.processes.append(process)
        return process

    async def send(self, events: Sequence[tuple[ParcelScan | ParcelLookup, str]], entered: datetime) -> None:
        """(event, cause) each; they enter the log at `entered`."""
        messages = [message(event, cause, entered) for event, cause in events]
        await self.publisher.publish(messages)
        for (event, _), m in zip(events, messages, strict=True):
            self.sent.append(Incoming(m.id, m.type, event, m.key, m.time, m.topic, 0, len(self.sent), 0))

    async def send_garbage(self, partition: int) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.infra.kafka)
        await producer.start()
        await producer.send_and_wait(self.names.topic(topics.PARCEL_EVENTS.name), b"{", b"k", partition=partition)
        await producer.stop()

    async def read(self, topic: topics.Topic) -> list[Any]:
        """Every record that the topic holds now."""
        partitions = [TopicPartition(self.names.topic(topic.name), p) for p in range(topic.partitions)]
        self.watcher.assign(partitions)
        ends = await self.watcher.end_offsets(partitions)
        await self.watcher.seek_to_beginning(*partitions)
        records: list[Any] = []
        while any([await self.watcher.position(p) < ends[p] for p in partitions]):
            for batch in (await self.watcher.getmany(timeout_ms=200)).values():
                records += batch
        return records

    async def outputs(self) -> dict[str, dict[str, Any]]:
        """What a reader that drops repeats has seen, by message id."""
        return {
            dict(r.headers)["ce_id"].decode(): orjson.loads(r.value) for r in await self.read(topics.PARCEL_EXCEPTIONS)
        }

    async def exceptions(self) -> set[str]:
        return set(await self.outputs())

    async def changelog_states(self) -> dict[str, bytes]:
        """The newest state of each key in the changelog: what anybody would restore."""
        newest: dict[str, Entry] = {}
        for record in await self.read(topics.PARCEL_STATE):
            entry, key = decode(record.value), record.key.decode()
            if key not in newest or newest[key].position <= entry.position:
                newest[key] = entry
        return {key: entry.payload for key, entry in newest.items()}

    async def drained(self, timeout: float = 60) -> None:
        """Everything that was sent is committed."""
        name = self.names.topic(topics.PARCEL_EVENTS.name)
        partitions = [TopicPartition(name, p) for p in range(PARTITIONS)]

        async def lag() -> bool:
            ends = await self.watcher.end_offsets(partitions)
            try:
                done = await self.admin.list_consumer_group_offsets(self.names.group(GROUP))
            except KafkaError:
                return False
            return all(ends[p] == 0 or (p in done and done[p].offset == ends[p]) for p in partitions)

        await poll(lag, timeout, 0.2, "the group to have read everything")

    async def where_is(self, process: Process, number: str) -> httpx.Response:
        token = issue_local(self.secrets, "alice", ["agent"])
        async with asking.client() as client:
            return await client.get(f"{process.url}/v1/parcels/{number}", headers={"Authorization": f"Bearer {token}"})

    def expected(self, until: datetime | None = None) -> tuple[set[str], dict[str, bytes]]:
        """Ids of the messages, and the states, of a run in which every event is read once and in order."""
        fold, now = ParcelFold(RuleBook()), until or datetime.now(UTC)
        decided = decide(self.sent, {fold.key_of(e): None for e in self.sent}, fold, now)
        ids = {m.id for m in decided.messages}
        stored = {c.key: c.after.encode() for c in decided.changes if c.after is not None}
        if until is not None:
            fired, _ = decide_due([(0, key) for key in stored], stored, fold, now)
            ids |= {m.id for m in fired.messages}
            stored |= {c.key: c.after.encode() for c in fired.changes if c.after is not None}
        return ids, {key.decode(): decode(value).payload for key, value in stored.items()}


async def spawn(settings: dict[str, str], log: Path) -> Process:
    child = await children.start("tests.integration.routing_parcels.worker", settings, log)
    return Process(child, f"http://127.0.0.1:{settings['HTTP_PORT']}", log, settings)
