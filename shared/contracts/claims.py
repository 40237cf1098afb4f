"""claims.v1 and payment-requests.v1: compensation, its arithmetic and its payment (CL-1 to CL-10)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract, Fen, Instant, Word
from shared.contracts.interactions import Attachment, ClaimKind, EvidenceKind
from shared.contracts.parcels import Parcel
from shared.contracts.people import Customer
from shared.contracts.personal import Personal


class ClaimState(Word):
    """CL-10. An appeal (once) leads from a decision back to `in_review`."""

    DRAFT = "draft"
    AWAITING_EVIDENCE = "awaiting_evidence"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    REJECTED = "rejected"
    PAID = "paid"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class LiableParty(Word):
    CARRIER = "carrier"
    CUSTOMER = "customer"
    MERCHANT = "merchant"
    FORCE_MAJEURE = "force_majeure"
    SHARED = "shared"
    UNCLEAR = "unclear"


class Law(Contract):
    """A provision that a decision rests on, as the rule table names it."""

    ref: str
    zh: str
    en: str


class Liability(Contract):
    """Who is liable (责任认定, CL-3); `carrier_percent` is the carrier's share; unclear goes to a person."""

    party: LiableParty
    carrier_percent: int = Field(ge=0, le=100)
    clear: bool
    reason_zh: str
    reason_en: str
    rule: str
    law: tuple[Law, ...] = ()


class Step(Contract):
    """One line of the arithmetic (CL-4), e.g. 运费 12.00 × 7 = 84.00."""

    zh: str
    en: str
    amount_fen: Fen


class Award(Contract):
    """The amount with every step, the rule set's version, and the law."""

    amount_fen: Fen
    currency: Literal["CNY"] = "CNY"
    steps: tuple[Step, ...]
    rule: str
    rule_set: str = Field(description="version of the rule tables, e.g. 2026-11-01#3f9a")
    law: tuple[Law, ...] = ()


class Payout(Contract):
    """One payment per decision (CL-7): `decision_id` is the provider's idempotency key."""

    decision_id: str
    amount_fen: Fen
    status: Literal["requested", "pending", "succeeded", "refused"]
    provider_ref: str | None = None


class Claim(Contract):
    """A claim (理赔) as it stands; `version` grows by one with each change-set."""

    claim_id: str
    number: str
    version: int = Field(ge=1)
    case_id: str
    case_number: str
    customer: Customer
    kind: ClaimKind
    state: ClaimState
    tracking_number: str | None = None
    claimed_fen: Fen = 0
    parcel: Parcel | None = None
    evidence_required: tuple[EvidenceKind, ...] = ()
    evidence: tuple[Attachment, ...] = ()
    liability: Liability | None = None
    award: Award | None = None
    fast_track: bool = False
    review_reason: str | None = Field(None, description="why a person must decide")
    decided_by: str | None = None
    payee: Personal | None = None
    payout: Payout | None = None
    opened_at: Instant
    updated_at: Instant
    decided_at: Instant | None = None
    paid_at: Instant | None = None

    @property
    def evidence_missing(self) -> tuple[EvidenceKind, ...]:
        have = {a.evidence for a in self.evidence}
        return tuple(k for k in self.evidence_required if k not in have)


class ClaimOpened(Contract):
    type: Literal["opened"] = "opened"


class EvidenceRequested(Contract):
    type: Literal["evidence_requested"] = "evidence_requested"
    missing: tuple[EvidenceKind, ...]


class EvidenceReceived(Contract):
    type: Literal["evidence_received"] = "evidence_received"
    kinds: tuple[EvidenceKind, ...]


class LiabilityDetermined(Contract):
    type: Literal["liability_determined"] = "liability_determined"


class ReviewRequested(Contract):
    type: Literal["review_requested"] = "review_requested"
    reason: str
    again: bool = Field(False, description="a person had it already: no news for the customer")


class Decided(Contract):
    type: Literal["decided"] = "decided"
    by: str
    reason: Personal | None = Field(None, description="what the person who decided wrote to the customer")


class PayoutRequestedChange(Contract):
    type: Literal["payout_requested"] = "payout_requested"


class Paid(Contract):
    type: Literal["paid"] = "paid"


class PayoutRefused(Contract):
    type: Literal["payout_refused"] = "payout_refused"
    reason: str


class ClaimClosed(Contract):
    type: Literal["closed"] = "closed"


class ClaimWithdrawn(Contract):
    type: Literal["withdrawn"] = "withdrawn"


ClaimChange = Annotated[
    ClaimOpened
    | EvidenceRequested
    | EvidenceReceived
    | LiabilityDetermined
    | ReviewRequested
    | Decided
    | PayoutRequestedChange
    | Paid
    | PayoutRefused
    | ClaimClosed
    | ClaimWithdrawn,
    Field(discriminator="type"),
]


class ClaimChanged(Contract):
    """One decision on a claim: its changes in order, all or none, and the claim after them."""

    changes: tuple[ClaimChange, ...] = Field(min_length=1)
    claim: Claim
    at: Instant
    before: ClaimState | None = Field(None, description="the state before; None: the claim did not exist")


class PayoutRequested(Contract):
    """An order to pay; key: claim id; the provider's idempotency key is `decision_id`."""

    decision_id: str
    claim_id: str
    amount_fen: Fen
    currency: Literal["CNY"] = "CNY"
    payee: Personal
    reference: str


CLAIM_CHANGED = "parcelcare.claim.changed"
PAYOUT_REQUESTED = "parcelcare.payout.requested"
TYPES: dict[str, type[Contract]] = {CLAIM_CHANGED: ClaimChanged}
PAYMENT_TYPES: dict[str, type[Contract]] = {PAYOUT_REQUESTED: PayoutRequested}
