"""Moves of a case from status to status: given to an agent, woken, resolved, closed, opened again."""

from datetime import datetime

from services.routing import survey, timekeeping
from services.routing.classify import group_of
from services.routing.draft import Draft
from services.routing.rules import Rules
from services.routing.timekeeping import Calendars
from shared.contracts.cases import Assigned, CaseStatus, Closed, Reopened, Resolved


def give_to(draft: Draft, agent: str) -> None:
    """To an agent; a case that waits for the customer goes on waiting."""
    if draft.case.status is CaseStatus.QUEUED:
        draft.set(status=CaseStatus.ASSIGNED)
    draft.set(agent=agent)
    draft.note(Assigned(agent=agent, group=draft.case.group))


def wake(draft: Draft, calendars: Calendars, now: datetime) -> None:
    """The customer answered: the clocks that waited for it go on."""
    if draft.case.status is CaseStatus.WAITING_CUSTOMER:
        draft.set(status=CaseStatus.ASSIGNED if draft.case.agent else CaseStatus.QUEUED)
        timekeeping.resume(draft, calendars, now)


def resolve(draft: Draft, by: str, rules: Rules, now: datetime) -> None:
    """All clocks are answered: the notice that follows tells the customer of the solution, and asks about it."""
    timekeeping.meet_all(draft, now)
    draft.set(status=CaseStatus.RESOLVED, resolved_at=now)
    draft.note(Resolved(by=by))
    survey.ask(draft, rules.calendar.survey, now)


def close(draft: Draft, by: str, now: datetime) -> None:
    draft.set(status=CaseStatus.CLOSED, closed_at=now)
    draft.note(Closed(by=by))


def reopen(draft: Draft, rules: Rules, at: datetime) -> None:
    """Back into the queue, with all clocks anew."""
    draft.set(
        status=CaseStatus.QUEUED,
        preferred_agent=draft.case.agent or draft.case.preferred_agent,
        declined_by=(),
        agent=None,
        resolved_at=None,
        closed_at=None,
        escalation_level=0,
        climbs=(),
        reopened_at=at,
        answered_by=None,
        reopened=draft.case.reopened + 1,
        group=group_of(draft.case.classification, rules.tier(draft.case.customer), rules),
    )
    if draft.case.survey is not None and draft.case.survey.score is None:
        draft.set(survey=None)
    draft.note(Reopened())
    timekeeping.restart(draft, rules.targets(draft.case), at)
