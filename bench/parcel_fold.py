"""What one parcel event costs in the fold with its store, at few and at many open parcels, beside the bare store.

`python -m bench.parcel_fold [--parcels 10000 1000000] [--events 60000]`: needs no Kafka; one process, four partitions.
The fold: parsed events in, decisions, states and due index written; the floor: rocksdict alone reads and writes
values of the same sizes, same keys, same batches. Microseconds of this thread's CPU, and of the clock on the wall;
on a machine that does other things too only the first say something. `memory` is the process with its open stores.
"""

import argparse
import asyncio
import logging
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import structlog
from prometheus_client import CollectorRegistry
from rocksdict import WriteBatch

from services.routing.parcels.messages import ParcelFold
from services.routing.parcels.rules import RuleBook
from services.routing.parcels.scan import usual_scan_of
from shared.contracts.base import derived_id
from shared.contracts.parcels import PARCEL_SCANNED, ExceptionKind, Node, ParcelScan, Shipment
from shared.contracts.people import ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal
from shared.contracts.usual_scan import usual_scan
from shared.messaging.appender import Span
from shared.messaging.message import Incoming
from shared.messaging.partition_state.batch import Change, decide
from shared.messaging.partition_state.changelog import Record
from shared.messaging.partition_state.entry import Entry
from shared.messaging.partition_state.local import LocalState, Memory, advanced
from shared.messaging.partition_state.metrics import StateMetrics
from shared.messaging.partition_state.owner import PartitionOwner, Timing
from shared.messaging.publisher import Publisher

PARTITIONS = 4
BATCH = 2000
TEMPLATES = 400
NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
ROUTE = (Node.ORDERED, Node.PICKED_UP, Node.OUTLET_OUT, Node.HUB_IN, Node.SORTED, Node.LINEHAUL_OUT, Node.LINEHAUL_IN)
CITIES = (
    "杭州萧山分拨中心",
    "成都双流转运中心",
    "广州白云枢纽",
    "西安灞桥网点",
    "上海青浦集散中心",
    "沈阳于洪分拨中心",
)
REPORTED_SHARE = 0.01


