"""python -m bench.clocks: 100,000 running clocks on one process's timers; how late they fire, and after an hour's stop.

The service's own timers, store, rules, outbox and its relay, in one process as in routing, on a MongoDB and a Kafka
of its own (or those that MONGO_URL and KAFKA_BOOTSTRAP_SERVERS name). A clock has fired when its transaction is
committed. First 50 a second fall due for a minute; then the process stands for an hour of business time in which all
the others fall due, and goes on: each has to fire once, the longest overdue first.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from bench.load import quantile
from services.routing import due, rule_files
from services.routing.case import decide
from services.routing.clocks import Target, start
from services.routing.rules import Rules
from services.routing.settings import Settings
from services.routing.state import CaseState
from services.routing.store import CaseStore
from services.routing.timers import Timers
from shared.clock import Clock
from shared.contracts.base import derived_id
from shared.contracts.cases import ClockKind
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from shared.contracts.topics import ensure
from shared.messaging.handler import Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.messaging.publisher import Publisher
from shared.mongo import Database, connect
from shared.service import RELAY_INTERVAL_S
from tools.stack import Stack
from tools.stack.down import end_everything

CLOCKS, PER_SECOND, SECONDS = 100_000, 50, 60
STOP = timedelta(hours=1)
BEGIN = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)
"""When the first clock falls due, in business time: it begins when all are written."""
LEAD = timedelta(seconds=2)
REST = BEGIN + timedelta(seconds=SECONDS + 30)
"""When the others begin to fall due: nobody is there for that hour."""
FILL = 500
INTERVAL_S: float = Settings.model_fields["timer_interval_s"].default
LIMIT = timedelta(hours=24)


Breach = tuple[str, datetime, datetime]


@dataclass(frozen=True)
class Figures:
    """Seconds, but for the counts; `in_order`: no clock of the stop fired before one that had been due earlier."""

    clocks: int
    fired: int
    lateness_p50: float
    lateness_p99: float
    lateness_max: float
    busy_percent: float
    missed: int
    missed_fired_once: int
    in_order: bool
    caught_up_s: float


class Seen(Outbox):
    """What each committed round announced. `breaches`: case, when it was due, when it had fired."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.breaches: list[Breach] = []
        self._round: list[Outgoing] = []

    async def add(self, messages: Any, session: Session) -> None:
        """A transaction that is tried again begins anew."""
        self._round = list(messages)
        await super().add(messages, session)

    def committed(self, at: datetime) -> None:
        for message in self._round:
            value = orjson.loads(message.value)
            if any(c["type"] == "clock" and c["change"] == "breached" for c in value["changes"]):
                clock = value["case"]["clocks"][0]
                self.breaches.append((value["case"]["case_id"], datetime.fromisoformat(clock["due_at"]), at))
        self._round = []


class Timed(Timers):
    """Tells after each round, when its transaction has been committed, what it announced."""

    def __init__(self, database: Database, store: CaseStore, outbox: Seen, rules: Rules, clock: Clock) -> None:
        super().__init__(database, store, outbox, rules, clock)
        self._seen = outbox
        self._time = clock

    async def _round_was_full(self) -> bool:
        full = await super()._round_was_full()
        self._seen.committed(self._time.now())
        return full


def template(rules: Rules, now: datetime) -> CaseState:
    contact = Interaction(
        interaction_id=derived_id("bench", "clocks"),
        channel=Channel.WEB,
        gateway="web",
        customer=Customer(customer_id="c0"),
        text=Personal("你好，我的快递单号SF0000000000000已经三天没有更新物流信息了，请问现在到哪里了？"),
        occurred_at=now,
        received_at=now,
        tracking_numbers=("SF0000000000000",),
    )
    found = decide(None, contact, rules, now)
    assert found is not None
    return found.state


def cases(rules: Rules) -> Iterator[CaseState]:
    """PER_SECOND a second from BEGIN; the rest evenly in the hour from REST."""
    model = template(rules, BEGIN - LIMIT).case
    soon = PER_SECOND * SECONDS
    for n in range(CLOCKS):
        late = (n - soon) / (CLOCKS - soon)
        due_at = BEGIN + timedelta(seconds=n / PER_SECOND) if late < 0 else REST + STOP * late
        clock = start(ClockKind.RESOLUTION, Target(LIMIT, LIMIT, "resolution/bench"), due_at - LIMIT)
        case = model.model_copy(update={"case_id": derived_id(str(n), "case"), "clocks": (clock,)})
        keys = (f"c:{n}:0",)
        yield CaseState(case, due.next_due(case, keys, rules.calendar), keys)


