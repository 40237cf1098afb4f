"""Two cases of one matter become one: the one ends, the other goes on with what both know (RO-1). Pure."""

from datetime import datetime
from typing import TypeVar

from services.routing import due, moves
from services.routing.acts import Actor
from services.routing.case import standing
from services.routing.classify import merged
from services.routing.clocks import ANSWERS, Clocks, is_ticking, of_kind, owes_answer, put
from services.routing.contact import reclassify, retarget, united
from services.routing.disputes import dispute
from services.routing.draft import Draft
from services.routing.legal.acts import pending
from services.routing.life import is_over
from services.routing.persons import is_same_person, is_unknown
from services.routing.refusals import IllegalMove, NotAllowed
from services.routing.rules import Rules
from services.routing.selfservice.handover import hand_over, waits
from services.routing.state import CaseState, ChangeSet
from shared.contracts.case_pairs import Absorbed, Brought, Merged, WhoIsWho
from shared.contracts.cases import Case, CaseKind, CaseStatus, Clock, ClockKind
from shared.contracts.personal import Personal

T = TypeVar("T")

SUMMARY = {"zh": "已并入工单 {number}。", "en": "Merged into case {number}."}
SAID = ("subject", "mail_thread", "goods_type", "exception_node", "wished_solution")
"""What the customer said: theirs alone, should they be another's."""
KNOWN_FIRST = (
    "claim",
    "exception_id",
    "exception_kind",
    "exception_fault",
    "exception_at",
    "incident_id",
    "incident_number",
    "parcel",
    "estimate",
    "first_response_at",
    *SAID,
)
"""Of what both may know, the case that goes on keeps its own."""


def merge(
    ending: CaseState, going: CaseState, actor: Actor, rules: Rules, now: datetime
) -> tuple[ChangeSet, ChangeSet]:
    """As a person wishes: the case that ends and the one that goes on, after it. Raises `refusals.ActRefused`."""
    one, other = _as_of(ending, rules, now), _as_of(going, rules, now)
    _must_be_open(one.case, other.case)
    if not actor.senior and actor.agent not in (one.case.agent, other.case.agent):
        raise NotAllowed("not_yours", "Another agent handles these cases.", "两个工单均由其他坐席处理。")
    people = (one.case.customer, other.case.customer)
    if not is_same_person(*people) and not any(is_unknown(person) for person in people):
        raise IllegalMove("other_customer", "The cases are of two customers.", "两个工单不属于同一客户。")
    _must_be_possible(one.case, other.case)
    moves.handled(other, actor.agent, now)
    return _merged(ending, going, one, other, rules, now)


def merge_by_itself(
    ending: CaseState, going: CaseState, because: WhoIsWho, rules: Rules, now: datetime
) -> tuple[ChangeSet, ChangeSet]:
    """As `merge`, of two customers who turned out to be one: the case that goes on is raised as by a contact of the
    other, is answered by all handles, and knows what the other brought. Raises `refusals.ActRefused`."""
    one, other = _as_of(ending, rules, now), _as_of(going, rules, now)
    _must_be_open(one.case, other.case)
    _must_be_possible(one.case, other.case)
    before = other.case
    other.set(
        brought=(*(before.brought or ()), brought(one.case, before)),
        customer=united(before.customer, one.case.customer),
    )
    reclassify(other, merged(before.classification, one.case.classification, rules.life.sure), rules)
    retarget(other, before, rules, now)
    return _merged(ending, going, one, other, rules, now, because)


def brought(ending: Case, going: Case) -> Brought:
    """What the one has that the other has not."""
    return Brought(
        case_id=ending.case_id,
        customer_id=ending.customer.customer_id,
        contacts=ending.contacts,
        handles=_without(ending.customer.contacts, going.customer.contacts),
        tracking_numbers=_without(ending.tracking_numbers, going.tracking_numbers),
        order_numbers=_without(ending.order_numbers, going.order_numbers),
        awaited_media=_without(ending.awaited_media, going.awaited_media),
        taken=_taken(ending, going),
        tier=going.customer.tier,
        tier_by=going.customer.tier_by,
    )


def _taken(ending: Case, going: Case) -> tuple[str, ...]:
    said = tuple(name for name in SAID if getattr(going, name) is None and getattr(ending, name) is not None)
    return said if going.customer.name or not ending.customer.name else (*said, "name")


def _as_of(state: CaseState, rules: Rules, now: datetime) -> Draft:
    draft = Draft(state.case)
    due.fire(draft, rules.calendar, now)
    return draft


