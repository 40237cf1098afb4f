"""What of a case's changes a visitor's thread is made of. A whole case takes ten times as long to read, and nearly all
cases are somebody else's."""

from dataclasses import replace

from shared.contracts import topics
from shared.contracts.base import Contract, Instant
from shared.contracts.cases import CASE_CHANGED, CaseStatus
from shared.contracts.personal import Personal


class Step(Contract):
    """Any change of a case; which fields it has follows from its type."""

    type: str
    interaction_id: str | None = None
    text: Personal | None = None


class VisitedCase(Contract):
    case_id: str
    number: str
    version: int
    status: CaseStatus
    gateway: str | None = None


class CaseNews(Contract):
    changes: tuple[Step, ...]
    case: VisitedCase
    at: Instant


CASE_NEWS = replace(topics.CASES, types={CASE_CHANGED: CaseNews})
