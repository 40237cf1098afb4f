"""CL-6, CL-10: people decide; four eyes above a limit; nobody confirms or reviews their own; one appeal."""

from datetime import timedelta

import pytest

from services.claims.adjudication import Adjudicated, Appealed, EvidenceDemanded, Withdrawn
from services.claims.claim_file import Verdict
from services.claims.decide import DeadlineReached
from services.claims.lifecycle import Refused
from services.claims.settlement import PayoutAnswered
from shared.contracts.claims import ClaimState, ReviewRequested
from shared.contracts.interactions import EvidenceKind
from shared.contracts.personal import Personal
from tests.unit.claims.build import (
    ALIPAY,
    INVOICE,
    NOW,
    PACKING,
    PHOTO,
    World,
    attachment,
    case,
    customer,
    form,
    mailed,
    opened,
    shipment,
    signed,
    world,
)

pytestmark = pytest.mark.req("CL-6", "CL-10")

LATE = 60
SMALL, LARGE = 300_000, 1_500_000


def in_review(claimed_fen: int = SMALL, payee: bool = True) -> World:
    """A damage claim that objected too late, so that a person must decide."""
    terms = shipment(declared_fen=2_000_000, insured_fen=2_000_000)
    asked = form(claimed_fen=claimed_fen, payee=ALIPAY if payee else None)
    given = case(claim=asked, parcel=signed(LATE, terms), customer=customer(phone=None))
    made = world(opened(given, PHOTO, PACKING, INVOICE))
    assert made.only.claim.state is ClaimState.IN_REVIEW
    return made


def ruling(by: str = "alice", verdict: Verdict = "approve", amount: int | None = SMALL, **fields: str) -> Adjudicated:
    payee = Personal(fields["payee"]) if "payee" in fields else None
    return Adjudicated(by, verdict, Personal("已核实"), amount, payee)


def paid(w: World, status: str = "succeeded") -> None:
    assert w.only.claim.payout is not None
    w.act(PayoutAnswered(w.only.claim.payout.decision_id, status, "po_1"))  # type: ignore[arg-type]


def test_an_adjudicator_approves() -> None:
    w = in_review()

    w.act(ruling())

    assert w.state() is ClaimState.APPROVED
    assert w.only.claim.decided_by == "alice"
    assert not w.only.claim.fast_track
    assert w.payouts[0].amount_fen == SMALL


def test_without_a_figure_the_computed_award_counts() -> None:
    w = in_review()
    # Liability is unclear, so the carrier's share and the computed award are nothing: a figure is needed.
    with pytest.raises(Refused, match="an amount above zero"):
        w.act(ruling(amount=None))


def test_the_persons_figure_is_the_last_step_of_the_arithmetic() -> None:
    w = in_review()

    w.act(ruling(verdict="partly", amount=123_456))

    award = w.only.claim.award
    assert award is not None
    assert award.steps[-1].zh == "理赔专员核定 1,234.56 元"
    assert award.rule == "adjudicator"
    assert w.state() is ClaimState.PARTLY_APPROVED


def test_a_rejection_pays_nothing_and_may_be_appealed() -> None:
    w = in_review()

    w.act(ruling(verdict="reject", amount=None))

    assert w.state() is ClaimState.REJECTED
    assert not w.payouts
    assert w.only.next_due == NOW + timedelta(hours=360)
    assert w.only.claim.award is not None
    assert w.only.claim.award.amount_fen == 0


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (ruling(amount=2_000_001), "never above the proven loss"),
        (ruling(verdict="partly", amount=SMALL), "in part means less"),
        (ruling(verdict="partly", amount=None), "an amount above zero"),
    ],
)
def test_amounts_that_are_refused(act: Adjudicated, said: str) -> None:
    w = in_review()

    with pytest.raises(Refused, match=said) as refused:
        w.act(act)
    assert refused.value.reason.zh


def test_a_payment_needs_an_account() -> None:
    w = in_review(payee=False)
    with pytest.raises(Refused, match="no account"):
        w.act(ruling())

    w.act(ruling(payee="6222020200001234"))

    assert w.payouts[0].payee.reveal() == "6222020200001234"


def test_only_what_is_in_review_can_be_decided() -> None:
    w = world(opened(case(claim=form())))

    with pytest.raises(Refused, match="a draft") as refused:
        w.act(ruling(amount=100))
    assert "草稿" in refused.value.reason.zh


def test_above_the_limit_a_second_person_confirms() -> None:
    w = in_review(LARGE)

    w.act(ruling("alice", amount=LARGE))

    assert w.state() is ClaimState.IN_REVIEW
    assert not w.payouts
    assert "第二名" in (w.only.claim.review_reason or "")
    with pytest.raises(Refused, match="nobody confirms their own") as refused:
        w.act(ruling("alice", amount=LARGE))
    assert refused.value.four_eyes

    w.act(ruling("bob", amount=LARGE))

    assert w.state() is ClaimState.APPROVED
    assert w.only.claim.decided_by == "alice, bob"
    assert [p.amount_fen for p in w.payouts] == [LARGE]
    assert w.only.proposal is None


