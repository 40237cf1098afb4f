"""A claim as the adjudicators' API shows it: everything that decides it, personal values masked."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from services.claims.claim_file import ClaimFile
from services.claims.lifecycle import MOVES, Move
from shared.contracts.base import Fen, Instant
from shared.contracts.claims import Award, ClaimState, Liability, Payout
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.parcels import Parcel
from shared.contracts.personal import Personal

MOVES_OF_PEOPLE: Mapping[Move, str] = {
    Move.REJECT: "decide",
    Move.ASK: "request-evidence",
    Move.WITHDRAW: "withdraw",
    Move.APPEAL: "appeal",
}


class ClaimLine(BaseModel):
    """A claim in a queue."""

    claim_id: str
    number: str
    case_number: str
    kind: ClaimKind
    state: ClaimState
    tracking_number: str | None
    customer: str
    tier: str
    claimed_fen: Fen
    award_fen: Fen | None
    review_reason: str | None
    second_confirm: bool
    opened_at: Instant
    updated_at: Instant


class ClaimPage(BaseModel):
    """`next`: give it as `after` for the following page."""

    claims: list[ClaimLine]
    next: str | None


class EvidenceView(BaseModel):
    kind: EvidenceKind
    inferred: bool
    content_type: str
    size: int
    sha256: str
    ref: str


class RulingView(BaseModel):
    decision_id: str
    by: list[str]
    award_fen: Fen
    reason: str | None
    rule_set: str
    at: Instant
    payout: Payout | None


class ProposalView(BaseModel):
    by: str
    verdict: str
    amount_fen: Fen
    reason: str
    at: Instant


class ClaimView(ClaimLine):
    """A claim with its facts, evidence, liability, arithmetic and law."""

    revision: int
    version: int
    case_id: str
    goods: str | None
    payee: str | None
    parcel: Parcel | None
    evidence_required: list[EvidenceKind]
    evidence_missing: list[EvidenceKind]
    evidence: list[EvidenceView]
    liability: Liability | None
    award: Award | None
    fast_track: bool
    payout: Payout | None
    rulings: list[RulingView]
    proposal: ProposalView | None
    appeal_reason: str | None
    acts: list[str]
    decided_at: Instant | None
    paid_at: Instant | None


def line(file: ClaimFile) -> ClaimLine:
    return ClaimLine(**_line(file))


def _line(file: ClaimFile) -> dict[str, Any]:
    claim = file.claim
    return {
        "claim_id": claim.claim_id,
        "number": claim.number,
        "case_number": claim.case_number,
        "kind": claim.kind,
        "state": claim.state,
        "tracking_number": claim.tracking_number,
        "customer": _masked(claim.customer.name) or "",
        "tier": claim.customer.tier,
        "claimed_fen": claim.claimed_fen,
        "award_fen": claim.award.amount_fen if claim.award else None,
        "review_reason": claim.review_reason,
        "second_confirm": file.proposal is not None,
        "opened_at": claim.opened_at,
        "updated_at": claim.updated_at,
    }


def view(file: ClaimFile) -> ClaimView:
    claim = file.claim
    return ClaimView(
        **_line(file),
        revision=file.revision,
        version=claim.version,
        case_id=claim.case_id,
        goods=file.goods,
        payee=_masked(claim.payee),
        parcel=_without_person(claim.parcel),
        evidence_required=list(claim.evidence_required),
        evidence_missing=list(claim.evidence_missing),
        evidence=_evidence(file),
        liability=claim.liability,
        award=claim.award,
        fast_track=claim.fast_track,
        payout=claim.payout,
        rulings=[_ruling(r) for r in file.rulings],
        proposal=_proposal(file),
        appeal_reason=file.appeal_reason.reveal() if file.appeal_reason else None,
        acts=_acts(file),
        decided_at=claim.decided_at,
        paid_at=claim.paid_at,
    )


def _masked(value: Personal | None) -> str | None:
    return value.masked() if value else None


def _without_person(parcel: Parcel | None) -> Parcel | None:
    """Deciding needs the terms and the track, not the consignee's phone."""
    if parcel is None or parcel.shipment is None:
        return parcel
    return parcel.model_copy(update={"shipment": parcel.shipment.model_copy(update={"consignee": None})})


def _evidence(file: ClaimFile) -> list[EvidenceView]:
    return [
        EvidenceView(
            kind=a.evidence,
            inferred=a.sha256 in file.inferred,
            content_type=a.content_type,
            size=a.size,
            sha256=a.sha256,
            ref=a.ref,
        )
        for a in file.claim.evidence
        if a.evidence is not None
    ]


def _ruling(ruling: Any) -> RulingView:
    reason = ruling.reason.reveal() if ruling.reason else None
    return RulingView(**ruling.model_dump(exclude={"reason"}), reason=reason)


def _proposal(file: ClaimFile) -> ProposalView | None:
    if file.proposal is None:
        return None
    return ProposalView(**file.proposal.model_dump(exclude={"reason"}), reason=file.proposal.reason.reveal())


def _acts(file: ClaimFile) -> list[str]:
    """What people may do with it now, by the names of the routes."""
    open_moves = {move for state, move in MOVES if state is file.claim.state}
    names = [name for move, name in MOVES_OF_PEOPLE.items() if move in open_moves]
    if file.appealed_after is not None and "appeal" in names:
        names.remove("appeal")
    return names
