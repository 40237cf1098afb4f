"""What routing knows, set up again from its topics, is the same (RO-1, SY-9)."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.cases import Case
from tests.integration import asking
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, DeskClient, Process
from tests.integration.routing.test_key_accounts import keys, order
from tests.integration.routing.test_work_orders import AGENT, OPENING, call
from tests.unit.routing.builders import HUB, cleared, contact, customer, raised

OF_INCIDENTS = ("incidents", "incident_changes", "incident_customers")
COLLECTIONS = (
    "cases",
    "agents",
    "work_orders",
    "work_order_changes",
    *OF_INCIDENTS,
    "customer_aliases",
    "customer_volumes",
    "legal_deadlines",
)


async def everything(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    """Without what no event tells: a document's own id and when it was written, since when an agent has been given
    something, the words that corrections are learnt from, and what is left to do about a key account's cases."""
    found = {}
    for name in COLLECTIONS:
        rows = await bench.database[name].find().to_list(None)
        left = {"since", "said", "retarget", "written"}
        kept = [{k: v for k, v in row.items() if k not in left and (k != "_id" or isinstance(v, str))} for row in rows]
        found[name] = sorted(({k: v for k, v in row.items() if v != {}} for row in kept), key=str)
    return found


async def rebuilt(bench: Bench, **settings: str) -> str:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": bench.infra.kafka,
        "MONGO_URL": bench.infra.mongo_url,
        "SECRETS_DIR": str(bench.secrets),
        "STATE_DIR": str(bench.directory / "rebuild"),
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.routing.rebuild", stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, env={**os.environ, **bench.names.environment, **environment},
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def a_morning(bench: Bench, process: Process) -> Case:
    """Cases of many customers, joined, resolved, handed on; an exception; one in an agent's hands with a work order."""
    now = datetime.now(UTC)
    await bench.send(*(contact(f"SF{n}丢了，要赔偿", n, customer(f"c{n}"), at=now) for n in range(40)))
    await bench.send(*(contact("怎么还没消息？", 100 + n, customer(f"c{n}"), at=now) for n in range(0, 40, 3)))
    await bench.send(raised(at=now - timedelta(minutes=5)))
    await bench.send(*(order(n, customer("c1"), now) for n in range(51)), order(99, customer("c2"), now))

    async def stored() -> dict[str, Case]:
        cases = await bench.cases()
        return cases if sum(case.contacts for case in cases.values()) >= 54 else {}

    cases = list((await poll(stored, 60, what="the cases")).values())
    assert list(await poll(lambda: keys(bench), 60, what="the key accounts")) == ["c1", "shop-1"]

    async def promoted() -> bool:
        return any(case.customer.tier_by == "volume" for case in (await bench.cases()).values())

    await poll(promoted, 60, what="the key account's case in its queue")
    cases = [case for case in (await bench.cases()).values() if case.case_id in {known.case_id for known in cases}]
    desk = bench.desk(process, AGENT, "supervisor")
    for case in cases[:6]:
        answer = await desk.act(case.case_id, "take", version=case.version)
        assert answer.status_code == 200, answer.text
    for case in cases[1:4]:
        current = Case.model_validate((await desk.get(f"/v1/cases/{case.case_id}")).json())
        answer = await desk.act(case.case_id, "resolve", {"summary": "已赔付"}, version=current.version)
        assert answer.status_code == 200, answer.text
    held = Case.model_validate((await desk.get(f"/v1/cases/{cases[0].case_id}")).json())
    orders = f"/v1/cases/{held.case_id}/work-orders"
    answer = await call(process, "POST", orders, desk.token, OPENING, held.version)
    assert answer.status_code == 201, answer.text
    await a_standstill(bench, desk)
    return held


async def a_standstill(bench: Bench, desk: DeskClient) -> None:
    """An incident with three parcels: one moves on, one's customer writes, one's case is still reserved."""
    headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": "standstill"}
    async with asking.client(base_url=desk.url) as client:
        opened = await client.post("/v1/incidents", json={"kind": "delay", "site": HUB}, headers=headers, timeout=15)
    assert opened.status_code == 201, opened.text
    now = datetime.now(UTC)
    stuck = [raised(n=f"s{n}", tracking=f"YT{n}000", at=now, consignee=customer(f"s{n}"), place=HUB) for n in range(3)]
    await bench.send(*stuck, cleared(stuck[0], now))

    async def heard() -> bool:
        rows = [row async for row in bench.database["incident_customers"].find()]
        return len(rows) == 3 and sum("open_parcels" in row for row in rows) == 2

    await poll(heard, 60, what="the parcels under the incident")
    await bench.send(contact("我的快递呢", 900, customer("s1"), at=now))

    async def opened_by_contact() -> bool:
        return any(case.contacts and case.incident_id for case in (await bench.cases()).values())

    await poll(opened_by_contact, 60, what="the reserved case that its customer opened")


@pytest.mark.slow
@pytest.mark.req("RO-1", "RO-9", "SY-9")
async def test_state_that_is_set_up_again_from_the_topics_is_the_same(bench: Bench) -> None:
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    await a_morning(bench, process)
    await process.end()
    before = await everything(bench)
    said = await rebuilt(bench)
    assert "cases.v1: " in said
    after = await everything(bench)
    for name in COLLECTIONS:
        assert len(after[name]) == len(before[name])
        for was, now in zip(before[name], after[name], strict=True):
            assert now == was, {k: (was.get(k), now.get(k)) for k in was | now if was.get(k) != now.get(k)}
    (again,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    number = len(before["cases"])
    await bench.send(contact("还是我", 999, customer("c5"), at=datetime.now(UTC)))

    async def joined() -> bool:
        return any(case.contacts == 2 for case in (await bench.cases()).values() if case.customer.customer_id == "c5")

    await poll(joined, 60, what="the contact in the case that was set up again")
    assert len(await bench.cases()) == number
    assert again.child.returncode is None
    assert "are in group" in await refused(bench)


async def refused(bench: Bench) -> str:
    """While a process runs."""
    with pytest.raises(AssertionError) as error:
        await rebuilt(bench, GROUP_SESSION_S="1")
    return str(error.value)
