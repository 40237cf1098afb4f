"""From a decision to what is published: the claim's change, and the order to pay."""

from datetime import datetime

from services.claims.decide import Decision
from shared.contracts.claims import CLAIM_CHANGED, PAYOUT_REQUESTED, ClaimChanged
from shared.contracts.topics import CLAIMS, PAYMENT_REQUESTS
from shared.messaging.message import Outgoing, outgoing

SOURCE = "claims"


def messages_of(decision: Decision, cause: str, now: datetime, traceparent: str | None = None) -> tuple[Outgoing, ...]:
    if not decision.changes:
        return ()
    claim = decision.file.claim
    event = ClaimChanged(changes=decision.changes, claim=claim, at=now, before=decision.before)
    changed = outgoing(
        CLAIMS,
        event,
        type=CLAIM_CHANGED,
        key=claim.claim_id,
        cause=cause,
        time=now,
        source=SOURCE,
        traceparent=traceparent,
    )
    if decision.payout is None:
        return (changed,)
    order = outgoing(
        PAYMENT_REQUESTS,
        decision.payout,
        type=PAYOUT_REQUESTED,
        key=claim.claim_id,
        cause=cause,
        time=now,
        source=SOURCE,
        traceparent=traceparent,
    )
    return (changed, order)


def cause_of_act(decision: Decision) -> str:
    """The cause of what a person or a timer did: this claim at this version, which comes only once."""
    return f"{decision.file.claim.claim_id}/{decision.file.claim.version}"
