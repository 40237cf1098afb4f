"""A case whose customer became a key account: its mark, its queue, its time limits (RO-5). Pure."""

from dataclasses import replace
from datetime import datetime

from services.routing import due, timekeeping
from services.routing.classify import group_of
from services.routing.draft import Draft
from services.routing.key_accounts.account import marked
from services.routing.life import is_over
from services.routing.rules import Rules
from services.routing.selfservice.handover import waits
from services.routing.state import CaseState
from shared.contracts.cases import Case, CaseStatus, TierChanged
from shared.contracts.people import Customer


def promoted(case: Case, rules: Rules, now: datetime) -> Draft | None:
    """An open case after it became known; None: it has the tier already, or nobody works on it any more."""
    if is_over(case) or marked(case.customer, rules) is case.customer:
        return None
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    promote(draft, rules, now)
    return draft


def promote(draft: Draft, rules: Rules, now: datetime) -> None:
    """Marks the case's customer; the time that its clocks have used is used."""
    before = draft.case.customer
    draft.set(customer=marked(before, rules))
    if follow(draft, before, rules):
        timekeeping.retarget(draft, rules.targets(draft.case), rules.calendar.hours, now)


def kept_back(reserved: CaseState, rules: Rules, now: datetime) -> CaseState:
    """A case that an incident keeps back (RO-12), and that nobody is told of: it will be opened with the mark."""
    draft = Draft(reserved.case)
    promote(draft, rules, now)
    return replace(reserved, case=draft.case)


def follow(draft: Draft, before: Customer, rules: Rules) -> bool:
    """The queue of a case whose customer has another tier than `before`; whoever has it in hand keeps it."""
    case = draft.case
    tier = rules.tier(case.customer)
    if tier == rules.tier(before):
        return False
    draft.note(TierChanged(tier=tier, by=case.customer.tier_by or "contract"))
    group = group_of(case.classification, tier, rules)
    if case.self_service is not None and waits(case):
        draft.set(self_service=case.self_service.model_copy(update={"group": group}))
    elif case.status is CaseStatus.QUEUED:
        draft.set(group=group)
    return True
