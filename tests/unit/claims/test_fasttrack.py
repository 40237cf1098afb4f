"""CL-5: small, clear and unsuspicious claims are paid at once; every signal stops it, by its own reason."""

from datetime import timedelta

import pytest

from services.claims.case_seen import Earlier
from services.claims.explanation import explain
from shared.contracts.claims import ClaimState
from shared.contracts.interactions import ClaimKind
from shared.contracts.parcels import ExceptionKind, Node, Shipment
from tests.unit.claims.build import (
    INVOICE,
    NOW,
    PACKING,
    PHOTO,
    RULES,
    TRACKING,
    World,
    case,
    customer,
    form,
    opened,
    parcel,
    point,
    shipment,
    signed,
    world,
)

pytestmark = pytest.mark.req("CL-5")

DAMAGED = shipment(declared_fen=20_000, insured_fen=20_000)


def damaged(*earlier: Earlier, claimed_fen: int = 19_900, terms: Shipment = DAMAGED, tier: str = "standard") -> World:
    given = case(claim=form(claimed_fen=claimed_fen), parcel=signed(terms=terms), customer=customer(tier=tier))
    return world(opened(given, PHOTO, PACKING, INVOICE), earlier=earlier)


def another(number: int = 1, **fields: object) -> Earlier:
    base: dict[str, object] = {
        "claim_id": f"other-{number}",
        "customer_id": "c-1",
        "opened_at": NOW - timedelta(days=3),
        "by_customer": True,
        "withdrawn": False,
        "tracking_number": f"OTHER{number}",
        "photos": frozenset(),
    }
    return Earlier(**{**base, **fields})  # type: ignore[arg-type]


def reason(w: World) -> str:
    return w.only.claim.review_reason or ""


def test_a_small_clear_claim_is_paid_at_once() -> None:
    w = damaged()

    assert w.changes == ["opened", "evidence_received", "liability_determined", "decided", "payout_requested"]
    claim = w.only.claim
    assert claim.state is ClaimState.APPROVED
    assert claim.fast_track
    assert claim.award is not None
    assert claim.award.amount_fen == 19_900
    assert claim.award.rule_set == RULES.version
    (order,) = w.payouts
    assert (order.amount_fen, order.claim_id) == (19_900, claim.claim_id)
    assert claim.payout is not None
    assert order.decision_id == claim.payout.decision_id == w.only.rulings[0].decision_id


def test_less_than_claimed_is_partly_approved() -> None:
    w = damaged(terms=shipment(declared_fen=20_000))

    assert w.state() is ClaimState.PARTLY_APPROVED
    assert w.payouts[0].amount_fen == 8_400


@pytest.mark.parametrize(("claimed", "paid"), [(499_999, True), (500_000, False)])
def test_only_below_five_thousand_yuan(claimed: int, paid: bool) -> None:
    w = damaged(claimed_fen=claimed, terms=shipment(declared_fen=900_000, insured_fen=900_000))

    assert bool(w.payouts) is paid
    assert ("5,000.00" in reason(w)) is not paid


def test_a_small_award_on_a_large_claim_meets_a_person() -> None:
    w = damaged(claimed_fen=800_000, terms=shipment(declared_fen=900_000))

    assert w.only.claim.award is not None
    assert w.only.claim.award.amount_fen == 8_400
    assert not w.payouts


@pytest.mark.parametrize(
    ("earlier", "said"),
    [
        ([another(customer_id="c-9", photos=frozenset({PHOTO.sha256}))], "同一张照片"),
        ([another(customer_id="c-9", tracking_number=TRACKING)], "同一运单"),
        ([another(1), another(2), another(3)], "过于频繁"),
    ],
    ids=["photo", "parcel", "frequency"],
)
def test_signals_of_other_claims(earlier: list[Earlier], said: str) -> None:
    w = damaged(*earlier)

    assert not w.payouts
    assert w.state() is ClaimState.IN_REVIEW
    assert said in reason(w)
    assert said in explain(w.only, "zh")


@pytest.mark.parametrize(
    "earlier",
    [
        [another(1), another(2)],
        [another(1), another(2), another(3, opened_at=NOW - timedelta(days=31))],
        [another(1), another(2), another(3, by_customer=False)],
        [another(1), another(2), another(3, withdrawn=True)],
        [another(1), another(2), another(3, customer_id="c-2")],
        [another(1, tracking_number=TRACKING, withdrawn=True)],
    ],
    ids=["two", "old", "opened by us", "withdrawn", "somebody else", "withdrawn parcel"],
)
def test_what_is_no_signal(earlier: list[Earlier]) -> None:
    assert damaged(*earlier).payouts


def test_a_contract_customer_may_claim_often() -> None:
    assert damaged(another(1), another(2), another(3), tier="contract").payouts


def test_a_value_far_above_what_was_declared() -> None:
    terms = shipment(declared_fen=10_000, insured_fen=10_000)

    assert damaged(claimed_fen=15_000, terms=terms).payouts
    w = damaged(claimed_fen=15_001, terms=terms)
    assert not w.payouts
    assert "远高于声明价值" in reason(w)


def test_a_track_that_contradicts() -> None:
    given = case(claim=form(ClaimKind.LOSS, claimed_fen=10_000), parcel=signed(terms=DAMAGED))
    w = world(opened(given))

    assert not w.payouts
    assert "矛盾" in reason(w)
    assert "contradicts" in reason(w)


def test_without_an_account_a_person_asks_for_it() -> None:
    lost = parcel(point(Node.HUB_IN, 60, exception=ExceptionKind.LOSS), terms=DAMAGED)
    w = world(opened(case(exception_kind=ExceptionKind.LOSS, parcel=lost, customer=customer(phone=None))))

    assert not w.payouts
    assert "收款账户" in reason(w)


def test_liability_that_is_not_the_carriers_meets_a_person() -> None:
    """Nothing is rejected automatically (PI law art. 24)."""
    from shared.contracts.parcels import Fault

    hurt = parcel(point(Node.HUB_IN, 5, exception=ExceptionKind.DAMAGE, fault=Fault.MERCHANT), terms=DAMAGED)
    w = world(opened(case(claim=form(), parcel=hurt), PHOTO))

    assert w.state() is ClaimState.IN_REVIEW
    assert w.only.claim.award is not None
    assert w.only.claim.award.amount_fen == 0
    assert "托运人过错" in reason(w)


def test_the_explanation_shows_facts_arithmetic_and_law_in_both_languages() -> None:
    w = damaged(terms=shipment(declared_fen=20_000))

    chinese, english = explain(w.only, "zh"), explain(w.only, "en")
    assert "未保价限额：运费 12.00 × 7 = 84.00（限额已显著提示）" in chinese
    assert "《民法典》第八百三十二条" in chinese
    assert "本决定由系统按上述规则自动作出" in chinese
    assert "limit for uninsured items: freight 12.00 × 7 = 84.00 (conspicuously notified)" in english
    assert "Civil Code art. 832" in english
    assert RULES.version in english
    assert english.count("Civil Code art. 832") == 1