@pytest.mark.req("NO-3")
def test_that_a_second_person_must_confirm_is_no_news_for_the_customer() -> None:
    w = in_review(LARGE)
    w.act(ruling("alice", amount=LARGE))
    asked = [change for d in w.decisions for change in d.changes if isinstance(change, ReviewRequested)]
    assert [change.again for change in asked] == [False, True]


def test_another_figure_is_a_new_proposal_and_not_a_confirmation() -> None:
    w = in_review(LARGE)
    w.act(ruling("alice", amount=LARGE))

    w.act(ruling("bob", verdict="partly", amount=LARGE - 1))

    assert not w.payouts
    assert w.only.proposal is not None
    assert w.only.proposal.by == "bob"
    w.act(ruling("alice", verdict="partly", amount=LARGE - 1))
    assert [p.amount_fen for p in w.payouts] == [LARGE - 1]


def test_an_appeal_is_decided_by_somebody_else_and_once() -> None:
    w = in_review()
    w.act(ruling("alice", verdict="partly", amount=100_000))
    paid(w)

    w.act(Appealed("agent-1", Personal("金额太少")))

    assert w.state() is ClaimState.IN_REVIEW
    with pytest.raises(Refused) as refused:
        w.act(ruling("alice"))
    assert refused.value.four_eyes
    w.act(ruling("bob"))
    assert [p.amount_fen for p in w.payouts] == [100_000, 200_000]
    assert len({p.decision_id for p in w.payouts}) == 2
    paid(w)
    with pytest.raises(Refused, match="only once"):
        w.act(Appealed("agent-1", Personal("again")))
    assert w.only.paid_fen == SMALL


def test_an_appeal_that_fails_leaves_what_was_paid() -> None:
    w = in_review()
    w.act(ruling("alice", verdict="partly", amount=100_000))
    paid(w)
    w.act(Appealed("agent-1", Personal("金额太少")))
    with pytest.raises(Refused, match="cannot become less"):
        w.act(ruling("bob", verdict="partly", amount=99_999))

    w.act(ruling("bob", verdict="reject", amount=None))

    assert w.state() is ClaimState.PAID
    assert len(w.payouts) == 1
    assert w.only.claim.award is not None
    assert w.only.claim.award.amount_fen == 100_000


def test_no_appeal_while_the_payment_is_under_way() -> None:
    w = in_review()
    w.act(ruling())

    with pytest.raises(Refused, match="its payment is under way"):
        w.act(Appealed("agent-1", Personal("?")))


def test_withdrawing() -> None:
    w = in_review()
    w.act(Withdrawn("agent-1"))

    assert w.state() is ClaimState.WITHDRAWN
    with pytest.raises(Refused, match="withdrawn"):
        w.act(Withdrawn("agent-1"))


def test_what_was_paid_cannot_be_withdrawn() -> None:
    w = in_review()
    w.act(ruling(verdict="partly", amount=1_000))
    paid(w)
    w.act(Appealed("agent-1", Personal("?")))

    with pytest.raises(Refused, match="was paid before"):
        w.act(Withdrawn("agent-1"))


def test_evidence_that_a_person_demands_leads_back_to_a_person() -> None:
    w = in_review()
    w.act(EvidenceDemanded("alice", (EvidenceKind.SERIAL_NUMBER,)))
    assert w.state() is ClaimState.AWAITING_EVIDENCE
    assert w.only.claim.evidence_missing == (EvidenceKind.SERIAL_NUMBER,)

    w.tell(mailed(case(version=2), attachment(EvidenceKind.SERIAL_NUMBER)))

    assert w.state() is ClaimState.IN_REVIEW
    assert not w.payouts
    assert "已补齐" in (w.only.claim.review_reason or "")


def test_evidence_on_file_is_not_demanded() -> None:
    with pytest.raises(Refused, match="on file already"):
        in_review().act(EvidenceDemanded("alice", (EvidenceKind.DAMAGE_PHOTO,)))


def test_demanded_evidence_that_never_comes_ends_with_a_person() -> None:
    w = in_review()
    w.act(EvidenceDemanded("alice", (EvidenceKind.SERIAL_NUMBER,)))
    while w.only.next_due is not None:
        w.act(DeadlineReached(), w.only.next_due)

    assert w.state() is ClaimState.IN_REVIEW


def test_a_decided_claim_is_closed_when_the_time_to_appeal_is_over() -> None:
    w = in_review()
    w.act(ruling(verdict="reject", amount=None))

    w.act(DeadlineReached(), NOW + timedelta(hours=360))

    assert w.state() is ClaimState.CLOSED
    assert w.only.next_due is None
