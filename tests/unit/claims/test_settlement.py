"""CL-7: what the provider answers; exactly one payment per decision; refused and returned payments."""

from datetime import timedelta

import pytest

from services.claims.adjudication import Adjudicated
from services.claims.decide import DeadlineReached
from services.claims.reconciliation import Finding, OurPayout, StatementLine, reconcile
from services.claims.settlement import PayoutAnswered
from shared.contracts.claims import ClaimState
from shared.contracts.parcels import ExceptionKind, Node
from shared.contracts.personal import Personal
from tests.unit.claims.build import NOW, World, case, opened, parcel, point, shipment, world

pytestmark = pytest.mark.req("CL-7")


def approved() -> World:
    lost = parcel(point(Node.HUB_IN, 60, exception=ExceptionKind.LOSS), terms=shipment(insured_fen=50_000))
    return world(opened(case(exception_kind=ExceptionKind.LOSS, parcel=lost)))


def answer(w: World, status: str, ref: str = "po_1") -> PayoutAnswered:
    return PayoutAnswered(w.only.rulings[-1].decision_id, status, ref)  # type: ignore[arg-type]


def test_paid() -> None:
    w = approved()
    w.act(answer(w, "succeeded"))

    claim = w.only.claim
    assert claim.state is ClaimState.PAID
    assert claim.paid_at == NOW
    assert claim.payout is not None
    assert (claim.payout.status, claim.payout.provider_ref) == ("succeeded", "po_1")
    assert w.only.paid_fen == 50_000


def test_the_same_answer_again_says_nothing_new() -> None:
    w = approved()
    w.act(answer(w, "succeeded"))

    assert w.act(answer(w, "succeeded")) is None
    assert w.act(answer(w, "pending")) is None


def test_pending_is_kept_and_asked_again_but_not_published() -> None:
    w = approved()
    w.act(answer(w, "pending"))

    assert w.decisions[-1].changes == ()
    assert w.only.next_due == NOW + timedelta(minutes=10)
    assert w.only.claim.version == 1
    w.act(DeadlineReached(), NOW + timedelta(minutes=10))
    assert w.only.next_due == NOW + timedelta(minutes=20)
    w.act(answer(w, "succeeded"))
    assert w.state() is ClaimState.PAID
    assert len(w.payouts) == 1


@pytest.mark.parametrize("status", ["refused", "returned"])
def test_a_payment_that_did_not_arrive_goes_back_to_a_person(status: str) -> None:
    w = approved()
    first = w.payouts[0].decision_id
    w.act(answer(w, status))

    assert w.state() is ClaimState.IN_REVIEW
    assert w.changes[-2:] == ["payout_refused", "review_requested"]
    assert w.only.paid_fen == 0

    w.act(Adjudicated("alice", "approve", Personal("换账户"), None, Personal("6222020200001234")))

    second = w.payouts[-1]
    assert second.decision_id != first
    assert second.amount_fen == 50_000
    assert second.reference.endswith("-2")


def test_money_that_comes_back_later() -> None:
    w = approved()
    w.act(answer(w, "succeeded"))
    w.act(answer(w, "returned"))

    assert w.state() is ClaimState.IN_REVIEW
    assert w.only.claim.paid_at is None


def test_an_answer_for_an_older_decision_is_stale() -> None:
    w = approved()
    old = answer(w, "succeeded")
    w.act(answer(w, "refused"))
    w.act(Adjudicated("alice", "approve", Personal("重付")))

    assert w.act(old) is None


def test_a_paid_claim_is_not_closed_while_the_provider_is_silent() -> None:
    w = approved()
    w.act(answer(w, "succeeded"))
    due = NOW + timedelta(hours=360)

    w.act(DeadlineReached(payment_unknown=True), due)
    assert w.state() is ClaimState.PAID
    assert w.only.next_due == due + timedelta(minutes=10)

    w.act(DeadlineReached(), due + timedelta(minutes=10))
    assert w.state() is ClaimState.CLOSED


def ours(reference: str, amount: int = 100, status: str = "succeeded") -> OurPayout:
    return OurPayout(reference, f"d-{reference}", amount, status, f"po-{reference}", NOW)


def theirs(reference: str, amount: int = 100, status: str = "succeeded", currency: str = "CNY") -> StatementLine:
    return StatementLine(f"po-{reference}", status, amount, currency, reference, NOW)


COMPARISONS = [
    ([ours("a")], [theirs("a")], Finding.AGREES),
    ([ours("a", status="refused")], [theirs("a", status="returned")], Finding.AGREES),
    ([ours("a", status="requested")], [], Finding.IN_FLIGHT),
    ([ours("a", status="requested")], [theirs("a")], Finding.IN_FLIGHT),
    ([ours("a", status="pending")], [theirs("a")], Finding.IN_FLIGHT),
    ([ours("a")], [], Finding.MISSING),
    ([], [theirs("a")], Finding.UNKNOWN),
    ([ours("a")], [theirs("a", 101)], Finding.AMOUNT),
    ([ours("a", status="requested")], [theirs("a", 99)], Finding.AMOUNT),
    ([ours("a")], [theirs("a", currency="USD")], Finding.AMOUNT),
    ([ours("a")], [theirs("a", status="returned")], Finding.STATUS),
    ([ours("a", status="refused")], [theirs("a")], Finding.STATUS),
]


@pytest.mark.parametrize(("mine", "stated", "finding"), COMPARISONS)
def test_reconciling(mine: list[OurPayout], stated: list[StatementLine], finding: Finding) -> None:
    result = reconcile(mine, stated)

    assert [c.finding for c in result.comparisons] == [finding]
    assert bool(result.differences) is (finding not in (Finding.AGREES, Finding.IN_FLIGHT))


def test_a_second_payment_of_one_decision_is_found_and_summed() -> None:
    result = reconcile([ours("a"), ours("b")], [theirs("a"), theirs("a"), theirs("b")])

    assert [c.finding for c in result.differences] == [Finding.DOUBLED]
    assert (result.ours_fen, result.theirs_fen) == (200, 300)
