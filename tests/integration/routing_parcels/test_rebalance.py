"""Partitions that change hands, kindly and unkindly: no exception is missed or doubled, no state goes back (SY-2)."""

import asyncio
import random
import signal
from datetime import UTC, datetime

import pytest

from shared.contracts import topics
from tests.integration.messaging.harness import Process
from tests.integration.polling import poll
from tests.integration.routing_parcels.given import scans, silent
from tests.integration.routing_parcels.harness import Bench, spawn

pytestmark = [pytest.mark.req("SY-2", "RO-11"), pytest.mark.slow]


async def assert_clean(bench: Bench) -> None:
    """What came out, and what would be restored, is that of one calm run."""
    ids, expected_states = bench.expected(until=datetime.now(UTC))

    async def all_there() -> bool:
        return await bench.exceptions() >= ids

    await bench.drained()
    await poll(all_there, 60, 0.5, "every exception to be raised")
    assert await bench.exceptions() == ids
    assert await bench.changelog_states() == expected_states
    assert await bench.read(topics.DEAD_LETTERS) == []


async def feed(bench: Bench, rounds: int, first: int, pause: float = 0.2) -> int:
    """Busy and silent parcels, a batch at a time."""
    for place in range(first, first + rounds):
        now = datetime.now(UTC)
        await bench.send([*scans(60, place * 60, now), *silent(range(place * 10, place * 10 + 10), now)], now)
        await asyncio.sleep(pause)
    return first + rounds


async def test_a_second_process_joins_and_leaves_under_load(bench: Bench) -> None:
    first = await bench.start("one")
    feeding = asyncio.create_task(feed(bench, 60, 0))
    await poll(first.ready, 60)
    second = await bench.start("two")
    await poll(second.ready, 60)
    await asyncio.sleep(3)
    second.signal(signal.SIGTERM)
    await second.child.wait()
    await feeding
    await feed(bench, 5, 60)
    await assert_clean(bench)


async def test_kills_of_two_processes_under_load(bench: Bench) -> None:
    dice = random.Random(11)
    processes = [await bench.start("one"), await bench.start("two")]
    place = 0
    for _ in range(3):
        place = await feed(bench, 6, place)
        victim: Process = dice.choice(processes)
        victim.signal(signal.SIGKILL)
        await victim.child.wait()
        place = await feed(bench, 3, place)
        victim.child = (await spawn(victim.environment, victim.log)).child
        await poll(victim.ready, 60)
    await assert_clean(bench)


async def test_a_frozen_process_wakes_after_its_partitions_have_gone(bench: Bench) -> None:
    """Its timers see the silence of its own store, its states are old, and its directories are locked."""
    zombie = await bench.start("shared")
    place = await feed(bench, 8, 0)
    await bench.drained()
    zombie.signal(signal.SIGSTOP)
    place = await feed(bench, 8, place)
    await bench.start("shared")
    await bench.drained(90)
    zombie.signal(signal.SIGCONT)
    await feed(bench, 8, place)
    await assert_clean(bench)