def _merged(
    ending: CaseState,
    going: CaseState,
    one: Draft,
    other: Draft,
    rules: Rules,
    now: datetime,
    because: WhoIsWho | None = None,
) -> tuple[ChangeSet, ChangeSet]:
    _go_on(other, one.case, because, now)
    _end(one, other.case, because, now)
    keys = tuple(dict.fromkeys((*going.open_keys, *ending.open_keys)))
    return _found(ending, one, (), rules, now), _found(going, other, keys, rules, now)


def _must_be_open(ending: Case, going: Case) -> None:
    if ending.case_id == going.case_id:
        raise IllegalMove("same_case", "A case can't be merged into itself.", "工单不能并入自身。")
    if is_over(ending) or is_over(going):
        raise IllegalMove("wrong_status", "Both cases must be open.", "两个工单都须未解决、未关闭。")


def _must_be_possible(ending: Case, going: Case) -> None:
    if ending.open_orders:
        raise IllegalMove(
            "work_orders_open", "Complete or cancel its work orders first.", "请先完成或撤销被并工单的协作工单。"
        )
    if dispute.is_open(ending):
        raise IllegalMove(
            "has_sign_dispute",
            "It is disputed who signed: merge the other case into this one.",
            "该工单存在签收争议，请将另一工单并入本工单。",
        )
    if pending(ending):
        raise IllegalMove(
            "has_legal_deadline",
            "A legal deadline names it: merge the other case into this one.",
            "该工单登记有法定时限，请将另一工单并入本工单。",
        )
    if ending.exception_id and going.exception_id:
        raise IllegalMove("two_exceptions", "Each is about an exception of its own.", "两个工单各有包裹异常。")
    if ending.claim or ending.classification.kind is CaseKind.CLAIM:
        raise IllegalMove(
            "has_claim",
            "A claim names it: merge the other case into this one.",
            "该工单已关联理赔，请将另一工单并入本工单。",
        )


def _end(draft: Draft, going: Case, because: WhoIsWho | None, now: datetime) -> None:
    """Its time limits are neither kept nor broken: the other case has them now."""
    case = draft.case
    draft.set(
        status=CaseStatus.CLOSED,
        closed_at=now,
        merged_into=going.case_id,
        summary=Personal(SUMMARY[case.customer.language].format(number=going.number)),
        clocks=tuple(clock for clock in case.clocks if not is_ticking(clock)),
    )
    draft.note(Merged(case_id=going.case_id, number=going.number, because=because))


def _go_on(draft: Draft, ending: Case, because: WhoIsWho | None, now: datetime) -> None:
    if waits(draft.case):
        # What it absorbs is no simple question: a person has both.
        hand_over(draft, "again")
    case = draft.case
    draft.set(
        contacts=case.contacts + ending.contacts,
        tracking_numbers=_union(case.tracking_numbers, ending.tracking_numbers),
        order_numbers=_union(case.order_numbers, ending.order_numbers),
        awaited_media=_union(case.awaited_media, ending.awaited_media),
        missing_fields=tuple(name for name in case.missing_fields if name in ending.missing_fields),
        customer=ending.customer if is_unknown(case.customer) else case.customer,
        clocks=_joined(case.clocks, ending.clocks),
        **{name: getattr(ending, name) for name in KNOWN_FIRST if getattr(case, name) is None},
    )
    draft.note(Absorbed(case_id=ending.case_id, number=ending.number, because=because))


def _joined(mine: Clocks, theirs: Clocks) -> Clocks:
    """Of two that run the one that ends first; and the message that waits there, where here nobody does."""
    kept = tuple(_earlier(clock, theirs) for clock in mine)
    waiting = of_kind(theirs, ClockKind.NEXT_RESPONSE)
    if waiting is None or not owes_answer(waiting) or any(owes_answer(of_kind(kept, kind)) for kind in ANSWERS):
        return kept
    return put(kept, waiting)


def _earlier(clock: Clock, others: tuple[Clock, ...]) -> Clock:
    """The customer has waited since the first of the two."""
    same = [o for o in others if o.kind is clock.kind and is_ticking(o) and o.state is clock.state]
    return min((clock, *same), key=lambda one: one.due_at) if is_ticking(clock) else clock


def _found(before: CaseState, draft: Draft, keys: tuple[str, ...], rules: Rules, now: datetime) -> ChangeSet:
    dispute.settle(draft, rules.disputes, now)
    case = draft.finished(before.case.version + 1, now)
    after = CaseState(case, due.next_due(case, keys, rules.calendar), keys, said=before.said)
    return ChangeSet(after, tuple(draft.changes), before=standing(before.case))


def _without(one: tuple[T, ...], other: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(each for each in one if each not in other)


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
