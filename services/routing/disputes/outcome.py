"""What follows from the outcome of a re-verification: what was not delivered to the recipient becomes a claim."""

from datetime import datetime

from services.routing import timekeeping
from services.routing.classify import group_of
from services.routing.disputes.rules import DisputeRules
from services.routing.draft import Draft
from services.routing.rules import Rules
from shared.contracts.cases import CaseKind, CaseStatus, Classification, Classified
from shared.contracts.sign_disputes import DisputeOutcome

PRIORITY = 2
"""As a demand for money for a transport failure has (classification.json)."""


def make_claim(draft: Draft, outcome: DisputeOutcome, rules: Rules, now: datetime) -> None:
    """Nothing where the outcome calls for none, or the case is a claim already."""
    case = draft.case
    if outcome not in rules.disputes.claims or case.classification.kind is CaseKind.CLAIM:
        return
    classification = _claiming(case.classification, outcome, rules.disputes)
    draft.set(classification=classification)
    if case.status is CaseStatus.QUEUED:
        draft.set(group=group_of(classification, rules.tier(case.customer), rules))
    draft.note(Classified())
    timekeeping.retarget(draft, rules.targets(draft.case), rules.calendar.hours, now)
    timekeeping.start_missing(draft, rules.targets(draft.case), now)


def _claiming(known: Classification, outcome: DisputeOutcome, rules: DisputeRules) -> Classification:
    """Of the tags one that the claims' rules know for such a dispute stands first, and none is lost."""
    tags = (*(tag for tag in known.tags if tag in rules.tags), *(tag for tag in known.tags if tag not in rules.tags))
    return known.model_copy(
        update={
            "kind": CaseKind.CLAIM,
            "tags": tags or tuple(sorted(rules.tags)),
            "priority": min(known.priority, PRIORITY),
            "confidence": 1.0,
            "rule": f"sign-dispute/{outcome.value}",
        }
    )
