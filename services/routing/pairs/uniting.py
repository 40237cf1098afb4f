"""Which open cases of one person are one matter, and become one by themselves (RO-1, IN-5). Pure.

Two handles of one person that write before anything links them open a case each. Once they are known to be one
person's, the younger goes into the older, where the rules of threading would have put its contacts. Cases of one id are
left alone: they were threaded when they came, and what a person split stays split.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from services.routing.aliases import Aliases
from services.routing.life import is_over
from services.routing.pairs.merging import merge_by_itself
from services.routing.persons import is_unknown
from services.routing.refusals import ActRefused
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from services.routing.threading import has_references
from shared.contracts.case_pairs import WhoIsWho
from shared.contracts.cases import Case


def unite(
    states: Iterable[CaseState], aliases: Aliases, because: WhoIsWho, rules: Rules, now: datetime
) -> list[ChangeSet]:
    """What follows for these cases, in order: of each merge the case that ends, then the one that goes on.

    `aliases`: of their customers. What has been merged is over, so that a repeat finds nothing.
    """
    kept: list[CaseState] = []
    found: list[ChangeSet] = []
    for state in sorted(states, key=_age):
        if state.reserved or is_over(state.case) or is_unknown(state.case.customer):
            continue
        place = next((n for n, older in enumerate(kept) if _belong(older.case, state.case, aliases)), None)
        pair = _pair(state, kept[place], because, rules, now) if place is not None else None
        if place is None or pair is None:
            kept.append(state)
            continue
        kept[place] = pair[1].state
        found += pair
    return found


def is_one_matter(one: Case, other: Case) -> bool:
    """Whether what was written in the one would have joined the other, were they one customer's: a parcel or an order
    in common, or a contact without reference, which goes to the open case that there is (`Book.find_contact`)."""
    if not (has_references(one) and has_references(other)):
        return True
    numbers = {*one.tracking_numbers, *one.order_numbers}
    return not numbers.isdisjoint((*other.tracking_numbers, *other.order_numbers))


def is_divided(cases: Iterable[Case]) -> bool:
    """Whether two open cases of two ids are one matter: to be looked at, should the ids be one person's."""
    open_cases = [case for case in cases if not is_over(case) and not is_unknown(case.customer)]
    return any(
        one.customer.customer_id != other.customer.customer_id and is_one_matter(one, other)
        for n, one in enumerate(open_cases)
        for other in open_cases[n + 1 :]
    )


def is_one_person(one: str, other: str, aliases: Aliases) -> bool:
    """Whether two customer ids mean the same person, as far as is known."""
    return any(i in aliases and j in aliases[i].same for i, j in ((one, other), (other, one)))


def are_two_persons(one: str, other: str, aliases: Aliases) -> bool:
    """Whether two customer ids are known to mean different persons."""
    return one in aliases and other in aliases and not is_one_person(one, other, aliases)


def final(found: Sequence[ChangeSet]) -> dict[str, CaseState]:
    """The states to be stored: first the cases that end, whose keys go over."""
    last = {change.state.case.case_id: change.state for change in found}
    return dict(sorted(last.items(), key=lambda item: not is_over(item[1].case)))


def _belong(one: Case, other: Case, aliases: Aliases) -> bool:
    ids = one.customer.customer_id, other.customer.customer_id
    return ids[0] != ids[1] and is_one_person(*ids, aliases) and is_one_matter(one, other)


def _pair(
    younger: CaseState, older: CaseState, because: WhoIsWho, rules: Rules, now: datetime
) -> tuple[ChangeSet, ChangeSet] | None:
    """The younger into the older; where something hangs on the younger (a claim, a work order), the other way round;
    None where something hangs on both: a person settles that."""
    for ending, going in _ways(younger, older):
        try:
            return merge_by_itself(ending, going, because, rules, now)
        except ActRefused:
            continue
    return None


def _ways(one: CaseState, other: CaseState) -> Iterator[tuple[CaseState, CaseState]]:
    yield one, other
    yield other, one


def _age(state: CaseState) -> tuple[datetime, str]:
    return state.case.opened_at, state.case.case_id
