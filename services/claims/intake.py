"""Taking in what a case brings: the form, the parcel's facts, evidence; then the claim goes on by itself."""

from dataclasses import replace
from datetime import datetime

from services.claims import evidence
from services.claims.assess import assess, to_person
from services.claims.case_seen import CaseSeen
from services.claims.claim_file import ClaimFile, Origin
from services.claims.lifecycle import Move
from services.claims.opening import opened
from services.claims.rule_models import OpeningFile
from services.claims.rulebook import RuleSet
from services.claims.turn import Turn
from services.claims.words import Text
from shared.contracts.cases import Case
from shared.contracts.claims import ClaimOpened, ClaimState, ClaimWithdrawn, EvidenceReceived
from shared.contracts.interactions import ClaimKind
from shared.contracts.parcels import ExceptionKind
from shared.contracts.people import ContactKind
from shared.contracts.personal import Personal

UNDECIDED = (ClaimState.DRAFT, ClaimState.AWAITING_EVIDENCE, ClaimState.IN_REVIEW)
COMPLETE = Text("要求的材料已补齐", "the evidence asked for is complete")
FINAL = (ClaimState.CLOSED, ClaimState.WITHDRAWN)


def open_claim(seen: CaseSeen, kind: ClaimKind, rules: RuleSet, now: datetime) -> Turn:
    turn = Turn(opened(seen, kind, now)).noting(ClaimOpened())
    turn = _evidence(_facts(turn, seen, rules.opening), seen, rules)
    return assess(turn, seen.earlier, rules, now)


def take_in(file: ClaimFile, seen: CaseSeen, rules: RuleSet, now: datetime) -> Turn | None:
    """What the case's change does to a claim that exists; None: nothing. An older change never undoes a newer one."""
    state = file.claim.state
    if state in FINAL:
        return None
    turn = Turn.of(file)
    if state in UNDECIDED:
        if _found_again(file, seen):
            return turn.moved(Move.WITHDRAW).with_file(next_due=None).noting(ClaimWithdrawn())
        turn = _facts(turn, seen, rules.opening)
    turn = _evidence(turn, seen, rules)
    if _essence(turn.file) == _essence(file):
        return None
    if state in UNDECIDED and not file.in_hand:
        return assess(turn, seen.earlier, rules, now)
    if state is ClaimState.AWAITING_EVIDENCE and not turn.file.claim.evidence_missing:
        return to_person(turn, COMPLETE)
    return turn


def _essence(file: ClaimFile) -> tuple[object, ...]:
    """What a new assessment could depend on."""
    claim = file.claim
    return (
        claim.parcel,
        claim.claimed_fen,
        claim.payee,
        claim.evidence,
        file.goods,
        file.report,
        file.fault,
        file.parcel_answered,
    )


def _found_again(file: ClaimFile, seen: CaseSeen) -> bool:
    """A loss that only the carrier reported is over when the carrier finds the parcel."""
    return (
        file.origin is Origin.EXCEPTION
        and file.kind is ClaimKind.LOSS
        and seen.cleared
        and seen.case.exception_kind is ExceptionKind.LOSS
        and seen.case.version > file.case_version
    )


def _facts(turn: Turn, seen: CaseSeen, rules: OpeningFile) -> Turn:
    """The newest facts of the case; of an older change only that the parcel's owner answered, if none did before."""
    file, case = turn.file, seen.case
    if case.version <= file.case_version:
        if file.parcel_answered or not seen.answered:
            return turn
        return turn.with_file(parcel_answered=True).with_claim(parcel=file.claim.parcel or case.parcel)
    form = case.claim if case.claim and case.claim.kind is file.kind else None
    report = None if seen.cleared else case.exception_kind or file.report
    return turn.with_file(
        case_version=case.version,
        parcel_answered=file.parcel_answered or seen.answered,
        report=report,
        fault=None if seen.cleared else case.exception_fault or file.fault,
        goods=(form.goods if form else None) or file.goods,
    ).with_claim(
        customer=case.customer,
        claimed_fen=form.claimed_fen if form else file.claim.claimed_fen,
        payee=(form.payee if form else None) or file.claim.payee or payee_of(case, rules.payee_contacts),
        parcel=case.parcel or file.claim.parcel,
    )


def payee_of(case: Case, contacts: tuple[ContactKind, ...]) -> Personal | None:
    reached = (case.customer.reach(kind) for kind in contacts)
    return next((Personal(value) for value in reached if value), None)


def _evidence(turn: Turn, seen: CaseSeen, rules: RuleSet) -> Turn:
    before = turn.file.claim.evidence
    file = evidence.with_attachments(turn.file, seen.attachments, rules.evidence)
    new = file.claim.evidence[len(before) :]
    if not new:
        return turn
    kinds = tuple(dict.fromkeys(a.evidence for a in new if a.evidence is not None))
    return replace(turn, file=file).noting(EvidenceReceived(kinds=kinds))
