"""Legal deadlines as figures: open by their end, missed (RO-7). Pure; each event carries its own difference."""

from collections.abc import Iterator
from datetime import datetime

from services.metrics import indicator as i
from services.metrics.readings import CaseChange, CaseChangedReading, CaseReading
from services.metrics.shapes import Indicator
from shared.contracts.cases import ClockKind, ClockState
from shared.contracts.legal import LegalKind

Increment = tuple[Indicator, tuple[str, ...], int]
TICKING = (ClockState.RUNNING, ClockState.WARNED)


def of_case(event: CaseChangedReading) -> Iterator[Increment]:
    for change in event.changes:
        if change.type == "legal_deadline":
            yield from _moved(change)
        elif change.clock == ClockKind.LEGAL_ANSWER and change.change == "breached":
            yield i.LEGAL_MISSED, (LegalKind.COMPLAINT_ANSWER.value,), 1
    if event.before is not None or event.case.version == 1:
        yield from _answer(event.before.legal_due if event.before else None, _legal_due(event.case))


def _moved(change: CaseChange) -> Iterator[Increment]:
    """One that was missed is not open any more: its end changes nothing."""
    if change.due_at is None:
        return
    cell = (change.kind, _hour(change.due_at))
    if change.move == "started":
        yield i.LEGAL_OPEN, cell, 1
    elif change.move == "missed":
        yield i.LEGAL_OPEN, cell, -1
        yield i.LEGAL_MISSED, (change.kind,), 1
    elif change.move in ("met", "withdrawn") and not change.was_missed:
        yield i.LEGAL_OPEN, cell, -1


def _answer(stood: datetime | None, stands: datetime | None) -> Iterator[Increment]:
    """The answer to a complaint is a clock; a merge moves it to another case without a word about clocks."""
    if stood == stands:
        return
    if stood is not None:
        yield i.LEGAL_OPEN, (LegalKind.COMPLAINT_ANSWER.value, _hour(stood)), -1
    if stands is not None:
        yield i.LEGAL_OPEN, (LegalKind.COMPLAINT_ANSWER.value, _hour(stands)), 1


def _legal_due(case: CaseReading) -> datetime | None:
    running = (c.due_at for c in case.clocks if c.kind is ClockKind.LEGAL_ANSWER and c.state in TICKING)
    return next(running, None)


def _hour(at: datetime) -> str:
    return str(int(at.timestamp()) // 3600)
