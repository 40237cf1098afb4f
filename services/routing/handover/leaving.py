"""An agent goes: which of their cases are handed over, and what becomes of each (RO-4). Pure.

A case is handed over once for each leaving: what was handed over is not in their hands any more, or says until when
it stays. What they do of their own will after they should have gone (overtime) is theirs.
"""

from dataclasses import dataclass
from datetime import datetime

from services.routing import moves
from services.routing.assignment import Queued, holder_of
from services.routing.draft import Draft
from services.routing.rules import Rules
from services.routing.state import AgentLeft
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.handovers import ShiftReason


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who goes, since when, and why."""

    agent: str
    at: datetime
    reason: ShiftReason

    @property
    def by_calendar(self) -> bool:
        return self.reason == "shift_end"


def is_pending(case: Case, leaving: Leaving, now: datetime) -> bool:
    """Whether it is still to be handed over."""
    if holder_of(case) != leaving.agent or (case.worked_at is not None and case.worked_at > leaving.at):
        return False
    known = case.handover
    if known is None or known.agent != leaving.agent or known.stays_until is None:
        return True
    stays = now < known.stays_until and case.status is CaseStatus.WAITING_CUSTOMER
    return not stays or (leaving.reason == "asked" and known.at < leaving.at)


def is_back(leaving: Leaving, rules: Rules, now: datetime) -> bool:
    """Nobody looked when the shift ended, and the next one has begun: what they hold is in the right hands again."""
    agent = rules.roster.agents.get(leaving.agent)
    return leaving.by_calendar and agent is not None and now > leaving.at and agent.shift.covers(now)


def stays_until(case: Case, leaving: Leaving, rules: Rules, now: datetime) -> datetime | None:
    """The beginning of its agent's next shift, where the case waits for its customer and they are back soon enough."""
    agent = rules.roster.agents.get(leaving.agent)
    if leaving.reason == "asked" or case.status is not CaseStatus.WAITING_CUSTOMER or agent is None:
        return None
    back = agent.shift.next_start(now)
    return back if back is not None and back - now <= rules.handover.stays else None


def wants_agent(case: Case, leaving: Leaving, rules: Rules, now: datetime) -> bool:
    """Whether it goes to an agent who is there, rather than to the queue or nowhere."""
    return stays_until(case, leaving, rules, now) is None and rules.handover.is_urgent(case, now)


def queued_of(case: Case, leaving: Leaving) -> Queued:
    """The case as the assigner sees it, were it in the queue; not for whoever goes."""
    return Queued(
        case_id=case.case_id,
        priority=case.classification.priority,
        opened_at=case.opened_at,
        channel=case.channel,
        kind=case.classification.kind,
        group=case.group,
        language=case.customer.language,
        tags=frozenset(case.classification.tags),
        preferred=case.preferred_agent,
        declined=frozenset((*case.declined_by, leaving.agent)),
    )


def hand_over(draft: Draft, left: AgentLeft, rules: Rules, now: datetime) -> Draft | None:
    """To `left.to` where it names somebody; clocks and the time that it has waited stay as they are."""
    leaving = Leaving(left.agent, left.at, left.reason)
    if not is_pending(draft.case, leaving, now):
        return None
    until = stays_until(draft.case, leaving, rules, now)
    if until is not None:
        moves.stay(draft, left.reason, until, now)
    elif left.to is not None:
        moves.pass_on(draft, left.to, left.reason, now)
    else:
        moves.leave_in_queue(draft, left.reason, now)
    return draft