class NoKafka:
    """Stands for the changelog, the source and the publisher: takes everything at once and counts offsets."""

    name = "bench"

    def __init__(self) -> None:
        self.next = dict.fromkeys(range(PARTITIONS), 0)
        self.published = 0

    async def append(self, partition: int, changes: Sequence[Change]) -> Sequence[Span]:
        start = self.next[partition]
        self.next[partition] += len(changes)
        return [Span(start, len(changes))]

    async def end(self, partition: int) -> int:
        return self.next[partition]

    async def read(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
        return
        yield ()

    async def publish(self, messages: Sequence[Any]) -> None:
        self.published += len(messages)


class Endless:
    async def end(self, partition: int) -> int:
        return 2**40

    async def committed(self, partition: int) -> int:
        return 0


def number_of(parcel: int) -> str:
    return f"SF{parcel * 7919 % 10_000_000_000_000:013d}"


def scan(parcel: int, step: int, at: datetime, dice: random.Random) -> ParcelScan:
    place = dice.choice(CITIES)
    return ParcelScan(
        tracking_number=number_of(parcel),
        carrier="sf",
        node=ROUTE[step % len(ROUTE)],
        occurred_at=at,
        place=place,
        description=f"快件到达【{place}】，准备发往下一站",
        exception=ExceptionKind.DAMAGE if dice.random() < REPORTED_SHARE else None,
        shipment=_shipment(parcel) if step == 0 else None,
    )


def _shipment(parcel: int) -> Shipment:
    phone = ContactPoint(kind=ContactKind.PHONE, value=Personal(f"+86138{parcel % 100_000_000:08d}"))
    consignee = Customer(customer_id=f"{parcel:032x}", name=Personal("王小明"), contacts=(phone,))
    return Shipment(
        product="standard", goods="服装", freight_fen=1200, declared_fen=19_900, weight_g=800,
        consignee=consignee, merchant_id="m-1", origin="杭州", destination="成都", promised_at=NOW,
    )  # fmt: skip


def incoming(event: ParcelScan, offset: int, at: datetime) -> Incoming[Any]:
    """As it is read from Kafka: the usual scan by its codes."""
    cause = derived_id(str(offset), "bench")
    partition = int(event.tracking_number[-4:]) % PARTITIONS
    usual = usual_scan(event.model_dump_json(exclude_none=True).encode())
    read = event if usual is None else usual_scan_of(usual)
    return Incoming(cause, PARCEL_SCANNED, read, event.tracking_number, at, "bench", partition, offset, 0)


def templates(fold: ParcelFold, dice: random.Random, now: datetime = NOW) -> list[bytes]:
    """The encoded states of parcels that have been under way for two days."""
    made = []
    for parcel in range(TEMPLATES):
        steps = range(dice.randint(4, len(ROUTE)))
        times = [now - timedelta(hours=6 * (len(steps) - s), seconds=dice.randrange(3600)) for s in steps]
        events = [incoming(scan(parcel, s, t, dice), 0, t) for s, t in zip(steps, times, strict=True)]
        batch = [Incoming(e.id, e.type, e.event, e.key, e.time, e.topic, 0, n, 0) for n, e in enumerate(events)]
        key = fold.key_of(batch[0])
        (change,) = decide(batch, {key: None}, fold, now).changes
        assert change.after is not None
        made.append(change.after.payload)
    return made


def load(stores: Sequence[LocalState], parcels: int, payloads: Sequence[bytes], dice: random.Random) -> None:
    """Fill the stores, one key of each parcel, with due times spread over the next two days."""
    due = int(NOW.timestamp() * 1e6)
    waiting: list[list[Change]] = [[] for _ in stores]
    for parcel in range(parcels):
        number = number_of(parcel)
        at = due + dice.randrange(3600, 48 * 3600) * 1_000_000
        entry = Entry(0, 6, at, at, payloads[parcel % len(payloads)])
        partition = int(number[-4:]) % PARTITIONS
        waiting[partition].append(Change(number.encode(), None, entry))
        if len(waiting[partition]) == BATCH:
            _write(stores[partition], waiting[partition])
            waiting[partition] = []
    for store, rest in zip(stores, waiting, strict=True):
        _write(store, rest)
    while any(store.busy() for store in stores):
        time.sleep(0.1)


def _write(store: LocalState, changes: Sequence[Change]) -> None:
    store.write(changes, advanced(store.meta, source_offset=0, log_time=0, changelog_next=0, saved_at=time.time()))


def batches(parcels: int, events: int, dice: random.Random) -> Iterator[list[Incoming[Any]]]:
    for start in range(0, events, BATCH):
        at = NOW + timedelta(seconds=start / 1000)
        yield [
            incoming(scan(dice.randrange(parcels), dice.randrange(1, 7), at, dice), start + n + 1, at)
            for n in range(BATCH)
        ]


@dataclass
class Spent:
    """Time of all batches together, in seconds."""

    cpu: float = 0.0
    wall: float = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        cpu, wall = time.thread_time(), time.perf_counter()
        yield
        self.cpu += time.thread_time() - cpu
        self.wall += time.perf_counter() - wall

    def each(self, events: int) -> "Spent":
        """Microseconds per event."""
        return Spent(self.cpu / events * 1e6, self.wall / events * 1e6)


async def measure(parcels: int, events: int, directory: Path) -> tuple[Spent, Spent, int]:
    """The fold and the floor, in microseconds per event; and the memory in MB."""
    dice, kafka, fold = random.Random(7), NoKafka(), ParcelFold(RuleBook())
    memory = Memory()
    stores = [LocalState(directory / str(n), kafka.name, memory) for n in range(PARTITIONS)]
    load(stores, parcels, templates(fold, dice), dice)
    for store in stores:
        store.close()
    owner = PartitionOwner(
        fold, kafka, Endless(), cast(Publisher, kafka), directory=directory, instance="bench",
        timing=Timing(lambda: NOW + timedelta(hours=1), timedelta(0)),
        metrics=StateMetrics(CollectorRegistry(), "parcel"), memory=memory,
    )  # fmt: skip
    await owner.assigned(range(PARTITIONS))
    await owner.fire_due()
    spent = Spent()
    for batch in batches(parcels, events, dice):
        with spent.measured():
            await owner.process(batch, lambda _: True)
    held = resident_mb()
    await owner.close()
    return spent.each(events), bare(directory, parcels, events, memory).each(events), held


def bare(directory: Path, parcels: int, events: int, memory: Memory) -> Spent:
    """The same reads and writes with nothing in between: values back as they are."""
    dice = random.Random(8)
    stores = [LocalState(directory / str(n), "bench", memory) for n in range(PARTITIONS)]
    spent = Spent()
    for _ in range(0, events, BATCH):
        keys: dict[int, list[Any]] = defaultdict(list)
        for _ in range(BATCH):
            number = number_of(dice.randrange(parcels))
            keys[int(number[-4:]) % PARTITIONS].append(b"s" + number.encode())
        with spent.measured():
            for partition, wanted in keys.items():
                _read_and_write(stores[partition], wanted)
    for store in stores:
        store.close()
    return spent


def _read_and_write(store: LocalState, keys: list[Any]) -> None:
    values = cast("list[bytes]", store._db.get(keys))
    batch = WriteBatch(raw_mode=True)
    for key, value in zip(keys, values, strict=True):
        batch.put(key, value)
    store._db.write(batch)


def resident_mb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--events", type=int, default=60_000)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(f"{'open parcels':>14} {'fold':>16} {'floor':>16} {'events/s':>10} {'memory':>8} {'against':>8}")
    print(f"{'':>14} {'CPU µs':>8}{'wall µs':>8} {'CPU µs':>8}{'wall µs':>8} {'by CPU':>10} {'MB':>8} {'first':>8}")
    first: float | None = None
    for parcels in arguments.parcels:
        directory = Path(tempfile.mkdtemp(prefix="parcel-fold-"))
        try:
            fold, floor, held = await measure(parcels, arguments.events, directory)
        finally:
            shutil.rmtree(directory)
        first = first or fold.cpu
        print(
            f"{parcels:>14,} {fold.cpu:>8.1f}{fold.wall:>8.1f} {floor.cpu:>8.1f}{floor.wall:>8.1f} "
            f"{1e6 / fold.cpu:>10,.0f} {held:>8} {fold.cpu / first:>7.2f}x"
        )


if __name__ == "__main__":
    asyncio.run(main())
