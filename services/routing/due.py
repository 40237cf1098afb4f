"""What falls due on a case by itself, in order: warnings, breaches, escalations, closing, the end of its keys."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services.routing import clocks, fields, survey
from services.routing.draft import Draft
from services.routing.escalation import Ladders, Rung, climbed, next_rung
from services.routing.hours import BusinessHours
from services.routing.legal import turns
from services.routing.legal.deadline import next_step
from services.routing.legal.rules import LegalRules
from services.routing.life import Life
from services.routing.selfservice.handover import hand_over, waits_until
from services.routing.survey import SurveyRules
from services.routing.threading import is_slot
from shared.contracts.cases import Case, CaseStatus, Clock, Closed
from shared.contracts.personal import Personal

SYSTEM = "system"


class Coming(NamedTuple):
    """What befalls a case by itself: when, and the effect on its draft with what that needs."""

    at: datetime
    effect: Callable[..., None]
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The rules that time alone sets off."""

    ladders: Ladders
    life: Life
    fields: fields.FieldRules
    hours: Mapping[str, BusinessHours]
    survey: SurveyRules
    legal: LegalRules


def next_due(case: Case, keys: Sequence[str], calendar: Calendar) -> datetime | None:
    """When something on the case falls due next."""
    times = [coming.at for coming in _coming(case, calendar)]
    times += [end for key in keys if (end := _end_of(key, case, calendar.life)) is not None]
    return min(times, default=None)


def fire(draft: Draft, calendar: Calendar, now: datetime) -> None:
    """Everything that fell due up to `now`, oldest first: also after a long standstill each fires once."""
    while True:
        first = min(_coming(draft.case, calendar), key=lambda coming: coming.at, default=None)
        if first is None or first.at > now:
            return
        first.effect(draft, *first.arguments)


def keys_left(case: Case, keys: Sequence[str], life: Life, now: datetime) -> tuple[str, ...]:
    """The keys of a case that are not over: an open case holds them all."""
    ends = ((key, _end_of(key, case, life)) for key in keys)
    return tuple(key for key, end in ends if end is None or end > now)


def _end_of(key: str, case: Case, life: Life) -> datetime | None:
    """Until when a closed case can be reopened, by a reference or without one."""
    if case.closed_at is None:
        return None
    return case.closed_at + (life.reopen_without_reference if is_slot(key) else life.reopen)


def _coming(case: Case, calendar: Calendar) -> Iterator[Coming]:
    for clock in case.clocks:
        step = clocks.next_step(clock)
        if step is not None:
            yield Coming(step[0], _turn, (clock, *step))
    rung = next_rung(case, calendar.ladders)
    if rung is not None:
        yield Coming(rung.at, _escalate, (rung,))
    ask_at = fields.next_ask(case, calendar.fields)
    if ask_at is not None:
        yield Coming(ask_at, fields.ask, (ask_at,))
    if case.self_service is not None and (until := waits_until(case)) is not None:
        yield Coming(until, hand_over, ("no_facts",))
    if case.survey is not None and (ends := survey.closes_at(case)) is not None:
        yield Coming(ends, survey.close, (ends,))
    for deadline in case.legal_deadlines:
        rule = calendar.legal[deadline.kind]
        if (coming := next_step(deadline, rule)) is not None:
            yield Coming(coming.at, turns.come, (deadline, rule, coming))
    if case.status is CaseStatus.RESOLVED and case.resolved_at is not None:
        at = case.resolved_at + calendar.life.auto_close
        yield Coming(at, _close, (calendar.life, at))


def _turn(draft: Draft, clock: Clock, at: datetime, what: clocks.What) -> None:
    draft.set(clocks=clocks.put(draft.case.clocks, clocks.step(clock, what, at)))
    draft.note(clocks.changed(clock.kind, what))


def _escalate(draft: Draft, rung: Rung) -> None:
    event, climbs, level = climbed(draft.case, rung)
    draft.set(climbs=climbs, escalation_level=level)
    draft.note(event)


def _close(draft: Draft, life: Life, at: datetime) -> None:
    """A resolved case of which nobody says more closes by itself."""
    summary = draft.case.summary or Personal(life.auto_close_summary[draft.case.customer.language])
    draft.set(status=CaseStatus.CLOSED, closed_at=at, summary=summary)
    draft.note(Closed(by=SYSTEM))
