"""The conductor: plays the day on a system that is up, waits for its end, and has it judged."""

import asyncio
import random
import resource
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from rich.console import Console

from demo import crew as crews
from demo.addresses import addresses
from demo.crew import Crew
from demo.ending import drained, judged
from demo.invariants import Verdict
from demo.ledger import Ledger
from demo.live import LiveView
from demo.morning import Options
from demo.parcels import CHINA
from demo.schedule import Timetable
from demo.score import score
from demo.seen.lag import caught_up
from demo.seen.observations import Observations
from demo.seen.topics import TopicReader
from demo.sending import Sending
from demo.summary import Summary, summary
from shared.clock import Clock
from tools.stack import Stack

log = structlog.get_logger()

LAST_ANSWERS_S = 45.0
REFRESH_S = 0.25
FIRST_STEP_S = 0.5
NIGHT_S = 30.0


@dataclass(frozen=True)
class Played:
    """What became of the day, for the table and for var/demo.json."""

    summary: Summary
    verdict: Verdict
    behind: dict[str, int]
    counts: dict[str, int]
    addresses: dict[str, str]
    timings: dict[str, float]
    options: Options

    @property
    def holds(self) -> bool:
        return self.verdict.holds

    def as_json(self) -> dict[str, Any]:
        sizes = self.options.sizes
        return {
            "options": {
                "seconds": self.options.seconds,
                "seed": self.options.seed,
                "customers": sizes.customers,
                "contacts": sizes.contacts,
                "scans": sizes.scans,
            },
            "timings": self.timings,
            "behind": self.behind,
            "people": self.counts,
            "addresses": self.addresses,
        }


@asynccontextmanager
async def background(*works: Any) -> AsyncIterator[None]:
    """Runs the works beside what follows; an error of one of them is logged, not swallowed."""
    tasks = [asyncio.create_task(work) for work in works]
    for task in tasks:
        task.add_done_callback(_report)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("demo_part_failed", error=f"{type(error).__name__}: {error}", exc_info=error)


async def keep_refreshing(view: LiveView) -> None:
    while True:
        view.refresh()
        await asyncio.sleep(REFRESH_S)


async def play_today(today: Sequence[Sending], crew: Crew) -> None:
    """Hands each sending to its gateway at its moment."""
    clock, began = crew.clock, crew.clock.began()
    assert began
    assert clock.anchor_sim
    for number, sending in enumerate(today):
        due = began.timestamp() + clock.real_seconds(sending.at - clock.anchor_sim)
        wait = due - time.time()
        if wait > 0.001 or number % 200 == 0:
            await asyncio.sleep(max(0.0, wait))
        crew.fleet.submit(sending)


async def until(moment: datetime, clock: Clock) -> None:
    began = clock.began()
    assert began
    assert clock.anchor_sim
    due = began.timestamp() + clock.real_seconds(moment - clock.anchor_sim)
    await asyncio.sleep(max(0.0, due - time.time()))


async def play(stack: Stack, plan: Timetable, options: Options, console: Console) -> Played:
    clock, prefix, run = stack.info.clock.clock, options.prefix, options.run
    ledger, seen = Ledger(), Observations(prefix=prefix)
    reader = TopicReader(stack.info.kafka, prefix, seen)
    crew = await crews.assemble(stack.info, clock, ledger, random.Random(f"{options.seed}/{run}"), prefix)
    title = f"ParcelCare · {plan.day.opens.astimezone(CHINA):%Y-%m-%d} · {options.seconds:.0f} s = 16 h"

    def look() -> tuple[Any, Any]:
        return score(ledger, seen, plan.day, clock.now(), crew.fleet.waiting), seen.happenings

    timings: dict[str, float] = {}
    try:
        with LiveView(console, title, look) as view:
            async with background(reader.run(), keep_refreshing(view)):
                await the_night_before(plan, crew, stack, prefix, view, timings)
                await the_day(plan, crew, seen, view, run, timings)
                behind = await the_evening(stack, prefix, crew, reader, view, timings)
                verdict = await judged(stack.info, crew.http, ledger, reader, all_arrived=not behind)
                view.say("")
                view.refresh()
        shown = dict(await addresses(crew.http, stack.info, seen))
    finally:
        await crew.close()
    return Played(summary(ledger, seen), verdict, behind, dict(crew.counts), shown, timings, options)


async def the_night_before(
    plan: Timetable, crew: Crew, stack: Stack, prefix: str, view: LiveView, timings: dict[str, float]
) -> None:
    """The day begins when all is known of the days before, as a desk's morning does."""
    view.say(f"载入前两天的轨迹 · loading the scans of the days before ({len(plan.history):,})")
    started = time.monotonic()
    for sending in plan.history:
        crew.fleet.submit(sending)
    await crew.fleet.delivered()
    await caught_up(stack.info.kafka, prefix, NIGHT_S)
    timings["history_s"] = round(time.monotonic() - started, 1)


async def the_day(
    plan: Timetable, crew: Crew, seen: Observations, view: LiveView, run: str, timings: dict[str, float]
) -> None:
    agents, deciders, customers = crews.agents(crew), crews.adjudicators(crew), crews.customers(crew, plan, run)
    view.say(
        f"{len(agents)} 名坐席、{len(deciders)} 名理赔专员上班"
        f" · {len(agents)} agents, {len(deciders)} adjudicators at work"
    )
    seen.bells |= {agent.name: agent.stirred.set for agent in agents}
    works = [*(agent.run() for agent in agents), *(one.run() for one in deciders)]
    works += [crews.lead(crew).run(), customers.run()]
    crew.clock.begin(datetime.now(UTC) + timedelta(seconds=FIRST_STEP_S))
    await until(plan.day.opens, crew.clock)
    cpu, started = used_cpu_s(), time.monotonic()
    async with background(*works):
        await play_today(plan.today, crew)
        await until(plan.day.closes, crew.clock)
    elapsed = time.monotonic() - started
    timings["day_s"] = round(elapsed, 1)
    timings["generator_cpu_share"] = round((used_cpu_s() - cpu) / elapsed, 3)


async def the_evening(
    stack: Stack, prefix: str, crew: Crew, reader: TopicReader, view: LiveView, timings: dict[str, float]
) -> dict[str, int]:
    view.say("收工：等待最后的投递得到应答 · waiting for the last deliveries to be answered")
    started = time.monotonic()
    await crew.fleet.all_answered(LAST_ANSWERS_S)
    behind = await drained(stack.info, prefix, reader, view.say if view.live else lambda _: None)
    timings["drained_s"] = round(time.monotonic() - started, 1)
    return behind


def used_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
