"""Opening (CL-1): which cases become a claim, of which kind; one claim per case and kind."""

from datetime import datetime

from services.claims.case_seen import CaseSeen
from services.claims.claim_file import ClaimFile, Origin
from services.claims.rule_models import OpeningFile
from shared.contracts.base import derived_id
from shared.contracts.cases import Case
from shared.contracts.claims import Claim, ClaimState
from shared.contracts.interactions import ClaimKind

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def kind_of(case: Case, rules: OpeningFile) -> ClaimKind | None:
    """The kind of claim that the case calls for, or None. A form decides before an exception, that before tags."""
    if case.claim is not None:
        return case.claim.kind
    if case.exception_kind is not None and case.exception_kind in rules.exceptions:
        return rules.exceptions[case.exception_kind]
    if not case.tracking_numbers:
        return None
    tags = set(case.classification.tags)
    kind = case.classification.kind
    return next((row.kind for row in rules.tags if kind in row.case_kinds and row.all <= tags), None)


def origin_of(case: Case) -> Origin:
    if case.claim is not None:
        return Origin.FORM
    return Origin.EXCEPTION if case.exception_kind is not None else Origin.TAGS


def claim_id(case_id: str, kind: ClaimKind) -> str:
    return derived_id(case_id, f"claim/{kind.value}")


def claim_number(claim: str) -> str:
    """What a customer is told: LP (理赔) and 8 characters without I, L, O, U."""
    value = int(claim.replace("-", "")[:10], 16)
    return "LP" + "".join(CROCKFORD[(value >> shift) & 31] for shift in range(35, -1, -5))


def opened(seen: CaseSeen, kind: ClaimKind, now: datetime) -> ClaimFile:
    """A draft; the facts and the evidence that the case brings are taken in by whoever goes on with it."""
    case = seen.case
    identity = claim_id(case.case_id, kind)
    numbers = (case.claim.tracking_number,) if case.claim else case.tracking_numbers
    claim = Claim(
        claim_id=identity,
        number=claim_number(identity),
        version=1,
        case_id=case.case_id,
        case_number=case.number,
        customer=case.customer,
        kind=kind,
        state=ClaimState.DRAFT,
        tracking_number=next(iter(numbers), None) or (case.parcel.tracking_number if case.parcel else None),
        opened_at=case.opened_at,
        updated_at=now,
    )
    return ClaimFile(claim=claim, origin=origin_of(case))
