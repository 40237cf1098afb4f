"""What claims reads of a case's change: a glimpse of it, and all of it only where compensation may be at stake."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.cases import CASE_CHANGED, CaseChanged
from shared.contracts.topics import CASES, Topic

CALLING = frozenset({"opened", "classified", "parcel_updated"})
"""Changes that may call for a claim; a contact does so by what it brings."""

BRINGING = frozenset({"contact_added", "media_added"})
"""Changes that bring files, which an existing claim may wait for."""


class ChangeGlimpse(Contract):
    type: str
    attachments: tuple[Any, ...] = ()


class CaseGlimpse(Contract):
    case_id: str
    claim: Any = None
    exception_kind: str | None = None
    tracking_numbers: tuple[str, ...] = ()


class Glimpse(Contract):
    """Enough to pass by the many changes that are none of our business: a quarter of the time that all of it takes."""

    changes: Annotated[tuple[ChangeGlimpse, ...], Field(min_length=1)]
    case: CaseGlimpse

    def may_concern(self) -> bool:
        """False only where `CasesHandler.concerns` would say so, whatever the rules are."""
        case = self.case
        files = any(c.type in BRINGING and c.attachments for c in self.changes)
        subject = case.claim is not None or case.exception_kind is not None or bool(case.tracking_numbers)
        calls = any(c.type in CALLING or (c.type == "contact_added" and case.claim is not None) for c in self.changes)
        return files or (calls and subject)


class CaseNews(CaseChanged):
    """The contract as claims reads it."""

    @classmethod
    def read(cls, value: bytes) -> Contract:
        """A `CaseChanged`, or a mere `Glimpse` of what can't concern us. Raises `ValidationError`."""
        glimpse = Glimpse.model_validate_json(value)
        return CaseChanged.model_validate_json(value) if glimpse.may_concern() else glimpse


SOURCE: Topic = replace(CASES, types={CASE_CHANGED: CaseNews})
