"""What happens when a deadline of a claim is due: a reminder, a person, or the end."""

from datetime import datetime, timedelta

from services.claims.assess import judge, to_person
from services.claims.claim_file import ClaimFile
from services.claims.lifecycle import Move
from services.claims.rulebook import RuleSet
from services.claims.turn import Turn
from services.claims.words import Text
from shared.contracts.claims import ClaimClosed, ClaimState, EvidenceRequested

NO_PARCEL = Text("未能在时限内取得包裹信息", "the parcel's facts did not arrive in time")
NO_EVIDENCE = Text("客户未在时限内补齐材料", "the customer did not complete the evidence in time")


def due(file: ClaimFile, rules: RuleSet, now: datetime, payment_unknown: bool = False) -> Turn | None:
    """None: it is not due (any more). A paid claim is not closed before it is known that the money stayed."""
    if file.next_due is None or file.next_due > now:
        return None
    turn = Turn.of(file)
    again = timedelta(minutes=rules.deadlines.payout_check_minutes)
    match file.claim.state:
        case ClaimState.DRAFT:
            return to_person(turn, NO_PARCEL)
        case ClaimState.AWAITING_EVIDENCE:
            return _evidence(turn, rules, now)
        case ClaimState.APPROVED | ClaimState.PARTLY_APPROVED:
            return turn.with_file(next_due=now + again)
        case ClaimState.PAID if payment_unknown:
            return turn.with_file(next_due=now + again)
        case ClaimState.PAID | ClaimState.REJECTED:
            return turn.moved(Move.CLOSE).with_file(next_due=None).noting(ClaimClosed())
        case _:
            return turn.with_file(next_due=None)


def _evidence(turn: Turn, rules: RuleSet, now: datetime) -> Turn:
    """Reminders as the table says; then a person decides with what there is. Nothing is rejected by silence."""
    file, times = turn.file, rules.deadlines
    if file.reminders >= len(times.evidence_reminder_hours):
        return to_person(turn, NO_EVIDENCE) if file.in_hand else judge(turn, (), rules, now, NO_EVIDENCE)
    done = file.reminders + 1
    hours = (*times.evidence_reminder_hours, times.evidence_give_up_hours)[done]
    asked = file.asked_at or now
    return (
        turn.moved(Move.ASK)
        .with_file(reminders=done, next_due=max(asked + timedelta(hours=hours), now))
        .noting(EvidenceRequested(missing=file.claim.evidence_missing))
    )
