"""CL-1: which cases become a claim, of which kind; one claim per case and kind."""
# ruff: noqa: E501 (a table is read by its columns)

from typing import Any

import pytest

from services.claims.claim_file import Origin
from services.claims.opening import claim_id, claim_number, kind_of
from shared.contracts.cases import CaseKind, Classification
from shared.contracts.claims import ClaimState
from shared.contracts.interactions import ClaimKind
from shared.contracts.parcels import ExceptionKind
from tests.unit.claims.build import ALIPAY, RULES, case, form, opened, parcel, world

pytestmark = pytest.mark.req("CL-1")


def classified(kind: CaseKind, *tags: str) -> Classification:
    return Classification(kind=kind, tags=tags, priority=2, confidence=0.9, rule="test")


OPENINGS: list[tuple[str, dict[str, Any], ClaimKind | None]] = [
    ("a form", {"claim": form(ClaimKind.COLD_CHAIN)}, ClaimKind.COLD_CHAIN),
    ("a form against its tags", {"claim": form(ClaimKind.DELAY), "exception_kind": ExceptionKind.LOSS}, ClaimKind.DELAY),
    ("a lost parcel", {"exception_kind": ExceptionKind.LOSS}, ClaimKind.LOSS),
    ("a damaged parcel", {"exception_kind": ExceptionKind.DAMAGE}, ClaimKind.DAMAGE),
    ("loss before damage", {"classification": classified(CaseKind.COMPLAINT, "damage", "loss")}, ClaimKind.LOSS),
    ("shortage", {"classification": classified(CaseKind.CLAIM, "shortage")}, ClaimKind.SHORTAGE),
    ("delay with money asked", {"classification": classified(CaseKind.COMPLAINT, "delay", "compensation")}, ClaimKind.DELAY),
    ("money asked for a delay", {"classification": classified(CaseKind.CLAIM, "delay")}, ClaimKind.DELAY),
    ("wrong delivery", {"classification": classified(CaseKind.CLAIM, "misdelivered")}, ClaimKind.WRONG_DELIVERY),
    ("a mere delay", {"classification": classified(CaseKind.COMPLAINT, "delay")}, None),
    ("a question about a loss", {"classification": classified(CaseKind.QUERY, "loss")}, None),
    ("no parcel named", {"classification": classified(CaseKind.CLAIM, "loss"), "tracking_numbers": ()}, None),
    ("praise", {"classification": classified(CaseKind.FEEDBACK, "praise")}, None),
    ("a parcel at customs", {"exception_kind": ExceptionKind.CUSTOMS_HOLD, "classification": classified(CaseKind.EXCEPTION, "customs")}, None),
]  # fmt: skip


@pytest.mark.parametrize(("what", "fields", "kind"), OPENINGS, ids=[o[0] for o in OPENINGS])
def test_what_opens_a_claim(what: str, fields: dict[str, Any], kind: ClaimKind | None) -> None:
    assert kind_of(case(**fields), RULES.opening) is kind

    claims = world(opened(case(**fields))).files

    assert [file.kind for file in claims.values()] == ([kind] if kind else [])


def test_one_claim_per_case_and_kind() -> None:
    first = case(claim=form(ClaimKind.DAMAGE))
    again = case(version=2, claim=form(ClaimKind.DAMAGE, claimed_fen=25_000))
    other = case(version=3, claim=form(ClaimKind.DELAY, claimed_fen=1_200))

    claims = world(opened(first), opened(again), opened(other)).files

    assert sorted(file.kind for file in claims.values()) == ["damage", "delay"]
    damage = claims[claim_id(first.case_id, ClaimKind.DAMAGE)]
    assert damage.claim.claimed_fen == 25_000
    assert damage.claim.payee == ALIPAY


def test_a_claim_starts_as_a_draft_that_waits_for_the_parcel() -> None:
    file = world(opened(case(claim=form()))).only

    assert file.claim.state is ClaimState.DRAFT
    assert file.origin is Origin.FORM
    assert file.next_due is not None
    assert file.claim.version == 1


def test_a_lost_parcel_opens_a_claim_before_the_customer_calls() -> None:
    file = world(opened(case(exception_kind=ExceptionKind.LOSS, parcel=parcel()))).only

    assert file.origin is Origin.EXCEPTION
    assert file.claim.tracking_number == "SF1234567890123"
    assert file.claim.payee is not None


def test_the_number_is_derived_and_easy_to_read_out() -> None:
    number = claim_number(claim_id("11111111-1111-5111-8111-111111111111", ClaimKind.LOSS))

    assert number.startswith("LP")
    assert len(number) == 10
    assert not set(number[2:]) & set("ILOU")
