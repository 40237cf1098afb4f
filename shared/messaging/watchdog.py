"""Ends a process whose consumer died without a word: aiokafka's coordinator can stop while everything looks well."""

import os
import time
from collections.abc import Callable
from typing import Any

import structlog

from shared.messaging.consume import LoopState, lag_of

log = structlog.get_logger()

EXIT_CODE = 70
"""EX_SOFTWARE: the supervisor starts the process again."""


def stalled(consumer: Any, state: LoopState, now: float, patience_s: float) -> str | None:
    """Why this consumer is dead, or None. Pure but for reading the consumer's state.

    A stopped consumer (dead-letter limit) is not stalled: it waits for a person and says so in its health.
    """
    if consumer is None or state.stopping or state.status == "stopped":
        return None
    coordinator = getattr(consumer, "_coordinator", None)
    task = getattr(coordinator, "_coordination_task", None)
    if task is not None and task.done():
        return "coordination task ended"
    if now - state.moved_at > patience_s and sum(lag_of(consumer).values()) > 0:
        return f"nothing moved for {patience_s:.0f} s with lag present"
    return None


def check(
    subscribers: list[tuple[Any, LoopState]],
    patience_s: float = 60.0,
    end: Callable[[int], None] = os._exit,
) -> None:
    """Look at every subscriber; ends the process where one is dead."""
    for subscriber, state in subscribers:
        consumer = subscriber.consumer
        reason = stalled(consumer, state, time.monotonic(), patience_s)
        ended = [t for t in getattr(subscriber, "tasks", []) if t.done()]
        if reason is None and consumer is not None and ended and not state.stopping:
            reason = "consume task ended"
        if reason:
            log.critical("watchdog", group=state.group, reason=reason)
            end(EXIT_CODE)
