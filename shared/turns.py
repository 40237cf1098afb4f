"""Long stretches of computing in an event loop: others have their turn in between."""

import asyncio
import time

TURN_S = 0.015


class Turns:
    """`await turns.next()` after each piece of the work lets others in where `TURN_S` have passed."""

    def __init__(self) -> None:
        self._ends = time.perf_counter() + TURN_S

    async def next(self) -> None:
        if time.perf_counter() >= self._ends:
            await asyncio.sleep(0)
            self._ends = time.perf_counter() + TURN_S
