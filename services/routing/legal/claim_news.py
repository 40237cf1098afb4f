"""What a claim's change means for legal deadlines: windows open when it is refused or paid, and close (RO-7). Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from services.routing import due
from services.routing.draft import Draft
from services.routing.legal import turns
from services.routing.legal.deadline import start
from services.routing.legal.rules import LegalRule
from services.routing.rules import Rules
from shared.contracts.base import Contract, derived_id
from shared.contracts.cases import Case
from shared.contracts.claims import CLAIM_CHANGED, Claim, ClaimChanged, ClaimState
from shared.contracts.legal import LegalState
from shared.contracts.topics import CLAIMS, Topic

TELLING = frozenset({"decided", "paid", "withdrawn"})


class ChangeGlimpse(Contract):
    type: str


class ClaimGlimpse(Contract):
    """Enough to pass by what no window depends on."""

    changes: Annotated[tuple[ChangeGlimpse, ...], Field(min_length=1)]


class ClaimNews(ClaimChanged):
    """The contract as routing reads it."""

    @classmethod
    def read(cls, value: bytes) -> Contract:
        """A `ClaimChanged`, or a mere glimpse of what can't concern us. Raises `ValidationError`."""
        glimpse = ClaimGlimpse.model_validate_json(value)
        telling = any(change.type in TELLING for change in glimpse.changes)
        return ClaimChanged.model_validate_json(value) if telling else glimpse


SOURCE: Topic = replace(CLAIMS, types={CLAIM_CHANGED: ClaimNews})


def hear(case: Case, event: ClaimChanged, rules: Rules, now: datetime) -> Draft:
    """The case of the claim after it; also a closed one: windows outlive it."""
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    for name in _names(event):
        for rule in rules.calendar.legal.values():
            _apply(draft, rule, name, event, now)
    return draft


def _names(event: ClaimChanged) -> Iterator[str]:
    for change in event.changes:
        if change.type in ("paid", "withdrawn"):
            yield f"claim/{change.type}"
        elif change.type == "decided" and event.claim.state is ClaimState.REJECTED:
            yield "claim/rejected"


def _apply(draft: Draft, rule: LegalRule, name: str, event: ClaimChanged, now: datetime) -> None:
    claim = event.claim
    state = LegalState.MET if name in rule.met_by else LegalState.WITHDRAWN if name in rule.withdrawn_by else None
    for deadline in draft.case.legal_deadlines if state is not None else ():
        if (deadline.kind, deadline.claim_id) == (rule.kind, claim.claim_id) and state is not None:
            turns.end(draft, deadline, state, name, event.at)
    if name in rule.starts and (_carrier_bears(claim) or not rule.carrier_share):
        identity = derived_id(claim.case_id, f"legal/{rule.kind.value}/{claim.claim_id}")
        begun = claim.opened_at if rule.from_opening else event.at
        turns.begin(draft, start(rule, identity, begun, name, claim_id=claim.claim_id))


def _carrier_bears(claim: Claim) -> bool:
    return claim.liability is not None and claim.liability.carrier_percent > 0


def concerns(incoming: Any) -> bool:
    return isinstance(incoming.event, ClaimChanged)
