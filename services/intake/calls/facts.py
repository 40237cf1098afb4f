"""What all stages of a call say together: a pure function of the set of them, so their order can't matter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.calls import CallStage, CallStep
from shared.contracts.people import Customer

LONGEST_S = 86_400
"""What is worked out from two times is cut here: a clock that is wrong by days says nothing about waiting."""

_OF_THE_CALL = (CallStep.RINGING, CallStep.ANSWERED, CallStep.ENDED)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """`certain` says whether `answered` can't change any more, `waited` whether the wait is known.

    That a person answered is never taken back; that nobody did is certain once the end of the call says so, for after
    an attempt that failed there may be another.
    """

    customer: Customer | None
    language: str | None
    started_at: datetime
    ended: bool
    answered: bool
    certain: bool
    waited: bool
    wait_seconds: int
    talk_seconds: int
    rings: int
    recordings: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """No stage that may be on its way could change what the contact says: a missed call has nothing to write down,
        of one that was answered the recording and the transcript are there."""
        said = self.ended and self.certain and self.waited
        return said and (not self.answered or bool(self.recordings and self.texts))

    @property
    def concerns_somebody(self) -> bool:
        """The end of a line that nobody was named on (an internal call) is no contact."""
        return self.customer is not None or bool(self.texts or self.recordings)


def facts_of(stages: Iterable[CallStage], ring_cycle_s: int) -> CallFacts:
    """The facts of at least one stage."""
    ordered = sorted(stages, key=lambda s: (s.at, s.stage_id))
    started_at = _started(ordered)
    statements = [s.answered for s in ordered if s.answered is not None]
    answered = any(statements) if statements else _picked_up(ordered)
    wait, waited = _wait(ordered, started_at, answered)
    return CallFacts(
        customer=_customer(ordered),
        language=next((s.language for s in ordered if s.language), None),
        started_at=started_at,
        ended=any(s.step is CallStep.ENDED for s in ordered),
        answered=answered,
        certain=any(s.answered or (s.answered is False and s.step is CallStep.ENDED) for s in ordered),
        waited=waited,
        wait_seconds=wait,
        talk_seconds=_talk(ordered, wait) if answered else 0,
        rings=-(-wait // ring_cycle_s) if (rings := _largest(s.rings for s in ordered)) is None else rings,
        recordings=tuple(dict.fromkeys(s.recording_ref for s in ordered if s.recording_ref)),
        texts=tuple(dict.fromkeys(t for s in ordered if s.text and (t := s.text.reveal().strip()))),
    )


def _picked_up(ordered: list[CallStage]) -> bool:
    """Somebody or something took the call, as far as one can tell from the line alone."""
    return any(s.step is CallStep.ANSWERED or s.lasted_seconds or s.talk_seconds for s in ordered)


def _customer(ordered: list[CallStage]) -> Customer | None:
    """A number before a withheld one, then the first."""
    named = [s.customer for s in ordered if s.customer]
    return next((c for c in named if c.contacts), named[0] if named else None)


def _started(ordered: list[CallStage]) -> datetime:
    """The first ringing; a recording's time is that of its making ready, so it counts only where nothing else does."""
    ringing = (s.at for s in ordered if s.step is CallStep.RINGING)
    return next(ringing, next((s.at for s in ordered if s.step in _OF_THE_CALL), ordered[0].at))


def _wait(ordered: list[CallStage], started_at: datetime, answered: bool) -> tuple[int, bool]:
    """As stated, else up to the person who answered, or to the end where nobody did."""
    stated = _largest(s.wait_seconds for s in ordered)
    if stated is not None:
        return stated, True
    over = _first(ordered, CallStep.ANSWERED, by_person=True) if answered else _first(ordered, CallStep.ENDED)
    lasted, talked = _largest(s.lasted_seconds for s in ordered), _largest(s.talk_seconds for s in ordered)
    if over is None and answered and lasted is not None and talked is not None:
        return max(0, lasted - talked), True
    over = over or _first(ordered, CallStep.ANSWERED)
    rang = any(s.step is CallStep.RINGING for s in ordered)
    return (_seconds(started_at, over), True) if rang and over else (0, False)


def _talk(ordered: list[CallStage], wait: int) -> int:
    stated = _largest(s.talk_seconds for s in ordered)
    if stated is not None:
        return stated
    lasted = _largest(s.lasted_seconds for s in ordered)
    if lasted is not None:
        return max(0, lasted - wait)
    taken, ended = _first(ordered, CallStep.ANSWERED), _first(ordered, CallStep.ENDED)
    return _seconds(taken, ended) if taken and ended else 0


def _first(ordered: list[CallStage], step: CallStep, by_person: bool = False) -> datetime | None:
    return next((s.at for s in ordered if s.step is step and (s.answered or not by_person)), None)


def _seconds(since: datetime, until: datetime) -> int:
    return min(LONGEST_S, max(0, int((until - since).total_seconds())))


def _largest(values: Iterable[int | None]) -> int | None:
    return max((v for v in values if v is not None), default=None)
