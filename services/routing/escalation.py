"""Escalation ladders (RO-8): which rung a case reaches next, and when.

Never outside of the rung's calendar, unless it is a critical one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from services.routing.hours import BusinessHours
from shared.contracts.cases import Case, CaseKind, CaseStatus, Climb, ClockKind, ClockState, Escalated

OVER = frozenset({CaseStatus.RESOLVED, CaseStatus.CLOSED})


class Start(Enum):
    """What a ladder counts from, where it is no clock's breach."""

    OPENED = "opened"
    IDLE = "idle"
    SIGN_DISPUTE_LATE = "sign_dispute_late"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: `after` is time of `hours`, from the ladder's start; `role` is who is told, by `channels`.

    `unless_handled`: left out where a person has done something since the start.
    """

    level: int
    after: timedelta
    role: str
    channels: tuple[str, ...]
    hours: BusinessHours
    critical: bool = False
    unless_handled: bool = False

    def at(self, start: datetime) -> datetime:
        """When the rung is reached: a critical one at any hour, another not before its calendar opens."""
        if self.critical:
            return start + self.after
        return self.hours.next_open(self.hours.add(start, self.after))


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder for the cases that have one of each of its lists (an empty list: all)."""

    ladder_id: str
    starts: Start | ClockKind
    steps: tuple[Step, ...]
    tags: frozenset[str] = frozenset()
    kinds: frozenset[CaseKind] = frozenset()
    tiers: frozenset[str] = frozenset()
    priorities: frozenset[int] = frozenset()

    def concerns(self, case: Case) -> bool:
        about = case.classification
        return (
            (not self.tags or not self.tags.isdisjoint(about.tags))
            and (not self.kinds or about.kind in self.kinds)
            and (not self.tiers or case.customer.tier in self.tiers)
            and (not self.priorities or about.priority in self.priorities)
        )

    def start(self, case: Case) -> datetime | None:
        """What the ladder counts from, or None: it has not begun."""
        if self.starts is Start.OPENED:
            return case.reopened_at or case.opened_at
        if self.starts is Start.SIGN_DISPUTE_LATE:
            return case.sign_dispute.late_at if case.sign_dispute else None
        missed = [
            clock.breached_at
            for clock in case.clocks
            if clock.breached_at is not None
            and clock.state is ClockState.BREACHED
            and self.starts in (Start.IDLE, clock.kind)
        ]
        if not missed:
            return None
        if self.starts is Start.IDLE and case.handled_at is not None:
            return max(min(missed), case.handled_at)
        return min(missed)


Ladders = tuple[Ladder, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung that a case reaches: when, of which ladder, and from what start."""

    at: datetime
    ladder: Ladder
    step: Step
    start: datetime


def next_rung(case: Case, ladders: Ladders) -> Rung | None:
    """The earliest rung that is still to come, over all ladders."""
    if case.status in OVER:
        return None
    return min(_pending(case, ladders), key=lambda rung: (rung.at, rung.ladder.ladder_id), default=None)


def _pending(case: Case, ladders: Ladders) -> Iterator[Rung]:
    for ladder in ladders:
        start = ladder.start(case) if ladder.concerns(case) else None
        if start is None:
            continue
        level = _level(case, ladder, start)
        handled = case.handled_at is not None and case.handled_at > start
        for step in ladder.steps:
            if step.level > level and not (step.unless_handled and handled):
                yield Rung(step.at(start), ladder, step, start)
                break


def _level(case: Case, ladder: Ladder, start: datetime) -> int:
    """The rung that the case has reached on the ladder since its start."""
    climbed = (c.level for c in case.climbs if c.ladder == ladder.ladder_id and c.since == start)
    return next(climbed, 0)


def climbed(case: Case, rung: Rung) -> tuple[Escalated, tuple[Climb, ...], int]:
    """What the rung means: the event, how far each ladder is climbed then, and the case's level."""
    ladder, step = rung.ladder, rung.step
    event = Escalated(
        level=step.level,
        role=step.role,
        reason=_reason(ladder),
        ladder=ladder.ladder_id,
        channels=step.channels,
        critical=step.critical,
        raised=step.level > case.escalation_level,
    )
    others = tuple(c for c in case.climbs if c.ladder != ladder.ladder_id)
    reached = Climb(ladder=ladder.ladder_id, since=rung.start, level=step.level)
    return event, (*others, reached), max(case.escalation_level, step.level)


def _reason(ladder: Ladder) -> str:
    if isinstance(ladder.starts, ClockKind):
        return f"{ladder.starts.value}_breached"
    return ladder.ladder_id.replace("-", "_")
