"""The core: one pure function from a claim's file and what happened to its new file and what follows."""

from dataclasses import dataclass
from datetime import datetime

from services.claims.adjudication import (
    Adjudicated,
    Appealed,
    EvidenceDemanded,
    Withdrawn,
    adjudicate,
    appeal,
    demand_evidence,
    withdraw,
)
from services.claims.case_seen import CaseSeen
from services.claims.claim_file import ClaimFile
from services.claims.intake import open_claim, take_in
from services.claims.rulebook import RuleSet
from services.claims.settlement import PayoutAnswered, settle
from services.claims.turn import Turn
from services.claims.waiting import due
from shared.contracts.claims import ClaimChange, ClaimState, PayoutRequested
from shared.contracts.interactions import ClaimKind


@dataclass(frozen=True, slots=True)
class CaseOpens:
    """A case that calls for a claim of this kind, which does not exist yet."""

    seen: CaseSeen
    kind: ClaimKind


@dataclass(frozen=True, slots=True)
class DeadlineReached:
    """The file's `next_due` has come. `payment_unknown`: the provider was asked about the payment and was silent."""

    payment_unknown: bool = False


Event = CaseOpens | CaseSeen | DeadlineReached | PayoutAnswered | Adjudicated | EvidenceDemanded | Withdrawn | Appealed


@dataclass(frozen=True, slots=True)
class Decision:
    """The file after it, the changes to publish (none: only the file is kept), the payment to order.

    `before`: the state that the claim was in; None where it is new.
    """

    file: ClaimFile
    changes: tuple[ClaimChange, ...] = ()
    payout: PayoutRequested | None = None
    before: ClaimState | None = None


def decide(file: ClaimFile | None, event: Event, rules: RuleSet, now: datetime) -> Decision | None:
    """None: nothing follows. The same event again gives None. Raises `Refused` for what a person may not do now."""
    turn = _turn(file, event, rules, now)
    return None if turn is None else _closed(file, turn, now)


def _turn(file: ClaimFile | None, event: Event, rules: RuleSet, now: datetime) -> Turn | None:
    if isinstance(event, CaseOpens):
        return open_claim(event.seen, event.kind, rules, now) if file is None else None
    if file is None:
        return None
    match event:
        case CaseSeen():
            return take_in(file, event, rules, now)
        case DeadlineReached():
            return due(file, rules, now, event.payment_unknown)
        case PayoutAnswered():
            return settle(file, event, rules, now)
        case Adjudicated():
            return adjudicate(file, event, rules, now)
        case EvidenceDemanded():
            return demand_evidence(file, event, rules, now)
        case Withdrawn():
            return withdraw(file)
        case Appealed():
            return appeal(file, event)


def _closed(before: ClaimFile | None, turn: Turn, now: datetime) -> Decision:
    """Stamp version and time where something is published."""
    if turn.changes:
        version = before.claim.version + 1 if before else 1
        turn = turn.with_claim(version=version, updated_at=now)
    return Decision(turn.file, turn.changes, turn.payout, before.claim.state if before else None)