async def fill(database: Database, store: CaseStore, states: Iterator[CaseState], now: datetime) -> None:
    async def write(batch: dict[str, CaseState]) -> None:
        await database.transaction(lambda session: store.save(batch, {}, session))

    batch: dict[str, CaseState] = {}
    for state in states:
        batch[state.case.case_id] = state
        if len(batch) == FILL:
            await write(batch)
            batch = {}
    if batch:
        await write(batch)


async def measure(mongo_url: str, kafka: str) -> Figures:
    prefix = f"bench-clocks-{token_hex(3)}."
    client = connect(mongo_url)
    database = Database(client, prefix.replace(".", ""))
    rules = rule_files.load()
    store, outbox = CaseStore(database, rules.roster), Seen(database)
    publisher = Publisher(kafka, prefix, "bench-clocks")
    await ensure(kafka, prefix)
    await publisher.start()
    for create in (store.create_indexes, store.enrol, outbox.create_indexes):
        await create()
    relaying = asyncio.create_task(_relay(outbox, publisher))
    try:
        return await _measured(database, store, outbox, rules)
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await publisher.stop()
        await database.drop()
        client.close()


async def _measured(database: Database, store: CaseStore, outbox: Seen, rules: Rules) -> Figures:
    await fill(database, store, cases(rules), BEGIN)
    clock = Clock(datetime.now(UTC), BEGIN - LEAD)
    timers, busy = Timed(database, store, outbox, rules, clock), time.process_time()
    while clock.now() < BEGIN + timedelta(seconds=SECONDS + 2):
        await timers.fire_all()
        await asyncio.sleep(INTERVAL_S)
    busy = time.process_time() - busy
    fired, outbox.breaches = outbox.breaches, []
    went_on = time.monotonic()
    await Timed(database, store, outbox, rules, Clock(datetime.now(UTC), REST + STOP)).fire_all()
    return _figures(fired, outbox.breaches, busy / (SECONDS + 4), time.monotonic() - went_on)


def _figures(fired: Sequence[Breach], missed: Sequence[Breach], busy: float, caught_up_s: float) -> Figures:
    lateness = sorted((at - due_at).total_seconds() for _, due_at, at in fired)
    times, dues = Counter(case_id for case_id, _, _ in missed), [due_at for _, due_at, _ in missed]
    return Figures(
        clocks=CLOCKS,
        fired=len(fired),
        lateness_p50=quantile(lateness, 0.5),
        lateness_p99=quantile(lateness, 0.99),
        lateness_max=lateness[-1],
        busy_percent=100 * busy,
        missed=CLOCKS - len(fired),
        missed_fired_once=sum(number == 1 for number in times.values()),
        in_order=dues == sorted(dues),
        caught_up_s=caught_up_s,
    )


async def _relay(outbox: Outbox, publisher: Publisher) -> None:
    while True:
        if not await outbox.relay(publisher):
            await asyncio.sleep(RELAY_INTERVAL_S)


def table(found: Figures) -> Table:
    shown = Table(title=f"{found.clocks:,} running clocks, one process")
    shown.add_column("measure")
    shown.add_column("figure", justify="right")
    late = (found.lateness_p50, found.lateness_p99, found.lateness_max)
    rows = (
        (f"fired, {PER_SECOND}/s due for {SECONDS} s", f"{found.fired:,} of {PER_SECOND * SECONDS:,}"),
        ("lateness p50 / p99 / max", " / ".join(f"{seconds:.2f}" for seconds in late) + " s"),
        ("target: p99 within 1 s", "✓" if found.lateness_p99 <= 1 else "✗"),
        ("CPU of the process meanwhile", f"{found.busy_percent:.0f} % of a core"),
        ("missed in an hour's stop", f"{found.missed:,}"),
        ("of them fired exactly once", f"{found.missed_fired_once:,}"),
        ("in order of their due time", "✓" if found.in_order else "✗"),
        ("until all had fired", f"{found.caught_up_s:.0f} s ({found.missed / found.caught_up_s:,.0f}/s)"),
    )
    for row in rows:
        shown.add_row(*row)
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    arguments = parser.parse_args()
    stack = Stack.up(Path("var/bench-clocks"), services=False, clean=True)
    try:
        found = asyncio.run(measure(stack.info.mongo, stack.info.kafka))
    finally:
        end_everything(stack.layout)
        stack.layout.wipe()
    Console().print(table(found))
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(found), indent=1) + "\n")


if __name__ == "__main__":
    main()
