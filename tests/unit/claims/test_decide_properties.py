"""CL-1, CL-7, SY-2: duplicates and reorderings of a case's events give the same claim and exactly one payment."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.claims.decide import DeadlineReached
from services.claims.settlement import PayoutAnswered, PayoutStatus
from shared.contracts.cases import CaseChanged
from shared.contracts.claims import ClaimState
from shared.contracts.interactions import ClaimKind
from shared.contracts.parcels import ExceptionKind, Node
from tests.unit.claims.build import (
    INVOICE,
    NOW,
    PACKING,
    PHOTO,
    World,
    answered,
    case,
    form,
    mailed,
    opened,
    parcel,
    point,
    shipment,
    signed,
    world,
)

pytestmark = pytest.mark.req("CL-1", "CL-7", "SY-2")

STATUSES: st.SearchStrategy[PayoutStatus] = st.sampled_from(("pending", "succeeded"))
TERMS = shipment(declared_fen=20_000, insured_fen=20_000)


def damage_events() -> list[CaseChanged]:
    known = signed(terms=TERMS)
    return [
        opened(case(1, claim=form())),
        answered(case(2, claim=form(), parcel=known)),
        mailed(case(3, claim=form(), parcel=known), PHOTO),
        mailed(case(4, claim=form(), parcel=known), PACKING, INVOICE),
    ]


def loss_events() -> list[CaseChanged]:
    lost = parcel(point(Node.HUB_IN, 60, exception=ExceptionKind.LOSS), terms=TERMS)
    asked = form(ClaimKind.LOSS, claimed_fen=0)
    return [
        opened(case(1, claim=asked)),
        answered(case(2, claim=asked, parcel=lost)),
        mailed(case(3, claim=asked, parcel=lost, exception_kind=ExceptionKind.LOSS), INVOICE),
    ]


def outcome(w: World) -> tuple[object, ...]:
    claim = w.only.claim
    award = claim.award.amount_fen if claim.award else None
    return (claim.claim_id, claim.kind, claim.state, claim.liability, award, claim.payee)


EXPECTED_DAMAGE = outcome(world(*damage_events()))
EXPECTED_LOSS = outcome(world(*loss_events()))


def shuffled(events: list[CaseChanged]) -> st.SearchStrategy[list[CaseChanged]]:
    """All of them at least once, some again, in any order."""
    again = st.lists(st.sampled_from(events), max_size=4)
    return again.flatmap(lambda extra: st.permutations([*events, *extra]))


@given(shuffled(damage_events()))
@settings(max_examples=200, deadline=None)
def test_any_order_of_a_damage_claim(events: list[CaseChanged]) -> None:
    w = world(*events)

    assert outcome(w) == EXPECTED_DAMAGE
    assert [(p.amount_fen, p.claim_id) for p in w.payouts] == [(19_900, w.only.claim.claim_id)]


@given(shuffled(loss_events()))
@settings(max_examples=100, deadline=None)
def test_any_order_of_a_loss_claim(events: list[CaseChanged]) -> None:
    w = world(*events)

    assert outcome(w) == EXPECTED_LOSS
    assert len(w.payouts) == 1


@given(shuffled(damage_events()), st.data())
@settings(max_examples=150, deadline=None)
def test_versions_grow_by_one_and_only_with_changes(events: list[CaseChanged], data: st.DataObject) -> None:
    """With deadlines, answers of the provider and the case's events in any mixture."""
    w = World()
    now = NOW
    for event in events:
        now += timedelta(hours=data.draw(st.integers(0, 100)))
        w.tell(event, now)
        for file in list(w.files.values()):
            if data.draw(st.booleans()):
                w.act(DeadlineReached(), now, w.files[file.claim.claim_id])
            payout = w.files[file.claim.claim_id].claim.payout
            if payout is not None and data.draw(st.booleans()):
                status = data.draw(STATUSES)
                w.act(PayoutAnswered(payout.decision_id, status, "po_1"), now, w.files[file.claim.claim_id])

    versions = [d.file.claim.version for d in w.decisions if d.changes]
    assert versions == list(range(1, len(versions) + 1))
    assert len({p.decision_id for p in w.payouts}) == len(w.payouts) <= 1
    for decision in w.decisions:
        claim = decision.file.claim
        assert (claim.payout is not None) == (
            claim.state in (ClaimState.APPROVED, ClaimState.PARTLY_APPROVED, ClaimState.PAID, ClaimState.CLOSED)
        )
        assert decision.file.paid_fen <= (claim.award.amount_fen if claim.award else 0)


def test_a_parcel_that_is_found_ends_a_claim_that_nobody_made() -> None:
    thin = parcel(terms=shipment())
    w = world(opened(case(1, exception_kind=ExceptionKind.LOSS, parcel=thin)))
    assert w.state() is ClaimState.AWAITING_EVIDENCE

    w.tell(answered(case(2, exception_kind=ExceptionKind.LOSS, parcel=thin), cleared=True))

    assert w.state() is ClaimState.WITHDRAWN
    assert w.only.next_due is None


def test_an_older_version_of_the_case_never_undoes_a_newer_one() -> None:
    known = signed(terms=TERMS)
    w = world(opened(case(5, claim=form(claimed_fen=15_000), parcel=known)))

    w.tell(answered(case(4, claim=form(claimed_fen=19_900), parcel=parcel())))

    assert w.only.claim.claimed_fen == 15_000
    assert w.only.claim.parcel == known
