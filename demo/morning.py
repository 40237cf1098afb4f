"""Before the day: the options, the system brought up, and meanwhile the timetable drawn."""

import asyncio
import gc
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from demo.calendar_day import clock_for, day_of, workday
from demo.parcels import CHINA
from demo.schedule import Sizes, Timetable, timetable
from demo.targets import write_rules
from tools.stack import Stack
from tools.stack.layout import layout_of


@dataclass(frozen=True)
class Options:
    """`run` keeps the ids of two runs apart; the same seed draws the same day."""

    seconds: float = 150.0
    sizes: Sizes = field(default_factory=Sizes)
    seed: int = 1
    directory: str | None = None
    run: str = field(default_factory=lambda: secrets.token_hex(3))

    @property
    def prefix(self) -> str:
        """On clusters that are not ours alone, a day keeps to topics, groups and databases of its own."""
        shared = {"KAFKA_BOOTSTRAP_SERVERS", "MONGO_URL"} & os.environ.keys()
        return f"demo-{self.run}-" if shared else ""

    @property
    def database_prefix(self) -> str:
        return self.prefix.replace("-", "_")


def environment(options: Options, rules: Path) -> dict[str, str]:
    own = {"RULES_DIR": str(rules)}
    if not options.prefix:
        return own
    prefixes = {"TOPIC_PREFIX": options.prefix, "GROUP_PREFIX": options.prefix}
    return own | prefixes | {"DATABASE_PREFIX": options.database_prefix}


async def prepare(options: Options, report: Callable[[str], None]) -> tuple[Stack, Timetable]:
    """The stack comes up in one thread while the timetable is drawn in another. Raises `StackError`."""
    day = day_of(workday(datetime.now(CHINA).date()))
    layout = layout_of(options.directory)
    clock, rules = clock_for(day, options.seconds, layout.run / "day-began"), layout.directory / "demo-rules"
    write_rules(rules, clock.rate)
    starting = asyncio.to_thread(
        Stack.up,
        options.directory,
        clock=clock,
        env=environment(options, rules),
        clean=True,
        report=report,
    )
    drawing = asyncio.to_thread(timetable, options.seed, options.run, day, options.sizes)
    stack, plan = await asyncio.gather(starting, drawing)
    # The day's thousands of sendings live until the end: the collector need not look at them again and again.
    gc.collect()
    gc.freeze()
    return stack, plan
