"""A case that holds two matters becomes two: the new one takes the parcels and orders that it is about (RO-1). Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.routing import due, moves, timekeeping
from services.routing.acts import Actor
from services.routing.case import standing
from services.routing.classify import group_of
from services.routing.disputes import dispute
from services.routing.draft import Draft
from services.routing.life import is_over
from services.routing.number import number_of
from services.routing.refusals import IllegalMove, NotAllowed
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from shared.contracts.case_pairs import SplitFrom, SplitOff
from shared.contracts.cases import Case, CaseKind, CaseStatus, Classification, Classified, Opened
from shared.contracts.classification import Decider
from shared.contracts.personal import Personal


@dataclass(frozen=True, slots=True)
class Split:
    """What the new case is about; parcels and orders are those of the old one, and leave it."""

    actor: Actor
    subject: Personal
    kind: CaseKind
    tag: str
    priority: int
    tracking_numbers: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()


def split(state: CaseState, wish: Split, case_id: str, rules: Rules, now: datetime) -> tuple[ChangeSet, ChangeSet]:
    """The old case and the new one. Raises `refusals.ActRefused`."""
    draft = Draft(state.case)
    due.fire(draft, rules.calendar, now)
    _must_be_possible(draft.case, wish, rules)
    fresh = _opened(draft.case, wish, case_id, rules, now)
    moved = tuple(key for key in state.open_keys if _is_about(key, wish))
    draft.set(
        tracking_numbers=tuple(n for n in draft.case.tracking_numbers if n not in wish.tracking_numbers),
        order_numbers=tuple(n for n in draft.case.order_numbers if n not in wish.order_numbers),
    )
    moves.handled(draft, wish.actor.agent, now)
    draft.note(SplitOff(case_id=case_id, number=fresh.case.number))
    old = draft.finished(state.case.version + 1, now)
    left = tuple(key for key in state.open_keys if key not in moved)
    new = fresh.finished(1, now)
    return (
        ChangeSet(
            CaseState(old, due.next_due(old, left, rules.calendar), left, said=state.said),
            tuple(draft.changes),
            before=standing(state.case),
        ),
        ChangeSet(CaseState(new, due.next_due(new, moved, rules.calendar), moved), tuple(fresh.changes)),
    )


def _must_be_possible(case: Case, wish: Split, rules: Rules) -> None:
    if is_over(case):
        raise IllegalMove("wrong_status", "The case is resolved or closed.", "工单已解决或关闭，不能拆分。")
    if not wish.actor.senior and case.agent != wish.actor.agent:
        raise NotAllowed("not_yours", "Another agent handles this case.", "该工单由其他坐席处理。")
    if wish.tag not in rules.tags:
        raise IllegalMove("unknown_tag", "There is no such tag.", "没有该标签。")
    foreign = {*wish.tracking_numbers, *wish.order_numbers}.difference(case.tracking_numbers, case.order_numbers)
    if foreign:
        raise IllegalMove("not_its_own", "The case has no such parcel or order.", "工单中没有该运单或订单。")
    if own_parcels(case).intersection(wish.tracking_numbers):
        raise IllegalMove(
            "its_parcel", "The case is about this parcel: split off the rest.", "本工单正处理该运单，请拆出其他事项。"
        )


def own_parcels(case: Case) -> set[str]:
    """What the case is about now, and can't be split off."""
    own = {case.parcel.tracking_number} if case.parcel else set()
    if dispute.is_open(case) and case.sign_dispute:
        own.add(case.sign_dispute.tracking_number)
    return own


def _opened(case: Case, wish: Split, case_id: str, rules: Rules, now: datetime) -> Draft:
    """Its time limits began when the customer first wrote: nobody waits longer because a case was cut in two."""
    classification = Classification(
        kind=wish.kind, tags=(wish.tag,), priority=wish.priority, confidence=1, rule="agent", decided_by=Decider.AGENT
    )
    draft = Draft(
        Case(
            case_id=case_id,
            number=number_of(case_id),
            version=1,
            customer=case.customer,
            channel=case.channel,
            origin="contact",
            gateway=case.gateway,
            status=CaseStatus.QUEUED,
            classification=classification,
            group=group_of(classification, rules.tier(case.customer), rules),
            preferred_agent=wish.actor.agent,
            tracking_numbers=wish.tracking_numbers,
            order_numbers=wish.order_numbers,
            subject=wish.subject,
            opened_at=now,
            updated_at=now,
            contacts=1,
            mail_thread=case.mail_thread,
        )
    )
    draft.note(Opened(), SplitFrom(case_id=case.case_id, number=case.number), Classified())
    timekeeping.start_missing(draft, rules.targets(draft.case), case.opened_at)
    dispute.settle(draft, rules.disputes, now)
    return draft


def _is_about(key: str, wish: Split) -> bool:
    """Whether it is a key of a parcel or order that leaves (p:<number>, o:<number>:<customer>)."""
    kind, _, rest = key.partition(":")
    numbers = {"p": wish.tracking_numbers, "o": wish.order_numbers}.get(kind, ())
    return any(rest == number or rest.startswith(f"{number}:") for number in numbers)
