"""Processes of the tally service, records for it, and what it left behind."""

import asyncio
import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from motor.motor_asyncio import AsyncIOMotorClient

from shared.contracts.topics import DEAD_LETTERS, MAX_RECORD_BYTES
from tests.integration import children, running
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.messaging.tally import AMOUNT, AMOUNTS, TOTALS
from tests.integration.polling import poll
from tools.stack.ports import free_port

PARTITIONS = 4
Raw = tuple[str | None, bytes | None, list[tuple[str, bytes | None]]]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Process(running.Process):
    """One tally process, which may kill itself; `marker` tells whether it did."""

    environment: dict[str, str] = field(default_factory=dict)

    async def ready(self) -> bool:
        return not self.ended and await super().ready()

    async def health(self) -> dict[str, Any]:
        body: dict[str, Any] = (await self.get("/health/ready")).json()
        return body

    def signal(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    @property
    def ended(self) -> bool:
        return self.child.returncode is not None


@dataclass
class Bench:
    """A fresh set of topics, a group and a database, and the processes on them."""

    infra: Infra
    names: FreshNames
    directory: Path
    processes: list[Process] = field(default_factory=list)
    admin: Any = None
    watcher: Any = None

    @property
    def prefix(self) -> str:
        return self.names.prefix

    async def open(self) -> None:
        """Create the topics, and keep one admin client and one consumer to look at them."""
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.infra.kafka)
        await self.admin.start()
        counts = ((AMOUNTS, PARTITIONS), (TOTALS, PARTITIONS), (DEAD_LETTERS, 1))
        await self.admin.create_topics([NewTopic(self.prefix + t.name, n, 1) for t, n in counts])
        self.watcher = AIOKafkaConsumer(
            bootstrap_servers=self.infra.kafka,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=2 * MAX_RECORD_BYTES,
        )
        await self.watcher.start()

    async def close(self) -> None:
        await self.stop()
        await self.watcher.stop()
        await self.admin.close()

    async def start(self, **environment: str) -> Process:
        port = free_port()
        settings = {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            **self.names.environment,
            "HTTP_PORT": str(port),
            "INSTANCE": f"tally-{len(self.processes)}",
            "BATCH_RECORDS": "100",
            **environment,
        }
        log = self.directory / f"tally-{len(self.processes)}.log"
        process = await self._spawn(settings, log)
        self.processes.append(process)
        return process

    async def restart(self, process: Process) -> None:
        """As the supervisor does when a process has ended."""
        fresh = await self._spawn(process.environment, process.log)
        process.child = fresh.child

    async def _spawn(self, settings: dict[str, str], log: Path) -> Process:
        child = await children.start("tests.integration.messaging.tally", settings, log)
        return Process(child, f"http://127.0.0.1:{settings['HTTP_PORT']}", log, settings)

    async def supervise(self) -> None:
        """Restart every process that ended; returns when cancelled."""
        while True:
            for process in self.processes:
                if process.ended:
                    await self.restart(process)
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        for process in self.processes:
            if not process.ended:
                process.signal(signal.SIGCONT)
                process.signal(signal.SIGKILL)
                await process.child.wait()

    async def send(self, records: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """(event id, account, value) each, as CloudEvents."""
        await self.send_raw([(account, json.dumps(value).encode(), headers(i)) for i, account, value in records])

    async def send_raw(self, records: Sequence[Raw]) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.infra.kafka, acks="all", max_request_size=2 * MAX_RECORD_BYTES
        )
        await producer.start()
        try:
            futures = [
                await producer.send(self.prefix + AMOUNTS.name, value, key=key.encode() if key else None, headers=head)
                for key, value, head in records
            ]
            await asyncio.gather(*futures)
        finally:
            await producer.stop()

    async def read(self, topic: str) -> list[Any]:
        """Every record that the topic holds now."""
        count = 1 if topic == DEAD_LETTERS.name else PARTITIONS
        partitions = [TopicPartition(self.prefix + topic, p) for p in range(count)]
        self.watcher.assign(partitions)
        ends = await self.watcher.end_offsets(partitions)
        await self.watcher.seek_to_beginning(*partitions)
        records: list[Any] = []
        while any([await self.watcher.position(p) < ends[p] for p in partitions]):
            for batch in (await self.watcher.getmany(timeout_ms=200)).values():
                records += batch
        return records

    async def accounts(self) -> dict[str, dict[str, Any]]:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.infra.mongo_url, tz_aware=True)
        try:
            rows = client[f"{self.names.prefix}tally"]["accounts"].find()
            return {row["_id"]: row async for row in rows}
        finally:
            client.close()

    async def lag(self) -> int:
        """Records of the amounts topic that the group has not committed."""
        name = self.prefix + AMOUNTS.name
        partitions = [TopicPartition(name, p) for p in range(PARTITIONS)]
        ends = await self.watcher.end_offsets(partitions)
        done = await self.admin.list_consumer_group_offsets(self.prefix + "tally")
        return sum(ends[p] - (done[p].offset if p in done and done[p].offset > 0 else 0) for p in partitions)

    async def rewind(self) -> None:
        """Set the group's offsets back to the beginning of every partition (no member may be alive)."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.infra.kafka, group_id=self.prefix + "tally", enable_auto_commit=False
        )
        name = self.prefix + AMOUNTS.name
        await consumer.start()
        try:
            partitions = [TopicPartition(name, p) for p in range(PARTITIONS)]
            consumer.assign(partitions)

            async def accepted() -> bool:
                try:
                    await consumer.commit(dict.fromkeys(partitions, 0))
                except KafkaError:
                    return False
                return True

            await poll(accepted, 30, what="the dead member's session to end")
        finally:
            await consumer.stop()

    async def drained(self, timeout: float = 60) -> None:
        async def done() -> bool:
            try:
                return await self.lag() == 0
            except GroupCoordinatorNotAvailableError:
                return False  # a fresh broker is still making its offsets topic

        await poll(done, timeout)


def headers(event_id: str) -> list[tuple[str, bytes | None]]:
    return [
        ("ce_id", event_id.encode()),
        ("ce_type", AMOUNT.encode()),
        ("ce_source", b"test"),
        ("ce_time", NOW.isoformat().encode()),
    ]


def unique_outputs(records: Sequence[Any]) -> dict[str, int]:
    """Outputs by ce_id: how often each stands in the topic."""
    counts: dict[str, int] = {}
    for record in records:
        event_id = dict(record.headers)["ce_id"].decode()
        counts[event_id] = counts.get(event_id, 0) + 1
    return counts
