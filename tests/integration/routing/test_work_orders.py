"""Work orders on real Kafka and MongoDB: by the partner's link, overdue once, and nothing twice (RO-9, RO-10)."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.contracts.cases import Case
from shared.contracts.topics import WORK_ORDERS
from shared.contracts.work_orders import WorkOrderChanged
from tests.integration import asking
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, Process
from tests.unit.routing.builders import contact, customer, raised

AGENT = "zhou.na"
HANDOVER = {"problem": "显示签收未收到", "progress": "已联系客户", "support": "请核实投放位置", "tracking": "SF100"}
OPENING = {"kind": "verify_sign", "owner": {"kind": "partner", "name": "courier"}, "handover": HANDOVER}


async def taken(bench: Bench, **environment: str) -> tuple[Process, Case]:
    """A case in the agent's hands."""
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", **environment)
    await bench.send(contact("显示签收但我没收到", 1, customer("ann"), at=datetime.now(UTC)))

    async def stored() -> list[Case]:
        return list((await bench.cases()).values())

    (case,) = await poll(stored, 60, what="the case")
    answer = await bench.desk(process, AGENT, "agent").act(case.case_id, "take", version=case.version)
    assert answer.status_code == 200, answer.text
    return process, Case.model_validate_json(answer.text)


async def call(
    process: Process, method: str, path: str, token: str = "", body: Any = None, version: int | None = None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    async with asking.client(base_url=process.url) as client:
        return await client.request(method, path, json=body, headers=headers, timeout=15)


async def announced(bench: Bench) -> list[list[str]]:
    """The changes of each record of work-orders.v1, each event once, by version."""
    unique = {
        dict(r.headers)["ce_id"]: WorkOrderChanged.model_validate_json(r.value) for r in await bench.read(WORK_ORDERS)
    }
    ordered = sorted(unique.values(), key=lambda changed: changed.order.version)
    return [[change.type for change in changed.changes] for changed in ordered]


@pytest.mark.req("RO-9", "RO-10")
async def test_a_partner_accepts_and_completes_by_link_and_the_case_hears_of_it(bench: Bench) -> None:
    process, case = await taken(bench, TIMER_INTERVAL_S="3600")
    token = bench.desk(process, AGENT, "agent").token
    orders = f"/v1/cases/{case.case_id}/work-orders"
    hint = (await call(process, "GET", f"{orders}/suggestion", token)).json()
    assert (hint["symptom"], hint["kind"], hint["missing"]) == ("not_received", "verify_sign", ["tracking"])

    refused = await call(process, "POST", orders, token, {**OPENING, "handover": {"problem": "x"}}, case.version)
    assert (refused.status_code, refused.json()["reason"]) == (409, "field_missing")
    stale = await call(process, "POST", orders, token, OPENING, 1)
    assert stale.status_code == 412
    opened = await call(process, "POST", orders, token, OPENING, case.version)
    assert opened.status_code == 201, opened.text
    again = await call(process, "POST", orders, token, OPENING, case.version)
    assert again.json() == opened.json()
    order_id = opened.json()["order_id"]

    blocked = await bench.desk(process, AGENT, "agent").act(case.case_id, "resolve", {"summary": "好"}, version=3)
    assert (blocked.status_code, blocked.json()["reason"]) == (409, "work_orders_open")
    not_mine = await call(process, "POST", f"/v1/work-orders/{order_id}/accept", token, {}, 1)
    assert (not_mine.status_code, not_mine.json()["reason"]) == (403, "not_yours")

    link = (await call(process, "GET", f"/v1/work-orders/{order_id}/link", token)).json()["url"]
    key = link.rsplit("/", 1)[1]
    partner = f"/v1/partner/work-orders/{key}"
    page = await call(process, "GET", f"/partner/{key}?language=zh")
    assert page.status_code == 200
    assert "请核实投放位置" in page.text
    assert AGENT not in page.text
    assert (await call(process, "GET", f"/partner/{key[:-3]}")).status_code == 404

    async with asking.client(base_url=process.url) as browser:
        pressed = await browser.post(f"/partner/{key}/accept", data={"version": "1"}, timeout=15)
        assert pressed.status_code == 303
        late = await browser.post(f"/partner/{key}/note", data={"version": "1", "text": "x"}, timeout=15)
        assert late.status_code == 412
    silent = await call(process, "POST", f"{partner}/complete", body={}, version=2)
    assert (silent.status_code, silent.json()["reason"]) == (422, "text_missing")
    done = await call(process, "POST", f"{partner}/complete", body={"text": "已找到，放在门卫"}, version=2)
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    repeat = await call(process, "POST", f"{partner}/complete", body={"text": "已找到，放在门卫"}, version=2)
    assert repeat.json() == done.json()

    heard = (await bench.cases())[case.case_id]
    assert heard.open_orders == ()
    resolved = await bench.desk(process, AGENT, "agent").act(
        case.case_id, "resolve", {"summary": "已找到"}, version=heard.version
    )
    assert resolved.status_code == 200, resolved.text

    async def told() -> bool:
        return "resolved" in await bench.changes(case.case_id)

    await poll(told, 30, what="the case's news in cases.v1")
    assert [n for n in await bench.changes(case.case_id) if n == "work_order"] == ["work_order"] * 3
    assert await announced(bench) == [["opened"], ["accepted"], ["completed"]]
    book = await call(process, "GET", "/v1/playbook/signed?language=en")
    assert book.json()["title"] == "Signed for"


@pytest.mark.req("RO-9")
async def test_a_department_answers_by_the_link_that_its_event_carries(bench: Bench) -> None:
    process, case = await taken(bench, TIMER_INTERVAL_S="3600")
    token = bench.desk(process, AGENT, "agent").token
    opening = {**OPENING, "owner": {"kind": "department", "name": "destination"}}
    opened = await call(process, "POST", f"/v1/cases/{case.case_id}/work-orders", token, opening, case.version)
    assert opened.status_code == 201, opened.text

    async def told() -> list[WorkOrderChanged]:
        return [WorkOrderChanged.model_validate_json(r.value) for r in await bench.read(WORK_ORDERS)]

    first = (await poll(told, 30, what="the event"))[0]
    assert first.link is not None
    assert first.before is None
    key = first.link.reveal().rsplit("/", 1)[1]
    assert "目的网点" in (await call(process, "GET", f"/v1/partner/work-orders/{key}?language=zh")).text
    back = await call(process, "POST", f"/v1/partner/work-orders/{key}/return", body={"text": "不在本网点"}, version=1)
    assert (back.status_code, back.json()["status"]) == (200, "returned")

    async def both() -> list[WorkOrderChanged]:
        found = await told()
        return found if len(found) > 1 else []

    last = (await poll(both, 30, what="the return"))[-1]
    assert last.before is not None
    assert (last.before.owner.name, last.link) == ("destination", None)


@pytest.mark.req("RO-9", "SY-2")
async def test_overdue_fires_once_and_a_replay_changes_nothing(fast_bench: Bench) -> None:
    bench = fast_bench
    process, case = await taken(bench)
    token = bench.desk(process, AGENT, "agent").token

    async def opened() -> httpx.Response | None:
        # The clocks of the case add versions meanwhile: read and try again.
        version = (await bench.cases())[case.case_id].version
        made = await call(process, "POST", f"/v1/cases/{case.case_id}/work-orders", token, OPENING, version)
        assert made.status_code in (201, 412), made.text
        return made if made.status_code == 201 else None

    order_id = (await poll(opened, 30, what="the order")).json()["order_id"]

    async def late() -> bool:
        return ["overdue"] in await announced(bench)

    await poll(late, 60, what="the end of two hours of business")
    await process.end()
    await bench.start(1, ASSIGN_INTERVAL_S="3600")
    await bench.send(
        contact("显示签收但我没收到", 1, customer("ann"), at=datetime.now(UTC)),
        raised(tracking="SF9", consignee=customer("bob"), at=datetime.now(UTC)),
    )

    async def second() -> bool:
        return len(await bench.cases()) == 2

    await poll(second, 60, what="what came after the replay")
    told = await announced(bench)
    assert told in ([["opened"], ["warned"], ["overdue"]], [["opened"], ["overdue"]])
    rows = [row async for row in bench.database["work_orders"].find({"_id": order_id})]
    assert [(row["version"], "next_due" in row) for row in rows] == [(len(told), False)]
    assert (await bench.cases())[case.case_id].open_orders == (order_id,)
