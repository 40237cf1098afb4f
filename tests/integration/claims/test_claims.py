"""Claims on a real Kafka and MongoDB: from a case to a paid claim, once, whatever is repeated or shuffled."""

import random
from typing import Any

import pytest

from shared.contracts.cases import CaseChanged
from shared.contracts.claims import ClaimState, PayoutRequested
from shared.contracts.interactions import EvidenceKind
from shared.contracts.personal import Personal
from shared.contracts.topics import DEAD_LETTERS, PAYMENT_REQUESTS
from tests.integration.claims.harness import Bench, case_ids
from tests.integration.polling import poll
from tests.unit.claims.build import (
    PACKING,
    answered,
    attachment,
    case,
    customer,
    form,
    mailed,
    opened,
    shipment,
    signed,
)

TERMS = shipment(declared_fen=20_000, insured_fen=20_000)


def damage(case_id: str, amount: int = 19_900) -> list[CaseChanged]:
    """A claim form, the parcel's facts, then a photo in a mail: its own customer, parcel and picture."""
    number = f"SF{case_id[:8]}"
    known = signed(terms=TERMS).model_copy(update={"tracking_number": number})
    asked = form(claimed_fen=amount, tracking_number=number)
    fields: dict[str, Any] = {
        "case_id": case_id,
        "claim": asked,
        "customer": customer(f"c-{case_id[:8]}"),
        "tracking_numbers": (number,),
    }
    photo = attachment(EvidenceKind.DAMAGE_PHOTO, f"photo of {case_id}")
    packing = attachment(EvidenceKind.PACKAGING, f"packing of {case_id}")
    return [
        opened(case(1, **fields)),
        answered(case(2, **fields, parcel=known)),
        mailed(case(3, **fields, parcel=known), photo, packing),
    ]


@pytest.mark.req("CL-1", "CL-2", "CL-4", "CL-5", "CL-7", "CL-10")
async def test_from_a_form_to_the_money(bench: Bench) -> None:
    await bench.service()
    form_, facts, mail = damage(case_ids(1)[0])

    await bench.send(form_, facts)
    await bench.until_states("awaiting_evidence")
    await bench.send(mail)
    await bench.until_states("paid")

    (file,) = await bench.files()
    (line,) = (await bench.provider("/v1/statement"))["lines"]
    assert file.claim.payout is not None
    assert (line["payout_id"], line["amount_fen"]) == (file.claim.payout.provider_ref, 19_900)
    assert line["reference"] == f"{file.claim.number}-1"

    async def all_published() -> bool:
        return len(await bench.published()) == file.claim.version

    await poll(all_published, 60)
    changes = [c.type for event in await bench.published() for c in event.changes]
    assert changes == [
        "opened",
        "evidence_requested",
        "evidence_received",
        "liability_determined",
        "decided",
        "payout_requested",
        "paid",
    ]
    versions = [event.claim.version for event in await bench.published()]
    assert versions == [1, 2, 3, 4]
    code, text = await bench.reconciled("--all")
    assert code == 0, text
    assert "199.00" in text


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.req("CL-1", "CL-7", "SY-2")
async def test_duplicates_and_any_order_over_two_processes_pay_each_claim_once(bench: Bench) -> None:
    ids = case_ids(30)
    events = [event for case_id in ids for event in damage(case_id)]
    random.Random(7).shuffle(events)

    await bench.send(*events)
    await bench.service("claims-0")
    await bench.service("claims-1")
    await bench.send(*events)
    await bench.send(*events, again=True)
    await bench.until_states(*["paid"] * len(ids))

    statement = (await bench.provider("/v1/statement"))["lines"]
    assert len(statement) == len(ids)
    assert {line["amount_fen"] for line in statement} == {19_900}
    orders = {dict(r.headers)["ce_id"] for r in await bench.records(PAYMENT_REQUESTS)}
    assert len(orders) == len(ids)
    for event_claim in {e.claim.claim_id for e in await bench.published()}:
        versions = sorted(e.claim.version for e in await bench.published() if e.claim.claim_id == event_claim)
        assert versions == list(range(1, len(versions) + 1))


@pytest.mark.req("CL-5")
async def test_the_same_photo_in_another_claim_stops_the_fast_track(bench: Bench) -> None:
    await bench.service()
    first, second = case_ids(2)
    one = damage(first)
    await bench.send(*one)
    await bench.until_states("paid")
    other = damage(second)
    stolen = other[2].model_copy(update={"changes": one[2].changes})

    await bench.send(*other[:2], stolen)
    await bench.until_states("paid", "in_review")

    (suspicious,) = [f for f in await bench.files() if f.claim.state is ClaimState.IN_REVIEW]
    assert "同一张照片" in (suspicious.claim.review_reason or "")
    assert len((await bench.provider("/v1/statement"))["lines"]) == 1


@pytest.mark.req("CL-2")
async def test_a_claim_without_facts_goes_to_a_person_after_a_while(bench: Bench) -> None:
    await bench.service(rate=600)
    form_, *_ = damage(case_ids(1)[0])

    await bench.send(form_)
    await bench.until_states("in_review")

    (file,) = await bench.files()
    assert "包裹信息" in (file.claim.review_reason or "")

    async def published() -> bool:
        return [e.claim.version for e in await bench.published()] == [1, 2]

    await poll(published, 60, what="the outbox to be published")


@pytest.mark.req("CL-7")
async def test_an_order_that_no_decision_gave_moves_no_money(bench: Bench) -> None:
    await bench.service()
    forged = PayoutRequested(
        decision_id="d-1", claim_id="nobody's", amount_fen=1, payee=Personal("62220000"), reference="x"
    )
    await bench.order(forged)

    async def dead() -> bool:
        return any(dict(r.headers)["dl_group"] == b"claims-payer" for r in await bench.records(DEAD_LETTERS))

    await poll(dead, 60, what="a dead letter")
    assert (await bench.provider("/v1/statement"))["lines"] == []


@pytest.mark.req("CL-1")
async def test_what_concerns_no_claim_leaves_no_trace(bench: Bench) -> None:
    await bench.service()
    praise = case(1, case_ids(2)[1], tracking_numbers=())

    await bench.send(opened(praise), mailed(praise.model_copy(update={"version": 2}), PACKING))
    await bench.send(*damage(case_ids(1)[0]))
    await bench.until_states("paid")

    database = bench.mongo[bench.names.database("claims")]
    handled = 0
    for name in await database.list_collection_names(filter={"name": {"$regex": "^inbox"}}):
        handled += sum([len(row["events"]) async for row in database[name].find({})])
    assert handled == 4, "three events of the claim and its payment order"
