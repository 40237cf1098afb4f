"""Setting the clocks of a case in the making: start what the table asks for, meet, pause, resume."""

from collections.abc import Mapping
from datetime import datetime

from services.routing import clocks
from services.routing.clocks import Targets
from services.routing.draft import Draft
from services.routing.hours import ALWAYS, BusinessHours
from shared.contracts.cases import Clock, ClockKind

Calendars = Mapping[str, BusinessHours]


def start_missing(draft: Draft, targets: Targets, at: datetime) -> None:
    """Starts the clocks that the case should have and has not."""
    running = draft.case.clocks
    _start(draft, {k: t for k, t in _of_case(targets).items() if clocks.of_kind(running, k) is None}, at)


def restart(draft: Draft, targets: Targets, at: datetime) -> None:
    """Starts all clocks anew, as for a case that is opened again."""
    _start(draft, _of_case(targets), at)


def start_next(draft: Draft, targets: Targets, at: datetime) -> None:
    """A further message waits for its answer since `at` (RO-6). One that is owed already goes on: the oldest
    unanswered message counts."""
    target = targets.get(ClockKind.NEXT_RESPONSE)
    if target is not None and not any(clocks.owes_answer(clocks.of_kind(draft.case.clocks, k)) for k in clocks.ANSWERS):
        _start(draft, {ClockKind.NEXT_RESPONSE: target}, at)


def _of_case(targets: Targets) -> Targets:
    return {kind: target for kind, target in targets.items() if kind not in clocks.BY_MESSAGE}


def _start(draft: Draft, targets: Targets, at: datetime) -> None:
    others = tuple(clock for clock in draft.case.clocks if clock.kind not in targets)
    draft.set(clocks=(*others, *(clocks.start(kind, target, at) for kind, target in targets.items())))
    draft.note(*(clocks.changed(kind, "started") for kind in targets))


def meet(draft: Draft, kind: ClockKind, at: datetime) -> None:
    """Answers one clock of the case, where it still runs."""
    clock = clocks.of_kind(draft.case.clocks, kind)
    _put(draft, clock and clocks.meet(clock, at), "met")


def meet_all(draft: Draft, at: datetime) -> None:
    for clock in draft.case.clocks:
        _put(draft, clocks.meet(clock, at), "met")


def pause(draft: Draft, at: datetime) -> None:
    """Stops the clocks that wait for the customer."""
    for clock in draft.case.clocks:
        _put(draft, clocks.pause(clock, at), "paused")


def resume(draft: Draft, calendars: Calendars, at: datetime) -> None:
    for clock in draft.case.clocks:
        _put(draft, clocks.resume(clock, hours_of(clock, calendars), at), "resumed")


def retarget(draft: Draft, targets: Targets, calendars: Calendars, at: datetime) -> None:
    """The limits of a case that became more urgent count from when each clock began. They only come nearer: who
    complains about a late answer does not have to wait longer for it."""
    for clock in draft.case.clocks:
        target = targets.get(clock.kind)
        found = target and clocks.retarget(clock, target, hours_of(clock, calendars), at)
        if found and found.due_at < clock.due_at:
            _put(draft, found, "retargeted")


def hours_of(clock: Clock, calendars: Calendars) -> BusinessHours:
    """The calendar that the clock was started with; one that the rules no longer know counts around the clock."""
    return calendars.get(clock.calendar, ALWAYS)


def answered(draft: Draft, at: datetime) -> None:
    """The customer was answered: for the first time, or after a further message."""
    for kind in clocks.ANSWERS:
        meet(draft, kind, at)
    if draft.case.first_response_at is None:
        draft.set(first_response_at=at)


def _put(draft: Draft, clock: Clock | None, what: clocks.What) -> None:
    if clock is not None:
        draft.set(clocks=clocks.put(draft.case.clocks, clock))
        draft.note(clocks.changed(clock.kind, what))
