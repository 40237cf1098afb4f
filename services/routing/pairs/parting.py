"""Customers who are two after all: a case that routing itself merged into another's is one of its own again. Pure.

Possible where a split is (`pairs.splitting`): the case that went on is open, and is not about what the other brought.
What was written meanwhile, and who read it, stays where it is.
"""

from dataclasses import replace
from datetime import datetime

from services.routing import due, fields, timekeeping
from services.routing.case import standing
from services.routing.contact import retarget
from services.routing.disputes import dispute
from services.routing.draft import Draft
from services.routing.key_accounts.account import tier_of_both
from services.routing.key_accounts.promotion import follow
from services.routing.life import is_over
from services.routing.pairs.merging import SAID
from services.routing.pairs.splitting import own_parcels
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from shared.contracts.case_pairs import Brought, SplitFrom, SplitOff, WhoIsWho
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.people import Customer


def part(
    going: CaseState, ended: CaseState, because: WhoIsWho, rules: Rules, now: datetime
) -> tuple[ChangeSet, ChangeSet] | None:
    """The case that went on, and the one that had ended in it, open again. None: that is not possible (any more)."""
    entry = next((b for b in going.case.brought or () if b.case_id == ended.case.case_id), None)
    if entry is None or not _possible(going.case, ended.case, entry):
        return None
    left, again = Draft(going.case), Draft(ended.case)
    due.fire(left, rules.calendar, now)
    before = left.case
    _give_back(left, entry, ended.case)
    follow(left, before.customer, rules)
    retarget(left, before, rules, now)
    _begin_again(again, entry, before, rules)
    left.note(SplitOff(case_id=ended.case.case_id, number=ended.case.number, because=because))
    again.note(SplitFrom(case_id=going.case.case_id, number=going.case.number, because=because))
    return _found(going, left, rules, now), _found(ended, again, rules, now)


def _possible(going: Case, ended: Case, entry: Brought) -> bool:
    if is_over(going) or ended.merged_into != going.case_id:
        return False
    about = going.exception_id is not None and going.exception_id == ended.exception_id
    return not about and own_parcels(going).isdisjoint(entry.tracking_numbers)


def _give_back(draft: Draft, entry: Brought, ended: Case) -> None:
    """What the other brought; what was learnt since in its place stays."""
    case = draft.case
    draft.set(
        customer=_without(case.customer, entry, ended.customer),
        awaited_media=tuple(ref for ref in case.awaited_media if ref not in entry.awaited_media),
        contacts=max(1, case.contacts - entry.contacts),
        tracking_numbers=tuple(n for n in case.tracking_numbers if n not in entry.tracking_numbers),
        order_numbers=tuple(n for n in case.order_numbers if n not in entry.order_numbers),
        brought=tuple(b for b in case.brought or () if b != entry) or None,
        **{name: None for name in SAID if name in entry.taken and getattr(case, name) == getattr(ended, name)},
    )


def _without(customer: Customer, entry: Brought, other: Customer) -> Customer:
    """The customer of the case that goes on without what the other brought: handles, name, tier."""
    own: dict[str, object] = {"contacts": tuple(point for point in customer.contacts if point not in entry.handles)}
    if "name" in entry.taken and customer.name == other.name:
        own["name"] = None
    if entry.tier is not None:
        before = customer.model_copy(update={"tier": entry.tier, "tier_by": entry.tier_by})
        if tier_of_both(before, other) == {"tier": customer.tier, "tier_by": customer.tier_by}:
            own |= {"tier": entry.tier, "tier_by": entry.tier_by}
    return customer.model_copy(update=own)


def _begin_again(draft: Draft, entry: Brought, going: Case, rules: Rules) -> None:
    """As it was, in the queue; its customer has waited since they first wrote. Of its files, those that came meanwhile
    are in the other case, and those that are still to come are its own again."""
    case = draft.case
    draft.set(
        status=CaseStatus.QUEUED,
        closed_at=None,
        merged_into=None,
        summary=None,
        awaited_media=tuple(ref for ref in entry.awaited_media if ref in going.awaited_media),
        preferred_agent=case.agent or case.preferred_agent,
        agent=None,
    )
    timekeeping.start_missing(draft, rules.targets(draft.case), case.opened_at)


def _found(before: CaseState, draft: Draft, rules: Rules, now: datetime) -> ChangeSet:
    """With the keys that it had: who knows the other cases settles them (`threading.Book`)."""
    fields.settle(draft, rules.calendar.fields, now)
    dispute.settle(draft, rules.disputes, now)
    case = draft.finished(before.case.version + 1, now)
    after = replace(before, case=case, next_due=due.next_due(case, before.open_keys, rules.calendar))
    return ChangeSet(after, tuple(draft.changes), before=standing(before.case))
