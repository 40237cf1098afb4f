"""CL-2: what is needed by kind, what is missing, what falls away, reminders; nothing is rejected by silence."""

from datetime import timedelta

import pytest

from services.claims.decide import DeadlineReached
from shared.contracts.cases import CaseChanged
from shared.contracts.claims import ClaimState, EvidenceRequested
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.parcels import ExceptionKind, Node
from tests.unit.claims.build import (
    INVOICE,
    NOW,
    PACKING,
    PHOTO,
    World,
    answered,
    attachment,
    case,
    fetched,
    form,
    mailed,
    opened,
    parcel,
    point,
    shipment,
    signed,
    world,
)

pytestmark = pytest.mark.req("CL-2")

E = EvidenceKind


def missing(w: World) -> tuple[EvidenceKind, ...]:
    return w.only.claim.evidence_missing


def test_a_damage_claim_asks_for_what_is_missing_by_name() -> None:
    w = world(opened(case(claim=form())), answered(case(version=2, claim=form(), parcel=signed())))

    assert w.state() is ClaimState.AWAITING_EVIDENCE
    assert missing(w) == (E.DAMAGE_PHOTO, E.PACKAGING, E.PROOF_OF_VALUE)
    assert w.decisions[-1].changes[-1] == EvidenceRequested(missing=missing(w))


def test_what_came_with_the_form_is_not_asked_again() -> None:
    w = world(opened(case(claim=form(), parcel=signed()), PHOTO, PACKING))

    assert missing(w) == (E.PROOF_OF_VALUE,)


def test_a_file_that_intake_did_not_take_for_its_type_proves_nothing() -> None:
    refused = PHOTO.model_copy(update={"refused": "type"})
    too_large = PACKING.model_copy(update={"refused": "size"})
    w = world(opened(case(claim=form(), parcel=signed()), refused, too_large))

    assert missing(w) == (E.DAMAGE_PHOTO, E.PROOF_OF_VALUE)


def test_the_value_on_record_saves_the_invoice() -> None:
    terms = shipment(declared_fen=20_000)

    assert missing(world(opened(case(claim=form(claimed_fen=19_900), parcel=signed(terms=terms))))) == (
        E.DAMAGE_PHOTO,
        E.PACKAGING,
    )
    assert E.PROOF_OF_VALUE in missing(world(opened(case(claim=form(claimed_fen=20_001), parcel=signed(terms=terms)))))


def test_a_loss_that_the_carrier_proves_needs_nothing_of_the_customer() -> None:
    lost = parcel(point(Node.HUB_IN, 60, exception=ExceptionKind.LOSS), terms=shipment(insured_fen=50_000))

    w = world(opened(case(exception_kind=ExceptionKind.LOSS, parcel=lost)))

    assert w.only.claim.evidence_required == ()
    assert w.state() is ClaimState.APPROVED


def test_damage_that_the_carrier_reports_needs_no_photo_of_the_packing() -> None:
    hurt = parcel(point(Node.HUB_IN, 5, exception=ExceptionKind.DAMAGE), terms=shipment(declared_fen=20_000))

    assert missing(world(opened(case(claim=form(), parcel=hurt)))) == (E.DAMAGE_PHOTO,)


def test_an_unknown_parcel_needs_a_waybill() -> None:
    w = world(opened(case(claim=form())), answered(case(version=2, claim=form())))

    assert w.only.claim.evidence_required[0] is E.WAYBILL


def test_files_in_a_mail_count_by_their_type_and_that_is_noted() -> None:
    w = world(opened(case(claim=form(), parcel=signed())))
    photos = [attachment(None, "a.jpg"), attachment(None, "b.jpg")]
    bill = attachment(None, "rechnung.pdf", "application/pdf")
    signature = attachment(None, "smime.p7s", "application/pkcs7-signature")

    w.tell(mailed(case(version=2, claim=form(), parcel=signed()), *photos, bill, signature))

    assert [a.evidence for a in w.only.claim.evidence] == [E.DAMAGE_PHOTO, E.PACKAGING, E.PROOF_OF_VALUE]
    assert len(w.only.inferred) == 3
    assert missing(w) == ()


