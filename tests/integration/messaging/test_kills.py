"""SIGKILL in each window of the loop, a zombie, a rolling restart: every event has one effect (SY-2)."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from shared.contracts.topics import DEAD_LETTERS
from tests.integration.messaging.harness import Bench, unique_outputs
from tests.integration.messaging.tally import TOTALS
from tests.integration.polling import poll

WINDOWS = ["before", "inside", "before_commit_of_transaction", "after", "published", "before_commit"]
ACCOUNTS = [f"account-{n}" for n in range(20)]


def events(count: int, first: int = 0) -> list[tuple[str, str, dict[str, int]]]:
    """Amounts that make every double and every loss visible in the sums."""
    return [(f"e{n}", ACCOUNTS[n % len(ACCOUNTS)], {"amount": n + 1}) for n in range(first, first + count)]


def expected(count: int) -> dict[str, int]:
    totals = dict.fromkeys(ACCOUNTS, 0)
    for _, account, value in events(count):
        totals[account] += value["amount"]
    return totals


async def assert_one_effect(bench: Bench, count: int) -> None:
    await bench.drained()
    totals = {key: row["total"] for key, row in (await bench.accounts()).items()}
    assert totals == expected(count)
    assert len(unique_outputs(await bench.read(TOTALS.name))) == count
    assert await bench.read(DEAD_LETTERS.name) == []


@pytest.mark.req("SY-2")
@pytest.mark.parametrize("window", WINDOWS)
async def test_sigkill_in_each_window_leaves_one_effect_per_event(bench: Bench, window: str, tmp_path: Path) -> None:
    await bench.send(events(400))
    environment = {"KILL_AT": window, "KILL_MARKER": str(tmp_path / "killed")}
    first = await bench.start(**environment)
    await poll(lambda: first.ended, 30, what="the process kills itself")
    assert (tmp_path / "killed").read_text() == window
    await bench.restart(first)
    await bench.drained()
    await bench.send(events(200, 400))
    await assert_one_effect(bench, 600)


@pytest.mark.req("SY-2")
@pytest.mark.slow
async def test_random_kills_of_two_processes_under_load_lose_and_double_nothing(bench: Bench) -> None:
    processes = [await bench.start(), await bench.start()]
    for process in processes:
        await poll(process.ready, 30)
    keeper = asyncio.create_task(bench.supervise())
    dice = random.Random(7)
    sent = 0
    try:
        for _ in range(20):
            await bench.send(events(150, sent))
            sent += 150
            victim = dice.choice(processes)
            if not victim.ended:
                victim.signal(signal.SIGKILL)
            await poll(lambda p=victim: not p.ended and p.ready(), 30)  # type: ignore[misc]
        await assert_one_effect(bench, sent)
    finally:
        keeper.cancel()


@pytest.mark.req("SY-2")
async def test_a_zombie_that_wakes_after_its_session_has_no_second_effect(bench: Bench) -> None:
    zombie = await bench.start()
    await poll(zombie.ready, 30)
    await bench.send(events(200))
    await bench.drained()
    zombie.signal(signal.SIGSTOP)
    await bench.send(events(400, 200))
    other = await bench.start()
    await poll(other.ready, 60, what="the other takes over after the session time-out")
    await bench.drained()
    zombie.signal(signal.SIGCONT)
    await bench.send(events(200, 600))
    await assert_one_effect(bench, 800)


@pytest.mark.req("SY-2")
async def test_a_rolling_restart_by_sigterm_under_load_loses_nothing(bench: Bench) -> None:
    processes = [await bench.start(), await bench.start()]
    for process in processes:
        await poll(process.ready, 30)
    sent = 0
    for process in processes:
        await bench.send(events(300, sent))
        sent += 300
        process.signal(signal.SIGTERM)
        await bench.send(events(300, sent))
        sent += 300
        await asyncio.wait_for(process.child.wait(), 20)
        await bench.restart(process)
        await poll(process.ready, 30)
    await assert_one_effect(bench, sent)


@pytest.mark.req("SY-2", "SY-9")
async def test_a_topic_replayed_from_the_beginning_changes_nothing(bench: Bench) -> None:
    process = await bench.start()
    await bench.send(events(300))
    await assert_one_effect(bench, 300)
    before = await bench.accounts()
    process.signal(signal.SIGKILL)
    await process.child.wait()
    await bench.rewind()
    await bench.start()
    await assert_one_effect(bench, 300)
    assert await bench.accounts() == before
