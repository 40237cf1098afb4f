"""One legal deadline: starts, is warned of, missed, met or withdrawn; each once, and never paused (RO-7). Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.routing.legal.rules import LegalRule, LegalStep
from shared.contracts.legal import LegalDeadline, LegalState

PENDING = frozenset({LegalState.OPEN, LegalState.MISSED})
"""What can still be met or withdrawn."""


@dataclass(frozen=True, slots=True)
class Coming:
    """What befalls a deadline next by itself; `step`: who is told of it, where somebody is."""

    at: datetime
    what: Literal["warned", "missed", "told"]
    step: LegalStep | None = None


def start(
    rule: LegalRule,
    deadline_id: str,
    started_at: datetime,
    by: str,
    *,
    claim_id: str | None = None,
    reference: str | None = None,
    authority: str | None = None,
) -> LegalDeadline:
    """`by`: the event that starts it."""
    return LegalDeadline(
        deadline_id=deadline_id,
        kind=rule.kind,
        state=LegalState.OPEN,
        started_at=started_at,
        due_at=rule.end(started_at),
        claim_id=claim_id,
        reference=reference,
        authority=authority,
        started_by=by,
    )


def next_step(deadline: LegalDeadline, rule: LegalRule) -> Coming | None:
    """Warnings, then the miss, then what follows it: the one that was not told yet; None once it has ended."""
    if deadline.state not in PENDING:
        return None
    done, warnings = deadline.steps_done, rule.warnings
    if deadline.state is LegalState.OPEN:
        if done < len(warnings):
            return Coming(warnings[done].at(deadline.due_at), "warned", warnings[done])
        return Coming(deadline.due_at, "missed")
    told = done - len(warnings)
    if told < len(rule.afterwards):
        return Coming(rule.afterwards[told].at(deadline.due_at), "told", rule.afterwards[told])
    return None


def step(deadline: LegalDeadline, coming: Coming) -> LegalDeadline:
    """The deadline after what came. A miss is no step of the ladder: what is told of it comes after."""
    if coming.what == "missed":
        return deadline.model_copy(update={"state": LegalState.MISSED, "missed_at": coming.at})
    return deadline.model_copy(update={"steps_done": deadline.steps_done + 1})


def end(deadline: LegalDeadline, state: LegalState, by: str, at: datetime) -> LegalDeadline | None:
    """Met or withdrawn, late or not; None where it had ended."""
    if deadline.state not in PENDING:
        return None
    return deadline.model_copy(update={"state": state, "ended_at": at, "ended_by": by})
