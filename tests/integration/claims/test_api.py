"""CL-6, CL-10: the adjudicators' API: roles, If-Match, four eyes, refusals with the reason, the explanation."""

import pytest

from shared.contracts.cases import CaseChanged
from shared.contracts.interactions import ClaimKind
from tests.integration.claims.harness import Bench, Caller, case_ids
from tests.integration.polling import poll
from tests.unit.claims.build import case, customer, form, opened, shipment, signed

pytestmark = pytest.mark.req("CL-6", "CL-10")


def dispute(case_id: str, amount: int) -> CaseChanged:
    """A loss that the track contradicts: a person must decide."""
    number = f"SF{case_id[:8]}"
    known = signed(terms=shipment(declared_fen=3_000_000)).model_copy(update={"tracking_number": number})
    return opened(
        case(
            1,
            case_id,
            claim=form(ClaimKind.LOSS, amount, tracking_number=number),
            parcel=known,
            customer=customer(f"c-{case_id[:8]}"),
            tracking_numbers=(number,),
        )
    )


async def test_the_desk_of_an_adjudicator(bench: Bench) -> None:
    service = await bench.service()
    small, large = case_ids(2)
    await bench.send(dispute(small, 30_000), dispute(large, 1_200_000))
    await bench.until_states("in_review", "in_review")
    alice, bob = (Caller(service.url, bench.token(name)) for name in ("alice", "bob"))

    await the_queue(bench, alice)
    await a_claim_is_decided_once(bench, alice, f"SF{small[:8]}")
    await above_the_limit_two_decide(alice, bob, f"SF{large[:8]}")
    await bench.until_states("paid", "paid")
    await the_customer_appeals(bench, alice, bob, f"SF{small[:8]}")


async def the_queue(bench: Bench, alice: Caller) -> None:
    first = (await alice.get("/v1/claims", state="in_review", limit="1")).json()
    second = (await alice.get("/v1/claims", state="in_review", limit="1", after=first["next"])).json()
    assert {c["claimed_fen"] for c in first["claims"] + second["claims"]} == {30_000, 1_200_000}
    assert second["next"] is None
    assert (await alice.get("/v1/claims", state="paid")).json()["claims"] == []
    assert (await alice.get("/v1/claims", state="undecided")).status_code == 400
    assert (await alice.get("/v1/claims", after="???")).status_code == 400
    assert (await alice.get("/v1/claims/nobody")).status_code == 404
    assert (await Caller(alice.url, "forged").get("/v1/claims")).status_code == 401
    sre = Caller(alice.url, bench.token("sam", "sre"))
    assert (await sre.get("/v1/claims")).status_code == 403


async def path_of(caller: Caller, number: str) -> str:
    (line,) = (await caller.get("/v1/claims", tracking_number=number)).json()["claims"]
    return f"/v1/claims/{line['claim_id']}"


async def a_claim_is_decided_once(bench: Bench, alice: Caller, number: str) -> None:
    path = await path_of(alice, number)
    shown = await alice.get(path)
    etag, claim = shown.headers["etag"], shown.json()
    assert claim["acts"] == ["decide", "request-evidence", "withdraw"]
    assert claim["payee"] == "ali****.com"
    assert claim["customer"] == "王***"
    assert "13912345678" not in shown.text
    assert claim["liability"]["law"][0]["zh"]
    body = {"decision": "partly", "amount_fen": 20_000, "reason": "核实未收到"}

    agent = Caller(alice.url, bench.token("agent-1", "agent"))
    assert (await agent.post(f"{path}/decide", body, etag)).status_code == 403
    assert (await alice.post(f"{path}/decide", body)).status_code == 428
    assert (await alice.post(f"{path}/decide", body, '"999"')).status_code == 412
    assert (await alice.post(f"{path}/decide", {**body, "amount": 1}, etag)).status_code == 422
    too_much = await alice.post(f"{path}/decide", {**body, "decision": "approve", "amount_fen": 3_000_001}, etag)
    assert too_much.status_code == 409
    assert too_much.headers["content-type"] == "application/problem+json"
    assert "不得超过核定损失" in too_much.json()["detail_zh"]

    decided = await alice.post(f"{path}/decide", body, etag)
    assert decided.status_code == 200, decided.text
    assert decided.json()["rulings"][0]["by"] == ["alice"]
    assert decided.json()["award"]["steps"][-1]["zh"] == "理赔专员核定 200.00 元"
    assert (await alice.post(f"{path}/decide", body, etag)).status_code == 412

    async def refused_as_decided() -> bool:
        """The payment's answer may change the claim between the reading and the act: then it is 412 once more."""
        again = await alice.post(f"{path}/decide", body, (await alice.get(path)).headers["etag"])
        assert again.status_code in (409, 412)
        return again.status_code == 409

    await poll(refused_as_decided, 15)


