"""Assessing a claim: facts first, then evidence, then liability and amount, then fast track or a person."""

from datetime import datetime, timedelta

from services.claims import evidence
from services.claims.case_seen import Earlier
from services.claims.facts import facts_of
from services.claims.fasttrack import obstacles
from services.claims.liability import determine
from services.claims.lifecycle import Move
from services.claims.rulebook import RuleSet
from services.claims.ruling import rule
from services.claims.turn import Turn
from services.claims.valuation import award_of
from services.claims.words import Text, joined
from shared.contracts.claims import ClaimState, EvidenceRequested, LiabilityDetermined

INCOMPLETE = Text("材料不齐", "the evidence is incomplete")
FAST_TRACK = "fast-track"
"""Who decided, where no person did."""


def assess(turn: Turn, earlier: tuple[Earlier, ...], rules: RuleSet, now: datetime) -> Turn:
    """As far as the claim can go on what is known. It waits first for the parcel, then for the customer."""
    if not turn.file.parcel_answered:
        due = turn.file.next_due or now + timedelta(minutes=rules.deadlines.parcel_wait_minutes)
        return turn.with_file(next_due=due)
    asked = turn.file.claim.evidence_required
    turn = turn.with_claim(evidence_required=evidence.required(turn.file, rules.evidence))
    missing = turn.file.claim.evidence_missing
    if not missing:
        return judge(turn, earlier, rules, now)
    if turn.file.claim.state is ClaimState.IN_REVIEW and turn.file.asked_at is not None:
        return judge(turn, earlier, rules, now, INCOMPLETE)
    if turn.file.claim.state is ClaimState.AWAITING_EVIDENCE and set(missing) <= set(asked):
        return turn
    return ask(turn, rules, now)


def ask(turn: Turn, rules: RuleSet, now: datetime) -> Turn:
    """Ask the customer for what is missing, by name; reminders follow."""
    first = rules.deadlines.evidence_reminder_hours or (rules.deadlines.evidence_give_up_hours,)
    return (
        turn.moved(Move.ASK)
        .with_claim(review_reason=None)
        .with_file(asked_at=now, reminders=0, next_due=now + timedelta(hours=first[0]))
        .noting(EvidenceRequested(missing=turn.file.claim.evidence_missing))
    )


def judge(turn: Turn, earlier: tuple[Earlier, ...], rules: RuleSet, now: datetime, *reasons: Text) -> Turn:
    """Determine liability and amount; pay at once if nothing speaks against it (`reasons` always do)."""
    file = turn.file
    facts = facts_of(file, rules.opening.goods, now)
    liability = determine(facts, rules)
    award = award_of(file, liability, rules)
    turn = (
        turn.moved(Move.REVIEW)
        .with_claim(liability=liability, award=award)
        .with_file(next_due=None)
        .noting(LiabilityDetermined())
    )
    found = obstacles(file, facts, liability, award, earlier, rules.fasttrack, now)
    against = [*reasons, *found]
    if against or award is None:
        return to_person(turn, joined(against))
    return rule(turn.with_claim(fast_track=True), award, (FAST_TRACK,), None, rules, now)


def to_person(turn: Turn, reason: Text) -> Turn:
    return turn.moved(Move.REVIEW).with_file(next_due=None).needing(reason)
