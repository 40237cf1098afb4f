"""The one decision on an incident: what a person's act, or time, makes of it (RO-12). Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.routing import clocks
from services.routing.acts import Actor
from services.routing.incidents.rules import IncidentRules, Rung
from services.routing.number import number_of
from services.routing.refusals import IllegalMove, NotAllowed
from shared.contracts.cases import ClockKind
from shared.contracts.incidents import (
    CaseLinked,
    CaseUnlinked,
    Cause,
    Incident,
    IncidentAcknowledged,
    IncidentChange,
    IncidentClock,
    IncidentClosed,
    IncidentEscalated,
    IncidentEstimated,
    IncidentNoted,
    IncidentOpened,
    IncidentStatus,
    MemberKind,
    Review,
    Surprise,
)
from shared.contracts.personal import Personal

NOTES_MAX = 200
CLOCK = ClockKind.FIRST_RESPONSE
"""The kind of an incident's clock: the first answer, here the joint one."""


@dataclass(frozen=True, slots=True)
class Opening:
    """`by`: a person, or the service that detected it; `surprise`: why the detector spoke."""

    incident_id: str
    cause: Cause
    origin: Literal["detector", "person"]
    by: str
    since: datetime
    delay_hours: int
    surprise: Surprise | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    actor: Actor


@dataclass(frozen=True, slots=True)
class Note:
    actor: Actor
    text: Personal


@dataclass(frozen=True, slots=True)
class Estimate:
    actor: Actor
    delay_hours: int


@dataclass(frozen=True, slots=True)
class LinkCase:
    actor: Actor
    case_id: str


@dataclass(frozen=True, slots=True)
class UnlinkCase:
    actor: Actor
    case_id: str


