"""Legal deadlines of a case in the making: started, ended, and what time does to them. Pure."""

from datetime import datetime

from services.routing.draft import Draft
from services.routing.legal import deadline as deadlines
from services.routing.legal.deadline import Coming
from services.routing.legal.rules import LegalRule
from shared.contracts.cases import Escalated
from shared.contracts.legal import LegalDeadline, LegalDeadlineMoved, LegalMove, LegalState
from shared.contracts.personal import Personal


def begin(draft: Draft, deadline: LegalDeadline) -> bool:
    """False where the case has it already: whatever starts it comes once."""
    if any(known.deadline_id == deadline.deadline_id for known in draft.case.legal_deadlines):
        return False
    draft.set(legal_deadlines=(*draft.case.legal_deadlines, deadline))
    _note(draft, deadline, "started")
    return True


def end(
    draft: Draft, deadline: LegalDeadline, state: LegalState, by: str, at: datetime, note: Personal | None = None
) -> bool:
    """Met or withdrawn; False where it had ended."""
    ended = deadlines.end(deadline, state, by, at)
    if ended is None:
        return False
    _put(draft, ended)
    _note(draft, ended, "met" if state is LegalState.MET else "withdrawn", note)
    return True


def come(draft: Draft, deadline: LegalDeadline, rule: LegalRule, coming: Coming) -> None:
    """What fell due: the warning or the miss, and whoever is told of it."""
    after = deadlines.step(deadline, coming)
    _put(draft, after)
    if coming.what != "told":
        _note(draft, after, coming.what)
    if coming.step is not None:
        draft.note(
            Escalated(
                level=after.steps_done,
                role=coming.step.role,
                reason=f"legal_{rule.kind.value}",
                ladder=f"legal/{rule.kind.value}",
                channels=coming.step.channels,
                critical=coming.step.critical,
                raised=False,
            )
        )


def _put(draft: Draft, deadline: LegalDeadline) -> None:
    known = draft.case.legal_deadlines
    draft.set(legal_deadlines=tuple(deadline if k.deadline_id == deadline.deadline_id else k for k in known))


def _note(draft: Draft, deadline: LegalDeadline, move: LegalMove, note: Personal | None = None) -> None:
    draft.note(
        LegalDeadlineMoved(
            deadline_id=deadline.deadline_id,
            kind=deadline.kind,
            move=move,
            due_at=deadline.due_at,
            was_missed=deadline.missed_at is not None and move != "missed",
            note=note,
        )
    )
