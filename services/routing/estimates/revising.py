"""What a case's customer may expect, after each news of its parcel; told where it moved by enough (RO-11, NO-1). Pure.

Silent are: the estimate of a case that is just opened, for the notice of the opening says it; one that an incident
or an answer tells; and everything once the parcel has arrived.
"""

from datetime import datetime, timedelta
from typing import Literal

from services.routing.draft import Draft
from services.routing.estimates.arrival import Cause, Held, arrival
from services.routing.estimates.table import ARRIVED
from services.routing.rules import Rules
from shared.contracts.cases import Case, Opened
from shared.contracts.estimates import ArrivalEstimate, EstimateMoved

Teller = Literal["case", "incident", "joining", "answer"]
"""Who tells a moved estimate: a notice of the case, or one of its incident; the incident that it just came under, or
an answer, say it in any case."""
SAYS_IT: frozenset[Teller] = frozenset({"joining", "answer"})


def by_exception(draft: Draft, rules: Rules, now: datetime, since: datetime | None = None) -> None:
    """The case's exception holds its parcel up: since the scan that reported it, else since it was detected, or since
    `since`."""
    case = draft.case
    if case.parcel is not None and case.exception_kind is not None:
        begin = since or _reported_at(case) or case.exception_at or now
        _revise(draft, Held(begin, rules.estimates.held_until(case, begin)), rules, now)


def by_incident(draft: Draft, delay: timedelta, rules: Rules, now: datetime) -> None:
    """An incident holds the parcel up from now on; where its exception leaves no estimate, it has none either."""
    case = draft.case
    if case.parcel is None:
        return
    hopeless = case.exception_kind is not None and rules.estimates.held_until(case, now) is None
    _revise(draft, Held(now, None if hopeless else now + delay, "incident"), rules, now, by="joining")


def by_other_delay(draft: Draft, delay: timedelta, rules: Rules, now: datetime) -> None:
    """The incident's estimate is another one: it counts from when the parcel came under it, so that whenever and
    however often it is worked out it is the same. The incident tells it, and the case notes what moved by enough."""
    case, known = draft.case, draft.case.estimate
    if case.parcel is None:
        return
    since = (known.held_since if known else None) or case.exception_at or now
    hopeless = case.exception_kind is not None and rules.estimates.held_until(case, since) is None
    _revise(draft, Held(since, None if hopeless else since + delay, "incident"), rules, now, by="incident")


def by_move(draft: Draft, rules: Rules, now: datetime) -> None:
    """The parcel came to another node, or time has passed: what held it up still may."""
    case, known = draft.case, draft.case.estimate
    if known is None or known.held_since is None:
        by_exception(draft, rules, now)
    else:
        basis: Cause = "exception" if case.incident_id is None else "incident"
        _revise(draft, Held(known.held_since, known.held_until, basis), rules, now)


def by_release(draft: Draft, rules: Rules, now: datetime) -> None:
    """Nothing holds the parcel up any more."""
    _revise(draft, None, rules, now)


def by_answer(draft: Draft, rules: Rules, now: datetime) -> None:
    """The customer asked, and the answer says it."""
    _revise(draft, None, rules, now, by="answer")


def _reported_at(case: Case) -> datetime | None:
    """What the carrier says of the arrival from then on takes the exception into account."""
    track = case.parcel.track if case.parcel else ()
    return next((point.at for point in reversed(track) if point.exception is case.exception_kind), None)


def _revise(draft: Draft, held: Held | None, rules: Rules, now: datetime, *, by: Teller = "case") -> None:
    case = draft.case
    if case.parcel is None:
        return
    before, after = case.estimate, arrival(case.parcel, held, rules.estimates, now)
    if by in SAYS_IT or case.parcel.node in ARRIVED or any(isinstance(change, Opened) for change in draft.changes):
        draft.set(estimate=after)
    elif _holds(before, after, rules.estimates.tolerance, now):
        draft.set(estimate=after and before and after.model_copy(update={"at": before.at}))
    else:
        draft.set(estimate=after)
        draft.note(EstimateMoved(before=before and before.at, after=after and after.at, told=by != "incident"))


def _holds(before: ArrivalEstimate | None, after: ArrivalEstimate | None, tolerance: timedelta, now: datetime) -> bool:
    """Whether what the customer was told is still right, or was nothing and still is."""
    if before is None or after is None:
        return before is after
    return before.at > now and abs(after.at - before.at) <= tolerance
