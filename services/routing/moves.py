"""Moves of a case from status to status: given to an agent, woken, resolved, closed, opened again."""

from datetime import datetime
from typing import Literal

from services.routing import survey, timekeeping
from services.routing.classify import group_of
from services.routing.draft import Draft
from services.routing.rules import Rules
from services.routing.timekeeping import Calendars
from shared.contracts.cases import Assigned, Case, CaseStatus, Closed, Reopened, Resolved
from shared.contracts.handovers import HandOver, ShiftHandedOver, ShiftReason

Whither = Literal["agent", "queue", "stays"]


def give_to(draft: Draft, agent: str) -> None:
    """To an agent; a case that waits for the customer goes on waiting."""
    if draft.case.status is CaseStatus.QUEUED:
        draft.set(status=CaseStatus.ASSIGNED)
    draft.set(agent=agent)
    draft.note(Assigned(agent=agent, group=draft.case.group))


def handled(draft: Draft, by: str, now: datetime) -> None:
    """A person did something about it; what its agent does of their own will is theirs after their shift, too (RO-4),
    and what others do is not."""
    draft.set(handled_at=now)
    if by == draft.case.agent:
        draft.set(worked_at=now)


def wake(draft: Draft, calendars: Calendars, now: datetime) -> None:
    """What it waited for came: its clocks go on. Nobody waits until an agent's next shift begins."""
    if draft.case.status is CaseStatus.WAITING_CUSTOMER:
        draft.set(status=CaseStatus.ASSIGNED if draft.case.agent else CaseStatus.QUEUED)
        timekeeping.resume(draft, calendars, now)
        if is_off(draft.case, now):
            leave_in_queue(draft, "woken", now)


def is_off(case: Case, now: datetime) -> bool:
    """Whether the case stayed with an agent who is not back yet."""
    until = case.handover.stays_until if case.handover and case.handover.agent == case.agent else None
    return until is not None and now < until


def stay(draft: Draft, reason: ShiftReason, until: datetime, now: datetime) -> None:
    """Its agent goes, and keeps it until they are back."""
    agent = draft.case.agent
    draft.note(_handed_over(draft.case, reason, "stays", agent))
    _remember(draft, reason, now, until)


def pass_on(draft: Draft, to: str, reason: ShiftReason, now: datetime) -> None:
    """Its agent goes, and another has it."""
    draft.note(_handed_over(draft.case, reason, "agent", to))
    _remember(draft, reason, now)
    draft.set(preferred_agent=draft.case.agent)
    give_to(draft, to)


def leave_in_queue(draft: Draft, reason: ShiftReason, now: datetime) -> None:
    """Its agent goes: back into the queue, in the place of its age. One that waits for its customer goes on waiting."""
    case = draft.case
    draft.note(_handed_over(case, reason, "queue"))
    _remember(draft, reason, now)
    waits = case.status is CaseStatus.WAITING_CUSTOMER
    draft.set(
        status=CaseStatus.WAITING_CUSTOMER if waits else CaseStatus.QUEUED, agent=None, preferred_agent=case.agent
    )


def _remember(draft: Draft, reason: ShiftReason, now: datetime, until: datetime | None = None) -> None:
    agent = draft.case.agent
    assert agent is not None, "only what is held is handed over"
    draft.set(handover=HandOver(agent=agent, at=now, reason=reason, stays_until=until))


def _handed_over(case: Case, reason: ShiftReason, to: Whither, to_agent: str | None = None) -> ShiftHandedOver:
    """With the note that its agent wrote for it."""
    assert case.agent is not None, "only what is held is handed over"
    note = case.handover_note.text if case.handover_note and case.handover_note.by == case.agent else None
    return ShiftHandedOver(reason=reason, agent=case.agent, to=to, to_agent=to_agent, group=case.group, note=note)


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