@dataclass(frozen=True, slots=True)
class Close:
    actor: Actor
    review: Review


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Something on it fell due."""


Act = Acknowledge | Note | Estimate | LinkCase | UnlinkCase | Close
Event = Act | TimePassed


@dataclass(frozen=True, slots=True)
class Decided:
    """The incident after one decision, and its changes in order."""

    incident: Incident
    changes: tuple[IncidentChange, ...]


def opened(opening: Opening, rules: IncidentRules, now: datetime) -> Decided:
    incident = Incident(
        incident_id=opening.incident_id,
        number="IN" + number_of(opening.incident_id)[2:],
        version=1,
        cause=opening.cause,
        origin=opening.origin,
        surprise=opening.surprise,
        status=IncidentStatus.OPEN,
        opened_by=opening.by,
        opened_at=now,
        since=opening.since,
        updated_at=now,
        delay_hours=opening.delay_hours,
        clock=clocks.start(CLOCK, rules.response, now),
        task_force=rules.force_of(opening.cause),
    )
    late, changes = _due(incident, rules, now)
    return Decided(late, (IncidentOpened(by=opening.by), IncidentClock(change="started"), *changes))


def decide(incident: Incident, event: Event, rules: IncidentRules, now: datetime) -> Decided | None:
    """What follows, or None: nothing. Raises `refusals.ActRefused` where the act is not possible."""
    late, changes = _due(incident, rules, now)
    if not isinstance(event, TimePassed):
        _must_be_possible(late, event)
        fields, more = _DO[type(event)](late, event, now)
        late, changes = late.model_copy(update=fields), (*changes, *more)
    if not changes:
        return None
    return Decided(late.model_copy(update={"version": incident.version + 1, "updated_at": now}), changes)


def next_due(incident: Incident, rules: IncidentRules) -> datetime | None:
    """When something on it falls due next by itself."""
    rung, step = _next_rung(incident, rules), clocks.next_step(incident.clock)
    return min([*([rung[0]] if rung else ()), *([step[0]] if step else ())], default=None)


def _due(incident: Incident, rules: IncidentRules, now: datetime) -> tuple[Incident, tuple[IncidentChange, ...]]:
    """Everything that fell due up to `now`, oldest first, each once."""
    changes: list[IncidentChange] = []
    while (at := next_due(incident, rules)) is not None and at <= now:
        rung, step = _next_rung(incident, rules), clocks.next_step(incident.clock)
        if step is not None and step[0] == at:
            clock = clocks.step(incident.clock, step[1], at)
            incident = incident.model_copy(update={"clock": clock})
            changes.append(IncidentClock.model_validate({"change": step[1]}))
        elif rung is not None:
            incident = incident.model_copy(update={"escalation_level": rung[1].level})
            changes.append(IncidentEscalated(level=rung[1].level, role=rung[1].role, channels=rung[1].channels))
    return incident, tuple(changes)


def _next_rung(incident: Incident, rules: IncidentRules) -> tuple[datetime, Rung] | None:
    if incident.status is not IncidentStatus.OPEN:
        return None
    ahead = (rung for rung in rules.escalation if rung.level > incident.escalation_level)
    rung = next(ahead, None)
    return None if rung is None else (incident.opened_at + rung.after, rung)


def _must_be_possible(incident: Incident, act: Act) -> None:
    actor = act.actor
    if not actor.senior and not (isinstance(act, Acknowledge | Note) and _in_force(incident, actor)):
        raise NotAllowed(
            "task_force_only",
            "Its task force acknowledges and notes; all else is a lead's.",
            "专项小组可响应和记录，其余操作须由组长执行。",
        )
    if incident.status is IncidentStatus.CLOSED:
        raise IllegalMove("closed", "The incident is closed.", "突发事件已关闭。")


def _in_force(incident: Incident, actor: Actor) -> bool:
    """Whoever is of a group or department of the task force (by the token's groups)."""
    return any(m.kind is not MemberKind.ROLE and m.name in actor.groups for m in incident.task_force)


Effect = tuple[dict[str, Any], tuple[IncidentChange, ...]]


def _acknowledge(incident: Incident, act: Acknowledge, now: datetime) -> Effect:
    if incident.status is not IncidentStatus.OPEN:
        raise IllegalMove("acknowledged", "It is acknowledged already.", "该突发事件已响应。")
    met = clocks.meet(incident.clock, now) or incident.clock
    by = act.actor.agent
    fields = {"status": IncidentStatus.ACKNOWLEDGED, "acknowledged_by": by, "acknowledged_at": now, "clock": met}
    return fields, (IncidentAcknowledged(by=by), IncidentClock(change="met"))


def _note(incident: Incident, act: Note, now: datetime) -> Effect:
    if incident.notes >= NOTES_MAX:
        raise IllegalMove("too_many_notes", f"At most {NOTES_MAX} notes.", f"进展记录最多 {NOTES_MAX} 条。")
    return {"notes": incident.notes + 1}, (IncidentNoted(by=act.actor.agent, text=act.text),)


def _estimate(incident: Incident, act: Estimate, now: datetime) -> Effect:
    change = IncidentEstimated(by=act.actor.agent, delay_hours=act.delay_hours)
    return {"delay_hours": act.delay_hours}, (change,)


def _link(incident: Incident, act: LinkCase, now: datetime) -> Effect:
    return {}, (CaseLinked(by=act.actor.agent, case_id=act.case_id),)


def _unlink(incident: Incident, act: UnlinkCase, now: datetime) -> Effect:
    return {}, (CaseUnlinked(by=act.actor.agent, case_id=act.case_id),)


def _close(incident: Incident, act: Close, now: datetime) -> Effect:
    """Closed without having been acknowledged, it is answered by that."""
    met = clocks.meet(incident.clock, now)
    fields = {
        "status": IncidentStatus.CLOSED,
        "review": act.review,
        "closed_by": act.actor.agent,
        "closed_at": now,
        "clock": met or incident.clock,
    }
    return fields, (*((IncidentClock(change="met"),) if met else ()), IncidentClosed(by=act.actor.agent))


_DO: Mapping[type[Any], Callable[..., Effect]] = {
    Acknowledge: _acknowledge,
    Note: _note,
    Estimate: _estimate,
    LinkCase: _link,
    UnlinkCase: _unlink,
    Close: _close,
}
