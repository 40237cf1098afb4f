"""A service ends although one of its tasks lost the wish to (SY-3)."""

import asyncio

import pytest

from shared.service import end

pytestmark = pytest.mark.req("SY-3")


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(asyncio.sleep(0))]
    await asyncio.sleep(0)
    await asyncio.wait_for(end(tasks), 30)
    assert lost == 1
    assert all(task.done() for task in tasks)