def test_the_same_file_twice_counts_once() -> None:
    w = world(opened(case(claim=form(), parcel=signed()), PHOTO))
    before = w.only

    w.tell(mailed(case(version=2, claim=form(), parcel=signed()), PHOTO, attachment(None, f"{E.DAMAGE_PHOTO}")))

    assert w.only == before


def test_reminders_then_a_person() -> None:
    w = world(opened(case(claim=form(), parcel=signed())))
    asked = NOW
    due = []
    while w.state() is ClaimState.AWAITING_EVIDENCE:
        assert w.only.next_due is not None
        due.append((w.only.next_due - asked) / timedelta(hours=1))
        w.act(DeadlineReached(), w.only.next_due)

    assert due == [48, 120, 360]
    assert w.changes.count("evidence_requested") == 3
    assert w.state() is ClaimState.IN_REVIEW
    assert "材料" in (w.only.claim.review_reason or "")
    assert w.only.claim.liability is not None


def test_a_deadline_that_is_not_due_does_nothing() -> None:
    w = world(opened(case(claim=form(), parcel=signed())))

    assert w.act(DeadlineReached(), NOW) is None


def test_evidence_that_comes_after_the_person_took_over_is_kept() -> None:
    w = world(opened(case(claim=form(), parcel=signed())))
    for _ in range(3):
        assert w.only.next_due is not None
        w.act(DeadlineReached(), w.only.next_due)

    w.tell(mailed(case(version=2, claim=form(), parcel=signed()), PHOTO))

    assert w.state() is ClaimState.IN_REVIEW
    assert "材料不齐" in (w.only.claim.review_reason or "")
    assert w.only.claim.evidence


def test_a_claim_waits_only_a_while_for_the_parcel() -> None:
    w = world(opened(case(claim=form())))
    assert w.only.next_due == NOW + timedelta(minutes=30)

    w.act(DeadlineReached(), NOW + timedelta(minutes=30))

    assert w.state() is ClaimState.IN_REVIEW
    assert "包裹信息" in (w.only.claim.review_reason or "")


def test_facts_that_come_late_still_ask_for_the_evidence() -> None:
    """A claim that went to a person for want of facts is not paid without the photos that nobody asked for."""
    hurt = parcel(point(Node.HUB_IN, 5, exception=ExceptionKind.DAMAGE), terms=shipment(declared_fen=20_000))
    w = world(opened(case(claim=form())))
    w.act(DeadlineReached(), NOW + timedelta(minutes=30))

    w.tell(answered(case(version=2, claim=form(), parcel=hurt)), NOW + timedelta(hours=1))

    assert w.state() is ClaimState.AWAITING_EVIDENCE
    assert missing(w) == (E.DAMAGE_PHOTO,)


@pytest.mark.parametrize("kind", ClaimKind)
def test_every_kind_has_a_list(kind: ClaimKind) -> None:
    w = world(opened(case(claim=form(kind, claimed_fen=0))), answered(case(version=2, claim=form(kind, claimed_fen=0))))

    assert w.only.claim.evidence_required
    assert INVOICE.evidence is E.PROOF_OF_VALUE


@pytest.mark.req("CL-2", "IN-4")
def test_a_picture_that_came_after_its_contact_is_evidence_like_any_other() -> None:
    """WeChat only names it; the case brings it once it was fetched, and it counts once, however it comes."""
    picture = attachment(None, f"{E.DAMAGE_PHOTO}")
    w = world(opened(case(claim=form(), parcel=signed())))
    assert E.DAMAGE_PHOTO in missing(w)
    brought = CaseChanged(changes=(fetched(picture),), case=case(version=2, claim=form(), parcel=signed()), at=NOW)
    w.tell(brought)
    w.tell(brought)
    assert E.DAMAGE_PHOTO not in missing(w)
    assert [(a.sha256, a.evidence) for a in w.only.claim.evidence] == [(picture.sha256, E.DAMAGE_PHOTO)]
    assert w.only.photos == {picture.sha256}
