"""The register's documents, from how a case stood and stands: one per deadline, written with the case (RO-7). Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.contracts.base import derived_id
from shared.contracts.cases import Case, Clock, ClockKind, ClockState
from shared.contracts.legal import LegalDeadline, LegalKind, LegalState

PAUSELESS = ClockKind.LEGAL_ANSWER
_STATES = {ClockState.BREACHED: LegalState.MISSED, ClockState.MET: LegalState.MET}
COMPLAINT = "case/complaint"
SOLVED = "case/resolved"
MERGED = "case/merged"


@dataclass(frozen=True, slots=True)
class Entry:
    """A deadline of the register, with the case that it belongs to, and the version of that case which wrote it."""

    case_id: str
    case_number: str
    version: int
    deadline: LegalDeadline


def entries(before: Case | None, after: Case) -> Iterator[Entry]:
    """What a change of the case wrote of its deadlines; nothing for most changes."""
    known = before.legal_deadlines if before else ()
    if after.legal_deadlines is not known:
        for deadline in after.legal_deadlines:
            if deadline not in known:
                yield Entry(after.case_id, after.number, after.version, deadline)
    old, new = _clock(before), _clock(after)
    if old is not None and old.state not in _ENDED and (new is None or new.started_at != old.started_at):
        yield superseded(Entry(after.case_id, after.number, after.version, _of_clock(after.case_id, old)), after)
    if new is not None and new != old:
        yield Entry(after.case_id, after.number, after.version, _of_clock(after.case_id, new))


def newer(found: Iterable[Entry], known: Mapping[str, Entry]) -> list[Entry]:
    """Of entries by rising versions those that say something new, the last one for each deadline."""
    told = dict(known)
    for entry in found:
        stands = told.get(entry.deadline.deadline_id)
        if stands is None or (entry.version > stands.version and entry.deadline != stands.deadline):
            told[entry.deadline.deadline_id] = entry
    return [entry for identity, entry in told.items() if entry is not known.get(identity)]


def superseded(entry: Entry, case: Case) -> Entry:
    """The entry of a clock that the case has no more: another case goes on with it, or it began anew."""
    gone = {"state": LegalState.WITHDRAWN, "ended_at": case.updated_at, "ended_by": MERGED}
    return Entry(case.case_id, case.number, case.version, entry.deadline.model_copy(update=gone))


_ENDED = frozenset({ClockState.MET})


def _clock(case: Case | None) -> Clock | None:
    return next((clock for clock in case.clocks if clock.kind is PAUSELESS), None) if case else None


def _of_clock(case_id: str, clock: Clock) -> LegalDeadline:
    """The answer to a complaint: the clock of the case is the deadline; started anew, it is another one."""
    return LegalDeadline(
        deadline_id=derived_id(case_id, f"legal/{LegalKind.COMPLAINT_ANSWER.value}/{clock.started_at.isoformat()}"),
        kind=LegalKind.COMPLAINT_ANSWER,
        state=_STATES.get(clock.state, LegalState.OPEN),
        started_at=clock.started_at,
        due_at=clock.due_at,
        steps_done=int(clock.state is ClockState.WARNED),
        started_by=COMPLAINT,
        missed_at=clock.breached_at,
        ended_at=clock.met_at,
        ended_by=SOLVED if clock.met_at else None,
    )
