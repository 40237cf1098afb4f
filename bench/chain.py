"""Running a chain of processes and measuring it: contacts per second, latency, CPU per contact by process."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.load import quantile, send_all, send_at, until
from bench.sink import SinkClient
from tools.stack.layout import ROOT


@dataclass
class Chain:
    """Where contacts go in, where mails come out, and the processes in between (name → pid)."""

    name: str
    bootstrap: str
    topic: str
    sink: SinkClient
    pids: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Throughput:
    """Contacts per second from the first one's sending to the last one's mail; CPU µs per contact by process."""

    per_second: float
    contacts: int
    cpu_us: dict[str, float]


@dataclass(frozen=True)
class Latency:
    """Milliseconds from sending a contact to its mail, at `per_second` offered."""

    per_second: float
    p50_ms: float
    p99_ms: float
    contacts: int


async def throughput(chain: Chain, label: str, count: int, limit_s: float = 120) -> Throughput:
    await chain.sink.reset()
    before = cpu(chain.pids)
    started = await send_all(chain.bootstrap, chain.topic, label, count)

    async def all_there() -> bool:
        return await chain.sink.count(label) >= count

    await until(all_there, limit_s, f"{chain.name}: {count} mails")
    last = max(at for who, at in (await chain.sink.arrivals()).items() if who.startswith(f"{label}-"))
    after = cpu(chain.pids)
    used = {name: (after[name] - before[name]) * 1e6 / count for name in before}
    return Throughput(count / (last - started), count, used)


async def latency(chain: Chain, label: str, per_second: float, seconds: float) -> Latency:
    await chain.sink.reset()
    sent = await send_at(chain.bootstrap, chain.topic, label, per_second, seconds)

    async def all_there() -> bool:
        return await chain.sink.count(label) >= len(sent)

    await until(all_there, 60, f"{chain.name}: mails at {per_second:.0f}/s")
    arrived = await chain.sink.arrivals()
    took = [(arrived[who] - when) * 1000 for who, when in sent.items()]
    settled = took[len(took) // 10 :]
    return Latency(per_second, quantile(settled, 0.5), quantile(settled, 0.99), len(sent))


def cpu(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds used so far, user and system."""
    times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
    return {name: used.user + used.system for name, used in times.items()}


def memory_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Resident memory, in MB of 10^6 bytes."""
    return {name: psutil.Process(pid).memory_info().rss / 1e6 for name, pid in pids.items()}


async def make_topics(bootstrap: str, names: Sequence[str], partitions: int = 4) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1) for name in names])
    finally:
        await admin.close()


async def average_size(bootstrap: str, topic: str, sample: int = 200) -> int:
    """Bytes of a value in the topic, on average over a sample."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, p) for p in range(4)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        sizes: list[int] = []
        end = time.monotonic() + 10
        while len(sizes) < sample and time.monotonic() < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                sizes += [len(r.value or b"") for r in records]
        return int(sum(sizes) / len(sizes)) if sizes else 0
    finally:
        await consumer.stop()


class Processes:
    """Processes of our own, ended by their ids."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        self._children[name] = subprocess.Popen(
            [sys.executable, *arguments],
            env={**self._environment, **environment},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._children.items()}

    def end(self) -> None:
        for child in self._children.values():
            child.kill()
        for child in self._children.values():
            child.wait()
        self._children.clear()


async def warm(chain: Chain, label: str, count: int = 300) -> None:
    """Until the chain carries contacts at all, and its code is warm."""
    await throughput(chain, label, count)
    await asyncio.sleep(0.5)
