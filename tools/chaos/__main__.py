"""`make chaos`: a stack of its own, load, kills, rest, judgement (var/chaos.json); fails where anything is lost."""

import asyncio
import json
import logging
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from demo.crew import HTTP
from demo.gateways.fleet import Fleet, Gateway
from demo.gateways.http import HttpGateway, read_secrets
from demo.gateways.kafka import KafkaGateway
from demo.invariants.finding import Evidence
from demo.ledger import Ledger
from demo.seen.providers import arrivals, statement
from demo.seen.topics import TopicReader
from demo.sending import Route, Sending
from shared.http_client import HttpClient
from tools.chaos.blows import Striker
from tools.chaos.chronicle import TOPICS, Chronicle
from tools.chaos.drain import Drain
from tools.chaos.plan import Strike, strikes
from tools.chaos.probes import Prober
from tools.chaos.report import Run, tables
from tools.chaos.traffic import Author, Traffic, traffic
from tools.chaos.verdict import Case, judge
from tools.stack import Stack
from tools.stack.catalogue import SERVICES
from tools.stack.layout import VAR

PROCESSES = 2
FROZEN = 2
WEB_CONNECTIONS = 48
KAFKA_SENDERS = 24
PATIENCE_S = 40.0
REST_S = 180.0
BEGINS_AFTER_S = 1.0

console = Console(stderr=True, highlight=False)
app = typer.Typer(add_completion=False, help=__doc__)


class Stage:
    """A running stack with its gateways and its observer."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.stack = stack
        self.info = stack.info
        self.rng = random.Random(seed + 1)  # noqa: S311 - chance that can be repeated is wanted
        self.run = f"{int(time.time()):x}"
        self.ledger = Ledger()
        self.chronicle = Chronicle()
        self.reader = TopicReader(self.info.kafka, "", self.chronicle, TOPICS)
        self.client = HttpClient(HTTP, "ParcelCare-chaos/1")
        self.secrets = read_secrets(self.info.secrets_dir)

    def web(self) -> HttpGateway:
        urls = [one.url for one in self.info.services["intake"]]
        gateway = HttpGateway(Route.WEB, self.client, urls, self.secrets, self.rng)
        gateway.turn = self.rng.randrange(len(urls))
        return gateway

    async def fleet(self, kafka: KafkaGateway) -> Fleet:
        by_kafka = [kafka] * KAFKA_SENDERS
        workers: dict[Route, Sequence[Gateway]] = {
            Route.WEB: [self.web() for _ in range(WEB_CONNECTIONS)],
            Route.CONTACTS_TOPIC: by_kafka,
            Route.PARCELS_TOPIC: by_kafka,
        }
        return Fleet(workers, self.ledger, self.rng)

    async def evidence(self) -> Evidence:
        assert self.info.payment
        assert self.info.mail_catcher
        assert self.info.webhook_sink
        return Evidence(
            ledger=self.ledger,
            seen=self.chronicle,
            statement=await statement(self.client, self.info.payment.url, self.info.secrets_dir),
            mails=await arrivals(self.client, self.info.mail_catcher.url, "messages"),
            webhooks=await arrivals(self.client, self.info.webhook_sink.url, "webhooks"),
        )


def never() -> bool:
    return False


async def offer(
    fleet: Fleet, sendings: tuple[Sending, ...], began: datetime, started: float, enough: Callable[[], bool]
) -> None:
    """Submit each at its moment, until there were enough."""
    for sending in sendings:
        due = started + (sending.at - began).total_seconds()
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if enough():
            return
        fleet.submit(sending)


async def perform(
    stage: Stage,
    plan: tuple[Strike, ...],
    seed: int,
    seconds: float,
    per_second: float,
    enough: Callable[[], bool] = never,
) -> Run:
    """Load for `seconds`, less where `enough` says so; the strikes of the plan; rest; judgement."""
    reading = asyncio.create_task(stage.reader.run())
    kafka = KafkaGateway(stage.info.kafka, "")
    await kafka.start()
    fleet = await stage.fleet(kafka)
    prober = Prober(stage.web(), stage.ledger, stage.rng, stage.run, stage.info.secrets_dir)
    striker = Striker(stage.stack, prober, lambda line: console.print(f"· {line}"))
    try:
        author = Author(seed, stage.run, datetime.now(UTC))
        offered = traffic(author, seconds, per_second)
        await deliver_first(fleet, offered)
        started = time.monotonic() + BEGINS_AFTER_S
        console.print(f"· {len(offered.during):,} deliveries in {seconds:.0f} s, {len(plan)} strikes")
        await asyncio.gather(offer(fleet, offered.during, author.starts, started, enough), striker.run(plan, started))
        await finish(fleet, prober)
        return await conclude(stage, striker, offered, seed, seconds, fleet)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await fleet.close()
        await kafka.close()
        await stage.client.close()


async def deliver_first(fleet: Fleet, offered: Traffic) -> None:
    for sending in offered.before:
        fleet.submit(sending)
    await fleet.delivered()


async def finish(fleet: Fleet, prober: Prober) -> None:
    """Until everything offered has its answer; where nothing moves for PATIENCE_S, gateways give up."""
    await fleet.all_answered(PATIENCE_S)
    prober.impatient = True
    await prober.finished()


async def conclude(stage: Stage, striker: Striker, offered: Traffic, seed: int, seconds: float, fleet: Fleet) -> Run:
    console.print("· waiting until everything is at rest")
    drain, since = Drain(stage.info, stage.reader), time.monotonic()
    rested = await drain.wait(REST_S)
    took = time.monotonic() - since
    verdict = judge(Case(offered, stage.chronicle, await stage.evidence()))
    contacts = sum(sending.contact is not None for sending in offered.during)
    return Run(
        seed=seed,
        seconds=seconds,
        offered=contacts + sum(one.sent for one in striker.done),
        retries=fleet.ledger.counts["retries"],
        probed=striker.done,
        case_seen_at=stage.chronicle.case_seen_at,
        drained_s=round(took, 1) if rested else None,
        still=drain.why,
        verdict=verdict,
    )


@app.command()
def main(
    seconds: Annotated[float, typer.Option(help="How long the load lasts.")] = 90.0,
    rate: Annotated[float, typer.Option(help="Contacts per second.")] = 40.0,
    kills: Annotated[int, typer.Option(help="Kills of services; each of their processes at least once.")] = 20,
    seed: Annotated[int, typer.Option(help="Another seed is another sequence.")] = 7,
    directory: Annotated[str, typer.Option("--dir", help="State directory of the stack.")] = "var/chaos",
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up afterwards.")] = False,
) -> None:
    """Exits with 1 where anything was lost or doubled, or the run proved nothing."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is gone is no news here
    instances = [f"{name}-{number}" for name in SERVICES for number in range(PROCESSES)]
    plan = strikes(seed, seconds, kills, instances, ("kafka", "mongod"), FROZEN)
    console.print("· starting two processes of every service")
    stack = Stack.up(directory, scale=dict.fromkeys(SERVICES, PROCESSES), clean=True)
    try:
        run = asyncio.run(perform(Stage(stack, seed), plan, seed, seconds, rate))
    finally:
        if not keep:
            stack.down()
    (VAR / "chaos.json").write_text(json.dumps(run.document(), indent=2, ensure_ascii=False) + "\n")
    for table in tables(run):
        Console(width=None if sys.stdout.isatty() else 150).print(table)
    raise typer.Exit(0 if run.good else 1)


if __name__ == "__main__":
    app()
