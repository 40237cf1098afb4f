"""Intake's edges, one process of it: signed webhooks, mails and parcel pushes per second until Kafka has them, each in
turns with a bare handler that does the same for the bytes alone (`python -m bench.intake` measures only this part)."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
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
from bench.ports import free_port
from bench.report import edge_rows
from services.intake.gateways import RULES
from shared.contracts.topics import ensure
from tools import secret_files
from tools.stack import Stack
from tools.stack.layout import ROOT

KINDS = ("web", "mail", "kuaidi100")
ROUNDS = 3
SECONDS = 2.0
WARM_SECONDS = 0.7
PREFIX = "edges-"
FLOOR_TOPIC = f"{PREFIX}floor"
AT_REST = 0.15
"""CPU use below which a process has nothing left to do from the last round: intake its archive, Kafka its log."""


@dataclass(frozen=True)
class Server:
    """One of the two that are compared, and where it listens."""

    name: str
    pid: int
    http: int
    smtp: int

    def port(self, kind: str) -> int:
        return self.smtp if kind == "mail" else self.http


async def measure(stack: Stack) -> dict[str, Any]:
    """By kind: the best round of either, CPU µs per delivery in it, and whether anything was refused."""
    async with _servers(stack) as servers:
        results: dict[str, Any] = {}
        for kind in KINDS:
            rounds: dict[str, list[dict[str, Any]]] = {server.name: [] for server in servers}
            for server in servers:
                await _round(server, kind, WARM_SECONDS, stack)
            for _ in range(ROUNDS):
                for server in servers:
                    rounds[server.name].append(await _round(server, kind, SECONDS, stack))
            results[kind] = {name: max(r, key=lambda one: float(one["per_second"])) for name, r in rounds.items()}
        return results


async def _round(server: Server, kind: str, seconds: float, stack: Stack) -> dict[str, Any]:
    pids = {server.name: server.pid, "kafka": stack.pid("kafka")}
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
async def _servers(stack: Stack) -> AsyncIterator[tuple[Server, Server]]:
    secret_files.ensure(_secrets(stack))
    await ensure(stack.info.kafka, PREFIX)
    await _floor_topic(stack.info.kafka)
    processes = Processes({})
    ours, floor = (free_port(), free_port()), (free_port(), free_port())
    try:
        for name, (http, smtp), module in (
            ("ours", ours, "services.intake"),
            ("floor", floor, "bench.intake_floor"),
        ):
            processes.start(name, "-m", module, **_environment(stack, http, smtp))
        servers = (Server("ours", processes.pids["ours"], *ours), Server("floor", processes.pids["floor"], *floor))
        for server in servers:
            await until(partial(_listens, server), 60, f"{server.name} to listen")
        yield servers
    finally:
        processes.end()


def _environment(stack: Stack, http: int, smtp: int) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": stack.info.kafka,
        "MONGO_URL": stack.info.mongo,
        "SECRETS_DIR": str(_secrets(stack)),
        "STATE_DIR": str(stack.layout.data / "edges"),
        "GATEWAYS_FILE": str(_without_rates(stack.layout.data / "edges-gateways.yaml")),
        "TOPIC_PREFIX": PREFIX,
        "GROUP_PREFIX": PREFIX,
        "DATABASE_PREFIX": PREFIX,
        "FLOOR_TOPIC": FLOOR_TOPIC,
        "HTTP_PORT": str(http),
        "SMTP_PORT": str(smtp),
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


async def _listens(server: Server) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            ready = await client.get(f"http://127.0.0.1:{server.http}/health/ready", timeout=5)
        _, writer = await asyncio.open_connection("127.0.0.1", server.smtp)
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
