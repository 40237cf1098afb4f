"""CL-7: exactly one payment per decision with a provider that fails in every way, and processes that are killed."""

import signal

import pytest

from shared.contracts.cases import CaseChanged
from shared.contracts.claims import ClaimState
from shared.contracts.personal import Personal
from tests.integration import asking
from tests.integration.claims.harness import Bench, Caller, case_ids
from tests.integration.claims.test_claims import damage
from tests.integration.polling import poll

pytestmark = pytest.mark.req("CL-7", "SY-2")


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_every_fault_and_a_kill_pay_once(bench: Bench) -> None:
    await bench.faults(
        "payment", timeout_after_paying=0.2, late=0.1, server_error=0.2, too_many=0.1, delivered_twice=0.1
    )
    ids = case_ids(12)
    service = await bench.service()
    await bench.send(*[event for case_id in ids for event in damage(case_id)])

    async def under_way() -> bool:
        return len((await bench.provider("/v1/statement"))["lines"]) >= 3

    await poll(under_way, 90)
    await service.end(signal.SIGKILL)
    await bench.service()
    await bench.until_states(*["paid"] * len(ids), seconds=150)

    lines = (await bench.provider("/v1/statement"))["lines"]
    assert len(lines) == len(ids)
    assert sum(line["amount_fen"] for line in lines) == 19_900 * len(ids)
    code, text = await bench.reconciled()
    assert code == 0, text
    assert "2,388.00" in text


def paying_to(case_id: str, account: str) -> list[CaseChanged]:
    events = damage(case_id)
    changed = []
    for event in events:
        assert event.case.claim is not None
        claim = event.case.claim.model_copy(update={"payee": Personal(account)})
        changed.append(event.model_copy(update={"case": event.case.model_copy(update={"claim": claim})}))
    return changed


async def test_a_pending_payment_is_asked_after(bench: Bench) -> None:
    await bench.service(rate=600)
    await bench.faults("payout", settle_seconds=2)

    await bench.send(*paying_to(case_ids(1)[0], "62220000001"))
    await bench.send(*paying_to(case_ids(2)[1], "6222020000000001"))
    await bench.until_states("paid", "paid")

    assert len((await bench.provider("/v1/statement"))["lines"]) == 2


async def test_a_refused_payment_is_decided_again_by_a_person(bench: Bench) -> None:
    service = await bench.service()
    await bench.send(*paying_to(case_ids(1)[0], "6222020000000002"))
    await bench.until_states("in_review")
    (file,) = await bench.files()
    assert "收款账户" in (file.claim.review_reason or "")
    caller = Caller(service.url, bench.token("alice"))
    path = f"/v1/claims/{file.claim.claim_id}"
    shown = await caller.get(path)

    body = {"decision": "approve", "reason": "客户更换账户", "payee": "6222020000009999"}
    answer = await caller.post(f"{path}/decide", body, shown.headers["etag"])

    assert answer.status_code == 200, answer.text
    await bench.until_states("paid")
    lines = (await bench.provider("/v1/statement"))["lines"]
    assert [line["status"] for line in lines] == ["refused", "succeeded"]
    code, text = await bench.reconciled()
    assert code == 0, text


async def test_money_that_comes_back_is_found_before_the_claim_closes(bench: Bench) -> None:
    await bench.service(rate=100_000)
    await bench.faults("payout", settle_seconds=1)

    await bench.send(*paying_to(case_ids(1)[0], "6222020000000003"))
    await bench.until_states("in_review")

    (file,) = await bench.files()
    assert file.claim.state is ClaimState.IN_REVIEW
    assert "退回" in (file.claim.review_reason or "")


async def test_the_command_finds_a_payment_that_nobody_decided(bench: Bench) -> None:
    await bench.service()
    async with asking.client() as client:
        await client.post(
            f"{bench.payment.url}/v1/payouts",
            json={"amount_fen": 5, "currency": "CNY", "payee": {"account": "6222"}, "reference": "LP-STRAY"},
            headers={"Authorization": f"Bearer {bench.key}", "Idempotency-Key": "stray"},
        )

    code, text = await bench.reconciled()

    assert code == 1
    assert "LP-STRAY" in text
    await bench.payment.end()
    code, text = await bench.reconciled()
    assert code == 2
    assert "nothing was compared" in text


async def test_a_provider_that_is_down_delays_the_payment_and_nothing_else(bench: Bench) -> None:
    await bench.faults("payment", server_error=1.0)
    await bench.service()
    first, second = case_ids(2)
    await bench.send(*damage(first))
    await bench.until_states("approved")

    await bench.send(damage(second)[0], damage(second)[1])
    await bench.until_states("approved", "awaiting_evidence")
    await bench.faults("payment", server_error=0.0)
    await bench.until_states("paid", "awaiting_evidence")

    assert len((await bench.provider("/v1/statement"))["lines"]) == 1
