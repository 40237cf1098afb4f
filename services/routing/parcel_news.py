"""News of a parcel: an exception opens a case or joins one, its end resolves it, a snapshot brings facts (RO-11)."""

from datetime import datetime

from services.routing import due, moves, timekeeping
from services.routing.classify import classify_exception, group_of, merged
from services.routing.disputes import dispute
from services.routing.draft import Draft
from services.routing.due import SYSTEM
from services.routing.estimates import revising
from services.routing.estimates.table import ARRIVED
from services.routing.life import is_over
from services.routing.number import number_of
from services.routing.persons import owner_of
from services.routing.rules import Rules
from services.routing.selfservice.answering import learn_parcel
from services.routing.selfservice.handover import hand_over, waits
from shared.contracts.base import derived_id
from shared.contracts.cases import Case, CaseStatus, Classified, Opened, ParcelUpdated
from shared.contracts.parcels import Parcel, ParcelExceptionCleared, ParcelExceptionRaised, ParcelMoved, ParcelSnapshot
from shared.contracts.people import Channel
from shared.contracts.personal import Personal


def case_id_of(raised: ParcelExceptionRaised | ParcelExceptionCleared) -> str:
    """The id of the case that this exception opens, where it opens one."""
    return derived_id(raised.exception_id, "case")


def open_by_exception(raised: ParcelExceptionRaised, rules: Rules, now: datetime) -> Draft:
    """A case before the customer calls; nobody waits for a first answer yet."""
    classification = classify_exception(raised, rules)
    case_id, owner = case_id_of(raised), owner_of(raised.parcel)
    draft = Draft(
        Case(
            case_id=case_id,
            number=number_of(case_id),
            version=1,
            customer=owner,
            channel=Channel.SYSTEM,
            origin="parcel_exception",
            status=CaseStatus.QUEUED,
            classification=classification,
            group=group_of(classification, rules.tier(owner), rules),
            tracking_numbers=(raised.parcel.tracking_number,),
            opened_at=raised.detected_at,
            updated_at=now,
            exception_id=raised.exception_id,
            exception_kind=raised.kind,
            exception_fault=raised.fault,
            exception_at=raised.detected_at,
            parcel=raised.parcel,
        )
    )
    draft.note(Opened(), Classified())
    timekeeping.start_missing(draft, rules.targets(draft.case), raised.detected_at)
    return draft


def join_exception(case: Case, raised: ParcelExceptionRaised, rules: Rules, now: datetime) -> Draft:
    """The parcel of a case has an exception: the case learns of it; one that was solved is open again."""
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    if waits(draft.case):
        hand_over(draft, "exception")
    draft.set(
        exception_id=raised.exception_id,
        exception_kind=raised.kind,
        exception_fault=raised.fault,
        exception_at=raised.detected_at,
    )
    _update(draft, raised.parcel)
    classification = merged(case.classification, classify_exception(raised, rules), rules.life.sure)
    if classification != case.classification:
        draft.set(classification=classification)
        draft.note(Classified())
        timekeeping.retarget(draft, rules.targets(draft.case), rules.calendar.hours, now)
    if is_over(draft.case):
        moves.reopen(draft, rules, raised.detected_at)
    elif draft.case.status is CaseStatus.QUEUED:
        draft.set(group=group_of(classification, rules.tier(draft.case.customer), rules))
    return draft


def clear(case: Case, cleared: ParcelExceptionCleared, rules: Rules, now: datetime) -> Draft | None:
    """The exception is over. A case that was only about it is resolved; a complaint or claim stays with people."""
    if case.exception_id != cleared.exception_id or case.status is CaseStatus.CLOSED:
        return None
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    _update(draft, cleared.parcel, cleared=True)
    revising.by_release(draft, rules, now)
    owed = case.open_orders or dispute.is_open(case)
    if not is_over(draft.case) and not owed and case.classification.kind in rules.life.self_resolving_kinds:
        moves.resolve(draft, SYSTEM, rules, now)
        draft.set(summary=Personal(rules.life.exception_over_summary[case.customer.language]))
    return draft


def move(case: Case, moved: ParcelMoved, rules: Rules, now: datetime) -> Draft | None:
    """A later scan while the exception is open: it may be expected at another time, or has arrived all the same."""
    if is_over(case) or case.exception_id not in moved.exception_ids:
        return None
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    if moved.parcel.node in ARRIVED:
        _update(draft, moved.parcel)
    else:
        draft.set(parcel=moved.parcel)
    revising.by_move(draft, rules, now)
    return draft


def learn(case: Case, snapshot: ParcelSnapshot, rules: Rules, now: datetime) -> Draft | None:
    """The answer to a look-up. An unknown parcel is an answer too: who waits for the facts need not wait on."""
    if case.status is CaseStatus.CLOSED or (case.parcel is not None and snapshot.parcel is None):
        return None
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    _update(draft, snapshot.parcel)
    learn_parcel(draft, snapshot, rules, now)
    return draft


def _update(draft: Draft, parcel: Parcel | None, *, cleared: bool = False) -> None:
    if parcel is not None:
        draft.set(parcel=parcel)
    draft.note(ParcelUpdated(cleared=cleared))
