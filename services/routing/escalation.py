"""Escalation ladders (RO-8): which step of a ladder a breached clock has reached, and when the next one comes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.cases import Case, CaseStatus, ClockKind, ClockState, Escalated

OVER = frozenset({CaseStatus.RESOLVED, CaseStatus.CLOSED})


@dataclass(frozen=True, slots=True)
class Step:
    """One step up: `after` counts from the breach; `role` is who is told."""

    level: int
    after: timedelta
    role: str


Ladders = Mapping[ClockKind, tuple[Step, ...]]


def next_escalation(case: Case, ladders: Ladders) -> tuple[datetime, Escalated] | None:
    """The earliest step above the case's level that is still to come, over all breached clocks."""
    if case.status in OVER:
        return None
    return min(_pending(case, ladders), key=lambda found: (found[0], found[1].level), default=None)


def _pending(case: Case, ladders: Ladders) -> Iterator[tuple[datetime, Escalated]]:
    for clock in case.clocks:
        if clock.state is not ClockState.BREACHED or clock.breached_at is None:
            continue
        for step in ladders.get(clock.kind, ()):
            if step.level > case.escalation_level:
                reason = f"{clock.kind.value}_breached"
                yield clock.breached_at + step.after, Escalated(level=step.level, role=step.role, reason=reason)
