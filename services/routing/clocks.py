"""The clocks of a case (RO-6, RO-7): start, warn, breach, pause, resume, meet. Pure; each fires once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from shared.contracts.cases import Clock, ClockChanged, ClockKind, ClockState

PAUSABLE = frozenset({ClockKind.RESOLUTION})
"""Clocks that stand still while the customer is asked: the law's clock and the first answer do not wait."""
TICKING = frozenset({ClockState.RUNNING, ClockState.WARNED})
ANSWERABLE = TICKING | {ClockState.PAUSED, ClockState.BREACHED}

Clocks = tuple[Clock, ...]
What = Literal["started", "warned", "paused", "resumed", "breached", "met"]


@dataclass(frozen=True, slots=True)
class Target:
    """A time limit as the table gives it, and the row that gave it."""

    limit: timedelta
    warn_after: timedelta
    rule: str


Targets = Mapping[ClockKind, Target]


@cache
def changed(kind: ClockKind, change: What) -> ClockChanged:
    return ClockChanged(clock=kind, change=change)


def start(kind: ClockKind, target: Target, at: datetime) -> Clock:
    return Clock(
        kind=kind,
        state=ClockState.RUNNING,
        started_at=at,
        warn_at=at + target.warn_after,
        due_at=at + target.limit,
        rule=target.rule,
    )


def of_kind(clocks: Clocks, kind: ClockKind) -> Clock | None:
    return next((clock for clock in clocks if clock.kind is kind), None)


def put(clocks: Clocks, clock: Clock) -> Clocks:
    """With `clock` in the place of the one of its kind."""
    if of_kind(clocks, clock.kind) is None:
        return (*clocks, clock)
    return tuple(clock if old.kind is clock.kind else old for old in clocks)


def next_step(clock: Clock) -> tuple[datetime, What] | None:
    """What befalls the clock next by itself, and when."""
    if clock.state is ClockState.RUNNING and clock.warn_at < clock.due_at:
        return clock.warn_at, "warned"
    if clock.state in TICKING:
        return clock.due_at, "breached"
    return None


def step(clock: Clock, what: What, at: datetime) -> Clock:
    """The clock after a warning or a breach."""
    if what == "warned":
        return clock.model_copy(update={"state": ClockState.WARNED})
    return clock.model_copy(update={"state": ClockState.BREACHED, "breached_at": at})


def meet(clock: Clock, at: datetime) -> Clock | None:
    """The clock answered, late or not; None where there is nothing left to answer."""
    if clock.state not in ANSWERABLE:
        return None
    return clock.model_copy(update={"state": ClockState.MET, "met_at": at, "paused_at": None})


def pause(clock: Clock, at: datetime) -> Clock | None:
    if clock.kind not in PAUSABLE or clock.state not in TICKING:
        return None
    return clock.model_copy(update={"state": ClockState.PAUSED, "paused_at": at})


def resume(clock: Clock, at: datetime) -> Clock | None:
    """Goes on where it stood: warning and end move by the pause."""
    if clock.state is not ClockState.PAUSED or clock.paused_at is None:
        return None
    gone = at - clock.paused_at
    warned = clock.warn_at <= clock.paused_at
    return clock.model_copy(
        update={
            "state": ClockState.WARNED if warned else ClockState.RUNNING,
            "warn_at": clock.warn_at if warned else clock.warn_at + gone,
            "due_at": clock.due_at + gone,
            "paused_at": None,
        }
    )
