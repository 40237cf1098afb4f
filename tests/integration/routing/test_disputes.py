"""A dispute about who signed on real Kafka and MongoDB: from the contact to the claim, once over a kill (RO-13)."""

import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.cases import Case, CaseKind
from shared.contracts.parcels import Node, Parcel, ParcelSnapshot, TrackPoint
from shared.contracts.sign_disputes import DisputeOutcome, DisputeStage
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, Process
from tests.integration.routing.test_work_orders import call
from tests.unit.routing.builders import contact, customer

RECEIPT = {
    "signer_name": "王五",
    "signer_contact": "13800000001",
    "signed_at": "2026-11-10T10:30+08:00",
    "sign_off": "proxy",
    "goods_state": "good",
    "proof": "object:abc",
}


async def open_order(bench: Bench, process: Process, case_id: str, kind: str, token: str) -> dict[str, Any]:
    async def there() -> list[dict[str, Any]]:
        found = await call(process, "GET", f"/v1/cases/{case_id}/work-orders", token)
        return [order for order in found.json()["orders"] if order["kind"] == kind]

    (order,) = await poll(there, 60, what=f"the order {kind}")
    return order


async def disputes(bench: Bench, case_id: str) -> list[str]:
    return [
        change.move
        for record in await bench.published()
        if record.case.case_id == case_id
        for change in record.changes
        if change.type == "sign_dispute"
    ]


@pytest.mark.req("RO-13", "SY-2")
async def test_from_the_contact_by_a_proxy_receipt_to_the_claim_once_each(bench: Bench) -> None:
    # Killed before the receipt could be asked for: the next process finds that it is wanted.
    (first,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    now = datetime.now(UTC)
    await bench.send(contact("显示签收但我没收到", 1, customer("ann"), at=now, tracking_numbers=("SF100",)))

    async def stored() -> list[Case]:
        return list((await bench.cases()).values())

    (case,) = await poll(stored, 60, what="the case")
    await first.end(signal.SIGKILL)
    process, other = await bench.start(2, ASSIGN_INTERVAL_S="3600")
    scans = (TrackPoint(node=Node.SIGNED, at=now, place="杭州西湖网点"),)
    parcel = Parcel(tracking_number="SF100", carrier="sf", node=Node.SIGNED, track=scans)
    await bench.send(ParcelSnapshot(tracking_number="SF100", case_id=case.case_id, parcel=parcel))

    lead = bench.desk(process, "lead.one", "lead").token
    order = await open_order(bench, process, case.case_id, "e_receipt", lead)
    link = (await call(process, "GET", f"/v1/work-orders/{order['order_id']}/link", lead)).json()["url"]
    partner = f"/v1/partner/work-orders/{link.rsplit('/', 1)[1]}"
    page = await call(other, "GET", f"/partner/{link.rsplit('/', 1)[1]}?language=zh")
    assert "签收人姓名" in page.text or "接收" in page.text
    accepted = await call(other, "POST", f"{partner}/accept", body={}, version=order["version"])
    assert [field["name"] for field in accepted.json()["form"]] == list(RECEIPT)
    partly = {"text": "见附件", "answer": {"signer_name": "王五"}}
    refused = await call(other, "POST", f"{partner}/complete", body=partly, version=2)
    assert (refused.status_code, refused.json()["reason"]) == (409, "field_missing")
    done = await call(other, "POST", f"{partner}/complete", body={"text": "见附件", "answer": RECEIPT}, version=2)
    assert done.status_code == 200, done.text

    again = await open_order(bench, process, case.case_id, "reverify", lead)
    path = f"/v1/work-orders/{again['order_id']}"
    assert (await call(process, "POST", f"{path}/accept", lead, {}, 1)).status_code == 200
    answer = {"text": "回访确认", "answer": {"outcome": "proxy_without_consent", "recipient_call": "rec-1"}}
    ended = await call(process, "POST", f"{path}/complete", lead, answer, 2)
    assert ended.status_code == 200, ended.text

    now_case = (await bench.cases())[case.case_id]
    assert now_case.sign_dispute is not None
    assert now_case.sign_dispute.stage is DisputeStage.SETTLED
    assert now_case.sign_dispute.outcome is DisputeOutcome.PROXY_WITHOUT_CONSENT
    assert now_case.classification.kind is CaseKind.CLAIM

    async def told() -> bool:
        return "settled" in await disputes(bench, case.case_id)

    await poll(told, 30, what="the outcome in cases.v1")
    seen = await disputes(bench, case.case_id)
    assert sorted(seen) == sorted(["opened", "located", "receipt_given", "reverification_began", "settled"])
    areas = await call(process, "GET", "/v1/sign-disputes/areas", lead)
    assert areas.json()["areas"] == [{"area": "杭州西湖网点", "disputes": 1, "hot": False}]
    agent = bench.desk(process, "zhou.na", "agent").token
    assert (await call(process, "GET", "/v1/sign-disputes/areas", agent)).status_code == 403
