"""While an answer waits for the parcel's facts, and when a person takes over after all (RO-3). Pure."""

from datetime import datetime

from services.routing.draft import Draft
from shared.contracts.cases import Case, CaseStatus, HandedOver, HandOverReason

SELF_SERVICE = "self_service"
"""Group of what is answered by itself, which no agent belongs to; and who answers there."""


def waits(case: Case) -> bool:
    """The answer waits for the parcel's facts, and nobody else has taken the case."""
    service = case.self_service
    if service is None or service.until is None:
        return False
    return case.status is CaseStatus.QUEUED and case.group == SELF_SERVICE


def waits_until(case: Case) -> datetime | None:
    return case.self_service.until if case.self_service and waits(case) else None


def hand_over(draft: Draft, reason: HandOverReason) -> None:
    """To the people who would have had the case; their clock runs since the customer began to wait."""
    service = draft.case.self_service
    assert service is not None
    draft.set(group=service.group, self_service=service.model_copy(update={"until": None}))
    draft.note(HandedOver(reason=reason))
