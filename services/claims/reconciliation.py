"""Reconciling (CL-7): our decisions against the provider's statement, exact to the fen."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class OurPayout:
    """A payment that a decision ordered."""

    reference: str
    decision_id: str
    amount_fen: int
    status: str
    provider_ref: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A payment as the provider states it."""

    payout_id: str
    status: str
    amount_fen: int
    currency: str
    reference: str
    created_at: datetime


class Finding(StrEnum):
    """How the two compare. `in_flight` is no error: the answer is on its way."""

    AGREES = "agrees"
    IN_FLIGHT = "in_flight"
    MISSING = "missing"
    UNKNOWN = "unknown"
    DOUBLED = "doubled"
    AMOUNT = "amount"
    STATUS = "status"


HARMLESS = frozenset({Finding.AGREES, Finding.IN_FLIGHT})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One payment seen from both sides; None: the side does not know it."""

    reference: str
    finding: Finding
    ours: OurPayout | None = None
    theirs: StatementLine | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    comparisons: tuple[Comparison, ...]

    @property
    def differences(self) -> tuple[Comparison, ...]:
        return tuple(c for c in self.comparisons if c.finding not in HARMLESS)

    @property
    def ours_fen(self) -> int:
        """What we hold for paid."""
        return sum(c.ours.amount_fen for c in self.comparisons if c.ours and c.ours.status == "succeeded")

    @property
    def theirs_fen(self) -> int:
        """What the provider paid."""
        return sum(c.theirs.amount_fen for c in self.comparisons if c.theirs and c.theirs.status == "succeeded")


def reconcile(ours: Iterable[OurPayout], theirs: Iterable[StatementLine]) -> Reconciliation:
    """Every payment of either side once; a second payment under one reference is `doubled`."""
    stated: defaultdict[str, list[StatementLine]] = defaultdict(list)
    for line in theirs:
        stated[line.reference].append(line)
    comparisons = []
    for payout in ours:
        lines = stated.pop(payout.reference, [])
        first = lines[0] if lines else None
        comparisons.append(Comparison(payout.reference, compare(payout, first), payout, first))
        comparisons += _surplus(lines)
    for reference, lines in stated.items():
        comparisons.append(Comparison(reference, Finding.UNKNOWN, None, lines[0]))
        comparisons += _surplus(lines)
    return Reconciliation(tuple(sorted(comparisons, key=lambda c: c.reference)))


def _surplus(lines: Sequence[StatementLine]) -> list[Comparison]:
    return [Comparison(line.reference, Finding.DOUBLED, None, line) for line in lines[1:]]


def compare(ours: OurPayout, theirs: StatementLine | None) -> Finding:
    if theirs is None:
        return Finding.IN_FLIGHT if ours.status == "requested" else Finding.MISSING
    if ours.amount_fen != theirs.amount_fen or theirs.currency != "CNY":
        return Finding.AMOUNT
    told = "refused" if theirs.status == "returned" else theirs.status
    if ours.status == told:
        return Finding.AGREES
    return Finding.IN_FLIGHT if ours.status in ("requested", "pending") else Finding.STATUS