async def above_the_limit_two_decide(alice: Caller, bob: Caller, number: str) -> None:
    path = await path_of(alice, number)
    body = {"decision": "approve", "amount_fen": 1_200_000, "reason": "全损"}
    first = await alice.post(f"{path}/decide", body, (await alice.get(path)).headers["etag"])
    assert first.json()["state"] == "in_review"
    assert first.json()["proposal"]["by"] == "alice"

    own = await alice.post(f"{path}/decide", body, first.headers["etag"])
    assert own.status_code == 403
    assert "不能确认自己的裁定" in own.json()["detail_zh"]

    second = await bob.post(f"{path}/decide", body, first.headers["etag"])
    assert second.json()["state"] == "approved"
    assert second.json()["rulings"][0]["by"] == ["alice", "bob"]


async def the_customer_appeals(bench: Bench, alice: Caller, bob: Caller, number: str) -> None:
    path = await path_of(alice, number)
    agent = Caller(alice.url, bench.token("agent-1", "agent"))
    for language, said in (("zh", "您可以申诉一次"), ("en", "You may appeal once")):
        text = await agent.get(f"{path}/explanation", lang=language)
        assert text.headers["content-type"].startswith("text/plain")
        assert said in text.text
        assert "200.00" in text.text
    assert (await agent.get(f"{path}/explanation", lang="de")).status_code == 400

    appealed = await agent.post(f"{path}/appeal", {"reason": "没有收到"}, (await agent.get(path)).headers["etag"])
    assert appealed.json()["state"] == "in_review"
    body = {"decision": "approve", "amount_fen": 30_000, "reason": "同意"}
    assert (await alice.post(f"{path}/decide", body, appealed.headers["etag"])).status_code == 403
    assert (await bob.post(f"{path}/decide", body, appealed.headers["etag"])).status_code == 200
    await bench.until_states("paid", "paid")
    lines = (await bench.provider("/v1/statement"))["lines"]
    assert sorted(line["amount_fen"] for line in lines) == [10_000, 20_000, 1_200_000]
    once = await agent.post(f"{path}/appeal", {"reason": "?"}, (await agent.get(path)).headers["etag"])
    assert once.status_code == 409
    assert "只能申诉一次" in once.json()["detail_zh"]


async def test_withdrawing_and_asking_for_evidence(bench: Bench) -> None:
    service = await bench.service()
    one, two = case_ids(2)
    await bench.send(dispute(one, 30_000), dispute(two, 30_000))
    await bench.until_states("in_review", "in_review")
    alice = Caller(service.url, bench.token("alice"))

    path = await path_of(alice, f"SF{one[:8]}")
    asked = await alice.post(
        f"{path}/request-evidence", {"kinds": ["serial_number"]}, (await alice.get(path)).headers["etag"]
    )
    assert asked.json()["state"] == "awaiting_evidence"
    assert asked.json()["evidence_missing"] == ["serial_number"]

    path = await path_of(alice, f"SF{two[:8]}")
    withdrawn = await alice.post(f"{path}/withdraw", None, (await alice.get(path)).headers["etag"])
    assert withdrawn.json()["state"] == "withdrawn"
    assert withdrawn.json()["acts"] == []
