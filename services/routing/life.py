"""The rules of threading and of a case's life (cases.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.contracts.cases import Case, CaseKind, CaseStatus

STANDARD = "standard"
"""The tier of everybody else."""


@dataclass(frozen=True, slots=True)
class Life:
    """`parcel_facts_tags`: sets of tags; a case that has all of one set needs the parcel's facts."""

    reopen: timedelta
    reopen_without_reference: timedelta
    auto_close: timedelta
    tiers: frozenset[str]
    references_max: int
    open_cases_seen: int
    sure: float
    self_resolving_kinds: frozenset[CaseKind]
    parcel_facts_kinds: frozenset[CaseKind]
    parcel_facts_tags: tuple[frozenset[str], ...]
    auto_close_summary: Mapping[str, str]
    exception_over_summary: Mapping[str, str]


def is_over(case: Case) -> bool:
    """Resolved or closed: nobody works on it."""
    return case.status in (CaseStatus.RESOLVED, CaseStatus.CLOSED)


def wants_parcel_facts(case: Case, life: Life) -> bool:
    """A claim, or what may become one, with a tracking number and without the parcel's facts (RO-11, CL-1)."""
    if case.parcel is not None or not case.tracking_numbers:
        return False
    tags = frozenset(case.classification.tags)
    return case.classification.kind in life.parcel_facts_kinds or any(t <= tags for t in life.parcel_facts_tags)
