"""The clocks of a case (RO-6, RO-7): start, warn, breach, pause, resume, meet. Pure; each fires once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from services.routing.hours import ALWAYS, BusinessHours
from shared.contracts.cases import Clock, ClockChanged, ClockKind, ClockState

PAUSABLE = frozenset({ClockKind.RESOLUTION})
"""Clocks that stand still while the customer is asked: the law's clock and the first answer do not wait."""
BY_MESSAGE = frozenset({ClockKind.NEXT_RESPONSE})
"""Clocks that a further message starts; the others begin with the case."""
ANSWERS = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
"""Clocks that an answer to the customer meets; their limits go by the channel."""
TICKING = frozenset({ClockState.RUNNING, ClockState.WARNED})
ANSWERABLE = TICKING | {ClockState.PAUSED, ClockState.BREACHED}

Clocks = tuple[Clock, ...]
What = Literal["started", "warned", "paused", "resumed", "retargeted", "breached", "met"]


@dataclass(frozen=True, slots=True)
class Target:
    """A time limit as the table gives it, and the row that gave it. Both spans are time of `hours`."""

    limit: timedelta
    warn_after: timedelta
    rule: str
    hours: BusinessHours = ALWAYS


Targets = Mapping[ClockKind, Target]


@cache
def changed(kind: ClockKind, change: What) -> ClockChanged:
    return ClockChanged(clock=kind, change=change)


def start(kind: ClockKind, target: Target, at: datetime) -> Clock:
    return Clock(
        kind=kind,
        state=ClockState.RUNNING,
        started_at=at,
        warn_at=target.hours.add(at, target.warn_after),
        due_at=target.hours.add(at, target.limit),
        rule=target.rule,
        calendar=target.hours.name,
        limit_seconds=int(target.limit.total_seconds()),
    )


def of_kind(clocks: Clocks, kind: ClockKind) -> Clock | None:
    return next((clock for clock in clocks if clock.kind is kind), None)


def is_ticking(clock: Clock) -> bool:
    """It can still be kept or broken."""
    return clock.state in (ClockState.RUNNING, ClockState.WARNED, ClockState.PAUSED)


def owes_answer(clock: Clock | None) -> bool:
    """An answer is still due by it, in time or late already."""
    return clock is not None and clock.state in ANSWERABLE


def put(clocks: Clocks, clock: Clock) -> Clocks:
    """With `clock` in the place of the one of its kind."""
    if of_kind(clocks, clock.kind) is None:
        return (*clocks, clock)
    return tuple(clock if old.kind is clock.kind else old for old in clocks)


def legal_due(clocks: Clocks) -> datetime | None:
    """When the law's time for an answer ends, where it still runs."""
    clock = of_kind(clocks, ClockKind.LEGAL_ANSWER)
    return clock.due_at if clock is not None and clock.state in TICKING else None


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


def resume(clock: Clock, hours: BusinessHours, at: datetime) -> Clock | None:
    """Goes on where it stood: what was left of its business time is left again. `hours`: its calendar."""
    if clock.state is not ClockState.PAUSED or clock.paused_at is None:
        return None
    warned = clock.warn_at <= clock.paused_at
    moved = {"due_at": _moved(clock.due_at, clock.paused_at, at, hours), "paused_at": None}
    if warned:
        return clock.model_copy(update={**moved, "state": ClockState.WARNED})
    warn_at = _moved(clock.warn_at, clock.paused_at, at, hours)
    return clock.model_copy(update={**moved, "state": ClockState.RUNNING, "warn_at": warn_at})


def _moved(end: datetime, paused_at: datetime, at: datetime, hours: BusinessHours) -> datetime:
    """Never earlier than it was: a pause gives time, and takes none. What was over already stays over."""
    if end <= paused_at:
        return end + (at - paused_at)
    return max(end, hours.add(at, hours.elapsed(paused_at, end)))


def retarget(clock: Clock, target: Target, hours: BusinessHours, at: datetime) -> Clock | None:
    """Another limit for a clock that runs or stands (RO-6): the time that it has used is used. `hours`: its calendar
    so far. None where nothing changes, or there is nothing left to answer in time."""
    if clock.state not in TICKING | {ClockState.PAUSED} or clock.rule == target.rule or clock.limit_seconds is None:
        return None
    stands_at = clock.paused_at or at
    used = timedelta(seconds=clock.limit_seconds) - hours.elapsed(stands_at, clock.due_at)
    due_at = target.hours.add(stands_at, max(timedelta(), target.limit - used))
    warn_at = target.hours.add(stands_at, max(timedelta(), target.warn_after - used))
    state = clock.state
    if state is ClockState.WARNED and warn_at > at:
        state = ClockState.RUNNING
    return clock.model_copy(
        update={
            "state": state,
            "warn_at": warn_at,
            "due_at": due_at,
            "rule": target.rule,
            "calendar": target.hours.name,
            "limit_seconds": int(target.limit.total_seconds()),
        }
    )
