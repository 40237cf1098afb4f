"""CL-4: what is lost and how far it is proven: the figure that no compensation exceeds."""

import pytest

from services.claims.claim_file import ClaimFile
from services.claims.loss import ceiling_of, loss_of
from shared.contracts.interactions import Attachment, ClaimKind
from tests.unit.claims.build import INVOICE, case, form, opened, shipment, signed, world

pytestmark = pytest.mark.req("CL-4")

K = ClaimKind


def claim(kind: ClaimKind, claimed: int, *evidence: Attachment, declared: int = 0, insured: int = 0) -> ClaimFile:
    terms = shipment(declared_fen=declared, insured_fen=insured)
    return world(opened(case(claim=form(kind, claimed), parcel=signed(terms=terms)), *evidence)).only


@pytest.mark.parametrize(
    ("file", "proven"),
    [
        (claim(K.DAMAGE, 5_000, declared=5_000), 5_000),
        (claim(K.DAMAGE, 5_001, declared=5_000), 5_000),
        (claim(K.DAMAGE, 5_001, INVOICE, declared=5_000), 5_001),
        (claim(K.DAMAGE, 5_001, insured=5_000), 5_000),
        (claim(K.DAMAGE, 5_001), None),
        (claim(K.DAMAGE, 5_001, INVOICE), 5_001),
        (claim(K.DAMAGE, 0, declared=5_000), None),
        (claim(K.LOSS, 0, declared=5_000), 5_000),
        (claim(K.LOSS, 0), None),
        (claim(K.DELAY, 0), 1_200),
        (claim(K.DELAY, 1_000), 1_000),
        (claim(K.DELAY, 9_000, INVOICE, declared=9_000), 1_200),
    ],
)
def test_what_is_proven(file: ClaimFile, proven: int | None) -> None:
    assert loss_of(file).proven_fen == proven


@pytest.mark.parametrize(
    ("file", "total"),
    [
        (claim(K.DAMAGE, 5_000, declared=5_000), True),
        (claim(K.DAMAGE, 4_999, declared=5_000), False),
        (claim(K.DAMAGE, 5_000), False),
        (claim(K.LOSS, 100, declared=5_000), True),
        (claim(K.WRONG_DELIVERY, 100, declared=5_000), True),
        (claim(K.SHORTAGE, 100, declared=5_000), False),
        (claim(K.DELAY, 9_000, declared=5_000), False),
    ],
)
def test_what_is_a_total_loss(file: ClaimFile, total: bool) -> None:
    assert loss_of(file).total is total


@pytest.mark.parametrize(
    ("file", "most"),
    [
        (claim(K.DAMAGE, 4_000, declared=5_000), 5_000),
        (claim(K.DAMAGE, 6_000, declared=5_000), 6_000),
        (claim(K.DAMAGE, 0), None),
        (claim(K.DELAY, 0, declared=5_000), 1_200),
        (claim(K.DELAY, 1_500, declared=5_000), 1_500),
    ],
)
def test_the_most_that_anybody_may_award(file: ClaimFile, most: int | None) -> None:
    assert ceiling_of(file) == most


@pytest.mark.parametrize(("claimed", "needed"), [(5_000, False), (5_001, True)])
def test_a_value_on_record_that_covers_the_claim_needs_no_invoice(claimed: int, needed: bool) -> None:
    file = claim(K.DAMAGE, claimed, declared=5_000)

    assert (INVOICE.evidence in file.claim.evidence_required) is needed
