"""The register of legal deadlines on real Kafka and MongoDB: fed by cases, acts and claims, once each (RO-7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.routing.state import CaseState
from shared.contracts.base import Contract
from shared.contracts.cases import Case
from shared.contracts.claims import CLAIM_CHANGED, ClaimState, Paid
from shared.contracts.topics import CLAIMS
from shared.messaging.message import outgoing
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, DeskClient
from tests.unit.routing.builders import contact, customer
from tests.unit.routing.test_legal import claim

MATTER = {"reference": "申2026-1188", "authority": "杭州市邮政管理局"}


async def the_case(bench: Bench) -> Case:
    async def stored() -> list[Case]:
        return list((await bench.cases()).values())

    (case,) = await poll(stored, 60, what="the case")
    return case


async def listed(desk: DeskClient, **query: str) -> list[dict[str, Any]]:
    answer = await desk.get("/v1/legal-deadlines", **query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["deadlines"]
    return rows


async def tell_twice(bench: Bench, event: Contract, cause: str) -> None:
    at = datetime.now(UTC)
    told = outgoing(CLAIMS, event, type=CLAIM_CHANGED, key="claim-1", cause=cause, time=at, source="test")
    await bench.publisher.publish([told, told])


@pytest.mark.req("RO-7", "SY-2")
async def test_complaint_regulator_and_recourse_stand_in_the_register_and_end_by_acts(bench: Bench) -> None:
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    now = datetime.now(UTC)
    await bench.send(contact("我要投诉快递员态度恶劣", 1, customer("ann"), at=now))
    case = await the_case(bench)
    lead, judge = bench.desk(process, "lead.one", "lead"), bench.desk(process, "judge", "adjudicator")
    (answer,) = await listed(judge)
    assert (answer["deadline"]["kind"], answer["article"]["en"]) == ("complaint_answer", "art. 28")

    query = {**MATTER, "received_at": (now - timedelta(days=1)).isoformat()}
    asked = await lead.act(case.case_id, "regulator-query", query, version=case.version, key="k1")
    assert asked.status_code == 200, asked.text
    again = await lead.act(case.case_id, "regulator-query", query, version=case.version, key="k1")
    assert again.json() == asked.json()
    version = Case.model_validate(asked.json()).version
    twice = await lead.act(case.case_id, "regulator-query", query, version=version)
    assert (twice.status_code, twice.json()["reason"]) == (409, "known_already")
    assert (await lead.act(case.case_id, "regulator-query", query, version=1)).status_code == 412

    stored = (await bench.cases())[case.case_id]
    await tell_twice(bench, claim(CaseState(stored), ClaimState.PAID, Paid(), at=now), "paid-1")

    async def recourse() -> list[dict[str, Any]]:
        return await listed(lead, kind="carrier_recourse")

    (window,) = await poll(recourse, 60, what="the window of recourse")
    assert (window["certain"], window["deadline"]["claim_id"]) == (False, "claim-1")
    soon = await listed(lead, due_before=(now + timedelta(days=10)).isoformat())
    assert [row["deadline"]["kind"] for row in soon] == ["complaint_answer"]
    in_order = ["complaint_answer", "regulator_answer", "carrier_recourse"]
    assert [row["deadline"]["kind"] for row in await listed(lead)] == in_order

    version = (await bench.cases())[case.case_id].version
    said = {"about": MATTER["reference"], "note": "已书面答复"}
    met = await lead.act(case.case_id, "regulator-answered", said, version=version)
    assert met.status_code == 200, met.text
    (ended,) = await listed(lead, state="met")
    assert ended["deadline"]["ended_by"] == "act/regulator_answered"
    assert (await bench.desk(process, "zhao.min", "agent").get("/v1/legal-deadlines")).status_code == 403
    assert (await lead.get("/v1/legal-deadlines", kind="x")).status_code == 400
    assert await bench.database["legal_deadlines"].count_documents({}) == 3

    async def told() -> list[str]:
        found = [c for r in await bench.published() for c in r.changes if c.type == "legal_deadline"]
        return [f"{c.kind}:{c.move}" for c in found] if len(found) >= 3 else []

    seen = await poll(told, 30, what="the changes in cases.v1")
    assert seen == ["regulator_answer:started", "carrier_recourse:started", "regulator_answer:met"]
