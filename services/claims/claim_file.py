"""The file of a claim (理赔案卷): the claim as the world sees it, and what only this service needs to decide it."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Fen, Instant
from shared.contracts.claims import Claim, Payout
from shared.contracts.interactions import ClaimKind
from shared.contracts.parcels import ExceptionKind, Fault
from shared.contracts.personal import Personal


class Origin(StrEnum):
    """What opened the claim."""

    FORM = "form"
    TAGS = "tags"
    EXCEPTION = "exception"


Verdict = Literal["approve", "partly", "reject"]


class Proposal(Contract):
    """A decision above the authority of one person, waiting for a second (CL-6)."""

    by: str
    verdict: Verdict
    amount_fen: Fen
    reason: Personal
    at: Instant


class Ruling(Contract):
    """A decision that was made. `award_fen` is what the claim is worth in all, `payout` what this decision pays."""

    decision_id: str
    by: tuple[str, ...]
    award_fen: Fen
    reason: Personal | None = None
    rule_set: str
    at: Instant
    payout: Payout | None = None


class ClaimFile(Contract):
    """`revision` grows with every write and guards it; `claim.version` grows only with what is published."""

    claim: Claim
    revision: int = 0
    origin: Origin
    goods: str | None = None
    case_version: int = Field(0, description="version of the case whose facts are in")
    parcel_answered: bool = Field(False, description="the parcel's owner answered, even if it knows nothing")
    report: ExceptionKind | None = None
    fault: Fault | None = None
    inferred: tuple[str, ...] = Field((), description="sha256 of files whose kind was inferred from their type")
    asked_at: Instant | None = None
    reminders: int = 0
    proposal: Proposal | None = None
    rulings: tuple[Ruling, ...] = ()
    demanded: bool = Field(False, description="a person asked for evidence, and a person goes on with it")
    appealed_after: int | None = Field(None, description="number of decisions when it was appealed")
    appeal_reason: Personal | None = None
    next_due: Instant | None = None

    @property
    def paid_fen(self) -> int:
        """What has reached the customer."""
        payouts = [r.payout for r in self.rulings if r.payout is not None]
        return sum(p.amount_fen for p in payouts if p.status == "succeeded")

    @property
    def in_hand(self) -> bool:
        """A person deals with it: nothing is decided automatically any more."""
        return bool(self.rulings) or self.proposal is not None or self.demanded

    @property
    def kind(self) -> ClaimKind:
        return self.claim.kind

    @property
    def photos(self) -> frozenset[str]:
        """Hashes of the pictures, for the look-up of the same photo in another claim."""
        return frozenset(a.sha256 for a in self.claim.evidence if a.content_type.startswith("image/"))

    @property
    def full_value_fen(self) -> int:
        """The value on record: declared, else insured (the carrier accepted it); 0 where there is none."""
        shipment = self.claim.parcel.shipment if self.claim.parcel else None
        return (shipment.declared_fen or shipment.insured_fen) if shipment else 0
