"""Waiting for a condition instead of sleeping for luck."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def poll(until: Callable[[], Awaitable[T]], timeout: float = 15.0, pause: float = 0.05, what: str = "") -> T: ...


@overload
async def poll(until: Callable[[], T], timeout: float = 15.0, pause: float = 0.05, what: str = "") -> T: ...


async def poll(until: Callable[[], Any], timeout: float = 15.0, pause: float = 0.05, what: str = "") -> Any:
    """Calls `until` (plain or async) until its answer is true, and returns that answer.

    Raises AssertionError with `what` and the last answer when `timeout` seconds have passed.
    """
    end = time.monotonic() + timeout
    while True:
        answer = until()
        value = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"Not within {timeout:.0f} s: {what or until}; last answer: {value!r}")
        await asyncio.sleep(pause)
