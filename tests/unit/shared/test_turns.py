"""Long decisions let others have their turn."""

import asyncio
import time
from typing import Any

import pytest

from shared.messaging.handler import Decision, fold, fold_in_turns
from shared.turns import TURN_S
from tests.unit.shared.test_messaging_rules import incoming

pytestmark = pytest.mark.req("SY-1")


def busy(state: int | None, _: Any) -> Decision[int]:
    ends = time.perf_counter() + TURN_S / 2
    while time.perf_counter() < ends:
        pass
    return Decision((state or 0) + 1)


async def test_others_have_their_turn_between_the_decisions_of_a_batch() -> None:
    seen: list[int] = []

    async def other() -> None:
        while True:
            seen.append(1)
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    batch = [incoming(n, f"k{n % 3}", 1) for n in range(20)]
    changed, outcomes = await fold_in_turns(batch, {}, lambda i: i.key, lambda i, _: i.key, busy)
    beside.cancel()
    assert len(seen) >= 5
    assert (changed, outcomes) == fold(batch, {}, lambda i: i.key, lambda i, _: i.key, busy)
