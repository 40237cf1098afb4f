"""Intake's edges, one process of it: signed webhooks, mails and parcel pushes per second until Kafka has them, each in
turns with a bare handler that does the same for the bytes alone (`python -m bench.intake` measures only this part).

Twice: as a process that does all of intake's work, and as one that only takes in, beside another that reads.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from rich.console import Console
from rich.table import Table

from bench.chain import Processes, cpu
from bench.load import until
from bench.report import EDGES, PROCESSES, edge_rows
from services.intake.gateways import RULES
from shared.contracts.topics import ensure
from tools import secret_files
from tools.stack import Stack
from tools.stack.layout import ROOT
from tools.stack.ports import free_port

ROUNDS = 3
SECONDS = 2.0
WARM_SECONDS = 0.7
FLOOR_TOPIC = "edges-floor"
AT_REST = 0.15
"""CPU use below which a process has nothing left to do from the last round: intake its archive, Kafka its log."""


@dataclass(frozen=True)
class Server:
    """One of those that are compared, and where it listens; `pids`: whose work a delivery to it is."""

    name: str
    pids: Mapping[str, int]
    http: int
    smtp: int

    def port(self, kind: str) -> int:
        return self.smtp if kind == "mail" else self.http


async def measure(stack: Stack) -> dict[str, Any]:
    """By kind: the best round of either, CPU µs per delivery in it, and whether anything was refused."""
    async with _servers(stack) as servers:
        results: dict[str, Any] = {}
        for kind in EDGES:
            rounds: dict[str, list[dict[str, Any]]] = {server.name: [] for server in servers}
            for server in servers:
                await _round(server, kind, WARM_SECONDS, stack)
            for _ in range(ROUNDS):
                for server in servers:
                    rounds[server.name].append(await _round(server, kind, SECONDS, stack))
            results[kind] = {name: max(r, key=lambda one: float(one["per_second"])) for name, r in rounds.items()}
        return results


async def _round(server: Server, kind: str, seconds: float, stack: Stack) -> dict[str, Any]:
    pids = {**server.pids, "kafka": stack.pid("kafka")}
    await _rest(pids)
    before = cpu(pids)
    load = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.intake_load", kind, str(server.port(kind)), str(seconds)),
        env={**os.environ, "SECRETS_DIR": str(_secrets(stack))},
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        output, _ = await asyncio.wait_for(load.communicate(), seconds + 20)
    finally:
        if load.returncode is None:
            load.kill()
    after = cpu(pids)
    figures: dict[str, Any] = json.loads(output)
    if not figures["taken"]:
        raise RuntimeError(f"{server.name} took no {kind}: {figures['refused']}")
    used = {name: (after[name] - before[name]) * 1e6 / figures["taken"] for name in pids}
    return {**figures, "cpu_us": used}


async def _rest(pids: Mapping[str, int]) -> None:
    """Until the last round's work is done, or it is clear that the machine is never at rest."""
    end = time.monotonic() + 4
    while time.monotonic() < end:
        before = cpu(pids)
        await asyncio.sleep(0.3)
        if all(used - before[name] < AT_REST * 0.3 for name, used in cpu(pids).items()):
            return


def _secrets(stack: Stack) -> Path:
    return stack.layout.directory / "edges-secrets"


@asynccontextmanager
async def _servers(stack: Stack) -> AsyncIterator[Sequence[Server]]:
    secret_files.ensure(_secrets(stack))
    await _floor_topic(stack.info.kafka)
    for name in PROCESSES:
        await ensure(stack.info.kafka, _prefix(name))
    processes = Processes({})
    try:
        servers = [
            await _started(processes, stack, "ours"),
            await _started(processes, stack, "edge", behind="reader"),
            await _started(processes, stack, "floor", "bench.intake_floor"),
        ]
        yield servers
    finally:
        processes.end()


async def _started(
    processes: Processes, stack: Stack, name: str, module: str = "services.intake", behind: str = ""
) -> Server:
    """With topics and a database of its own; the process `behind` it reads what it leaves to others."""
    http, smtp = free_port(), free_port()
    names = {name: (http, smtp, "false" if behind else "true")}
    if behind:
        names[behind] = (free_port(), free_port(), "true")
    for one, (http_port, smtp_port, consume) in names.items():
        environment = {"INSTANCE": one, "CONSUME": consume, "HTTP_PORT": str(http_port), "SMTP_PORT": str(smtp_port)}
        processes.start(one, "-m", module, **_environment(stack, _prefix(name)), **environment)
        await until(partial(_listens, http_port, smtp_port), 60, f"{one} to listen")
    return Server(name, {one: processes.pids[one] for one in names}, http, smtp)


def _prefix(name: str) -> str:
    return f"edges-{name}-"


def _environment(stack: Stack, prefix: str) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": stack.info.kafka,
        "MONGO_URL": stack.info.mongo,
        "SECRETS_DIR": str(_secrets(stack)),
        "STATE_DIR": str(stack.layout.data / "edges"),
        "GATEWAYS_FILE": str(_without_rates(stack.layout.data / "edges-gateways.yaml")),
        "TOPIC_PREFIX": prefix,
        "GROUP_PREFIX": prefix,
        "DATABASE_PREFIX": prefix,
        "FLOOR_TOPIC": FLOOR_TOPIC,
        "LOG_LEVEL": "WARNING",
    }


def _without_rates(file: Path) -> Path:
    """The gateways as they are, each with an agreed rate that is out of reach: it is still counted."""
    rules = yaml.safe_load((RULES / "gateways.yaml").read_text("utf-8"))
    for gateway in rules["gateways"]:
        if "rate" in gateway:
            gateway["rate"] = {"per_second": 1_000_000, "burst": 1_000_000}
    file.write_text(yaml.safe_dump(rules, allow_unicode=True), "utf-8")
    return file


async def _floor_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if FLOOR_TOPIC not in await admin.list_topics():
            await admin.create_topics([NewTopic(FLOOR_TOPIC, 4, 1)])
    finally:
        await admin.close()


async def _listens(http: int, smtp: int) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            ready = await client.get(f"http://127.0.0.1:{http}/health/ready", timeout=5)
        _, writer = await asyncio.open_connection("127.0.0.1", smtp)
    except (httpx.HTTPError, OSError):
        return False
    writer.close()
    return ready.status_code in (200, 404)


async def alone() -> dict[str, Any]:
    stack = await asyncio.to_thread(Stack.up, Path("var/bench-edges"), services=False, clean=True)
    try:
        return await measure(stack)
    finally:
        await asyncio.to_thread(stack.down)


def main() -> int:
    results = asyncio.run(alone())
    Path("var/bench-edges.json").write_text(json.dumps(results, indent=2))
    table = Table("measure", "ours", "floor in the same run", "ratio (target)")
    for row in edge_rows(results):
        table.add_row(*row)
    Console(width=110).print(table, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
