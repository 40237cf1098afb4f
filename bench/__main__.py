"""`make bench`: contacts, latency, parcels, edges, memory, each beside its floor in the run (var/bench.json)."""

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import intake, parcels
from bench.chain import (
    Chain,
    Processes,
    average_size,
    latency,
    make_topics,
    memory_mb,
    throughput,
    warm,
)
from bench.floor import HOPS, TOPICS
from bench.obvious import PREFIX
from bench.report import table
from bench.sink import SinkClient
from shared.contracts import topics
from tools.stack import Stack
from tools.stack.catalogue import SERVICES
from tools.stack.ports import free_port

CONTACTS = 4000
OBVIOUS_CONTACTS = 200
LATENCY_SECONDS = 12.0
DIRECTORY = Path("var/bench")
console = Console(stderr=True)


async def ours(stack: Stack, sink: SinkClient) -> dict[str, Any]:
    pids = {one.instance: one.pid for group in stack.info.services.values() for one in group}
    pids |= {"mongod": stack.pid("mongod"), "kafka": stack.pid("kafka")}
    chain = Chain("parcelcare", stack.info.kafka, topics.GATEWAY_CONTACTS.name, sink, pids)
    await warm(chain, "warm")
    best = max([await throughput(chain, f"run{n}", CONTACTS) for n in range(2)], key=lambda t: t.per_second)
    half = await latency(chain, "half", best.per_second / 2, LATENCY_SECONDS)
    memory = {name: mb for name, mb in memory_mb(pids).items() if name not in ("mongod", "kafka")}
    return {"throughput": asdict(best), "latency": asdict(half), "memory_mb": memory}


async def message_sizes(bootstrap: str) -> dict[str, int]:
    """The floor carries messages as large as ours."""
    return {
        "interactions": await average_size(bootstrap, topics.INTERACTIONS.name),
        "cases": await average_size(bootstrap, topics.CASES.name),
        "views": await average_size(bootstrap, topics.CASES.name),
        "requests": await average_size(bootstrap, topics.NOTICE_REQUESTS.name),
    }


async def floor(stack: Stack, sink: SinkClient, sizes: dict[str, int]) -> dict[str, Any]:
    await make_topics(stack.info.kafka, [f"floor-{name}" for name in TOPICS])
    processes = Processes({**addresses(stack), "SINK_PORT": str(sink.port), "FLOOR_SIZES": json.dumps(sizes)})
    for name in HOPS:
        processes.start(name, "-m", "bench.floor", name)
    try:
        pids = {**processes.pids, "mongod": stack.pid("mongod"), "kafka": stack.pid("kafka")}
        chain = Chain("floor", stack.info.kafka, "floor-contacts", sink, pids)
        await warm(chain, "floor-warm")
        best = max([await throughput(chain, f"floor{n}", CONTACTS) for n in range(2)], key=lambda t: t.per_second)
        half = await latency(chain, "floor-half", best.per_second / 2, LATENCY_SECONDS / 2)
        return {"throughput": asdict(best), "latency": asdict(half)}
    finally:
        processes.end()


async def obvious(stack: Stack, sink: SinkClient) -> dict[str, Any]:
    names = ("contacts", "interactions", "cases", "requests", "sent")
    await make_topics(stack.info.kafka, [PREFIX + name for name in names])
    processes = Processes({**addresses(stack), "SINK_PORT": str(sink.port)})
    for name in ("intake", "routing", "notify", "send"):
        processes.start(name, "-m", "bench.obvious", name)
    try:
        chain = Chain("obvious", stack.info.kafka, f"{PREFIX}contacts", sink, {})
        await warm(chain, "obvious-warm", 20)
        return {"throughput": asdict(await throughput(chain, "obvious", OBVIOUS_CONTACTS))}
    finally:
        processes.end()


def addresses(stack: Stack) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP_SERVERS": stack.info.kafka, "MONGO_URL": stack.info.mongo}


def environment(sink: SinkClient) -> dict[str, str]:
    """Mail goes to the sink. Business time runs at a fiftieth: no agent works here, and a chat whose 30 s ran out
    would bring warnings and escalations among the contacts that are counted; the floor knows no time limits."""
    now = datetime.now(UTC).isoformat()
    slow = {"CLOCK_RATE": "0.02", "CLOCK_ANCHOR_REAL": now, "CLOCK_ANCHOR_SIM": now}
    return {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(sink.port), **slow}


async def measure() -> dict[str, Any]:
    sink = SinkClient(free_port())
    own = Processes({})
    own.start("sink", "-m", "bench.sink", str(sink.port))
    console.print("starting the stack …")
    stack = await asyncio.to_thread(Stack.up, DIRECTORY, clean=True, env=environment(sink))
    try:
        console.print("contacts through all hops …")
        results: dict[str, Any] = {"at": datetime.now(UTC).isoformat(), "ours": await ours(stack, sink)}
        console.print(results["ours"])
        for name in SERVICES:
            await asyncio.to_thread(stack.stop, f"{name}-0")
        console.print("the floor and the obvious way …")
        results["sizes"] = await message_sizes(stack.info.kafka)
        results["floor"] = await floor(stack, sink, results["sizes"])
        results["obvious"] = await obvious(stack, sink)
        console.print(results["floor"], results["obvious"])
        console.print("parcel events …")
        results["parcels"] = await parcels.measure(stack)
        console.print(results["parcels"], "intake's edges …")
        results["edges"] = await intake.measure(stack)
        return results
    finally:
        own.end()
        await asyncio.to_thread(stack.down)


def main() -> int:
    results = asyncio.run(measure())
    Path("var/bench.json").write_text(json.dumps(results, indent=2))
    text, good = table(results)
    Console(width=110).print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
