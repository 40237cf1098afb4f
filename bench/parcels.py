"""Parcel events per second through intake's Kafka path and routing's fold, at few and at a million open parcels.

The stores are filled before the processes start (a million parcels' real states, due index too); then scans of those
parcels are put into Kafka, and the clock stops when both groups have committed the last one.
"""

import asyncio
import random
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import murmur2

from bench.chain import Processes, make_topics
from bench.load import until
from bench.parcel_fold import BATCH, CITIES, ROUTE, number_of, templates
from services.routing.parcels.messages import ParcelFold
from services.routing.parcels.rules import RuleBook
from services.routing.parcels.wiring import GROUP
from shared.contracts import topics
from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.entry import Entry
from shared.messaging.partition_state.local import LocalState, Memory, advanced
from tools.stack import Stack

FEW, MANY = 10_000, 1_000_000
EVENTS = 40_000
PARTITIONS = topics.PARCEL_EVENTS.partitions
FLOOR_HOPS = ("intake", "routing")


async def measure(stack: Stack) -> dict[str, Any]:
    """The stack's services are stopped; those needed are started and stopped again."""
    results: dict[str, Any] = {}
    for name, parcels in (("few", FEW), ("many", MANY)):
        ours = await _ours(stack, parcels)
        floor = await _floor(stack, parcels, name)
        results[name] = {"open": parcels, "events": EVENTS, "ours_per_second": ours, "floor_per_second": floor}
    return results


async def _ours(stack: Stack, parcels: int) -> float:
    await asyncio.to_thread(fill, stack.layout.data / "routing-0" / "parcels", topics.PARCEL_STATE.name, parcels)
    for service in ("intake", "routing"):
        await asyncio.to_thread(stack.start, f"{service}-0")
        await asyncio.to_thread(stack.wait_ready, service)
    try:
        return await _timed(
            stack.info.kafka,
            topics.GATEWAY_PARCELS.name,
            parcels,
            [("intake-parcels", topics.GATEWAY_PARCELS.name), (GROUP, topics.PARCEL_EVENTS.name)],
        )
    finally:
        for service in ("intake", "routing"):
            await asyncio.to_thread(stack.stop, f"{service}-0")


async def _floor(stack: Stack, parcels: int, name: str) -> float:
    directory = stack.layout.data / "floor-parcels"
    await asyncio.to_thread(fill, directory, "floor", parcels)
    prefix = f"floor-{name}-"
    await make_topics(stack.info.kafka, [f"{prefix}gateway", f"{prefix}events", f"{prefix}state"])
    processes = Processes(
        {"KAFKA_BOOTSTRAP_SERVERS": stack.info.kafka, "FLOOR_PREFIX": prefix, "FLOOR_DIRECTORY": str(directory)}
    )
    for hop in FLOOR_HOPS:
        processes.start(hop, "-m", "bench.parcel_floor", hop)
    try:
        groups = [(f"{prefix}intake", f"{prefix}gateway"), (f"{prefix}routing", f"{prefix}events")]
        return await _timed(stack.info.kafka, f"{prefix}gateway", parcels, groups)
    finally:
        processes.end()


def fill(directory: Path, changelog: str, parcels: int) -> None:
    """A local copy per partition, as a routing process leaves it: states, due index, position."""
    shutil.rmtree(directory, ignore_errors=True)
    memory = Memory()
    stores = [LocalState(directory / str(n), changelog, memory) for n in range(PARTITIONS)]
    dice = random.Random(7)
    payloads = templates(ParcelFold(RuleBook()), dice, datetime.now(UTC))
    now = int(time.time() * 1e6)
    waiting: list[list[Change]] = [[] for _ in stores]
    for parcel in range(parcels):
        key = number_of(parcel).encode()
        due = now + dice.randrange(3600, 48 * 3600) * 1_000_000
        partition = partition_of(key)
        waiting[partition].append(Change(key, None, Entry(0, 6, due, due, payloads[parcel % len(payloads)])))
        if len(waiting[partition]) == BATCH:
            _write(stores[partition], waiting[partition])
            waiting[partition] = []
    for store, rest in zip(stores, waiting, strict=True):
        _write(store, rest)
        store.close()


def _write(store: LocalState, changes: Sequence[Change]) -> None:
    meta = advanced(store.meta, source_offset=-1, log_time=-1, changelog_next=0, saved_at=time.time())
    store.write(changes, meta)


@cache
def partition_of(key: bytes) -> int:
    return int((murmur2(key) & 0x7FFFFFFF) % PARTITIONS)


def scans(parcels: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """(tracking number, `data` of a parcel scan), spread over the open parcels."""
    dice = random.Random(parcels)
    start = datetime.now(UTC) - timedelta(minutes=10)
    for n in range(count):
        number = number_of(dice.randrange(parcels))
        place = dice.choice(CITIES)
        yield (
            number.encode(),
            orjson.dumps(
                {
                    "tracking_number": number,
                    "carrier": "sf",
                    "node": ROUTE[dice.randrange(1, 7)],
                    "occurred_at": (start + timedelta(milliseconds=n)).isoformat(),
                    "place": place,
                    "description": f"快件到达【{place}】，准备发往下一站",
                }
            ),
        )


async def _timed(bootstrap: str, topic: str, parcels: int, groups: Sequence[tuple[str, str]]) -> float:
    await _send(bootstrap, topic, list(scans(parcels, 500)), "warm")
    await _drained(bootstrap, groups)
    prepared = list(scans(parcels, EVENTS))
    started = time.time()
    await _send(bootstrap, topic, prepared, f"run{started}")
    await _drained(bootstrap, groups)
    return EVENTS / (time.time() - started)


async def _send(bootstrap: str, topic: str, records: Sequence[tuple[bytes, bytes]], label: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, max_batch_size=512 * 1024)
    await producer.start()
    try:
        by_partition: dict[int, list[tuple[int, bytes, bytes]]] = {}
        for n, (key, value) in enumerate(records):
            by_partition.setdefault(partition_of(key), []).append((n, key, value))
        at = datetime.now(UTC).isoformat().encode()
        common = [("ce_type", b"parcel.scan"), ("ce_source", b"bench"), ("ce_time", at)]
        for partition, group in by_partition.items():
            batch = producer.create_batch()
            for n, key, value in group:
                head = [*common, ("ce_id", f"{label}-{n}".encode())]
                if batch.append(key=key, value=value, timestamp=None, headers=head) is None:
                    await producer.send_batch(batch, topic, partition=partition)
                    batch = producer.create_batch()
                    batch.append(key=key, value=value, timestamp=None, headers=head)
            await producer.send_batch(batch, topic, partition=partition)
        await producer.flush()
    finally:
        await producer.stop()


async def _drained(bootstrap: str, groups: Sequence[tuple[str, str]]) -> None:
    """Until each group has committed the end of its topic, the first one first."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        for group, topic in groups:
            await until(_caught_up(admin, consumer, group, topic), 180, f"{group} at the end of {topic}")
    finally:
        await consumer.stop()
        await admin.close()


def _caught_up(
    admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, group: str, topic: str
) -> Callable[[], Awaitable[bool]]:
    partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]

    async def check() -> bool:
        ends = await consumer.end_offsets(partitions)
        done = await admin.list_consumer_group_offsets(group)
        return all(ends[p] == 0 or (p in done and done[p].offset >= ends[p]) for p in partitions)

    return check
