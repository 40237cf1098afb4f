"""Timers and the assigner on real Kafka and MongoDB, also over a kill (RO-4, RO-6, RO-8)."""

import shutil
import signal
from collections import Counter
from datetime import timedelta

import pytest

from services.routing.rule_files import DIRECTORY
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.people import Channel
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench
from tests.unit.routing.builders import contact, customer


async def stored(bench: Bench, count: int) -> list[Case]:
    async def there() -> list[Case]:
        cases = list((await bench.cases()).values())
        return cases if len(cases) == count else []

    return await poll(there, 60, what=f"{count} cases")


@pytest.mark.req("RO-6", "RO-8", "SY-2")
async def test_what_falls_due_while_all_are_dead_fires_once_in_order_afterwards(fast_bench: Bench) -> None:
    bench = fast_bench
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    await bench.send(contact("快递到哪了", 1, customer("ann"), at=bench.clock.now()))
    (case,) = await stored(bench, 1)
    await process.end(signal.SIGKILL)
    resolution = next(clock for clock in case.clocks if clock.kind == "resolution")
    bench.forward(resolution.due_at + timedelta(minutes=10))
    await bench.start(2, ASSIGN_INTERVAL_S="3600")

    async def fired() -> bool:
        return "resolution:breached" in await bench.changes(case.case_id)

    await poll(fired, 60, what="the breach in cases.v1")
    # How long the processes take to start says whether the next rung of the ladder is reached by then.
    assert (await bench.changes(case.case_id))[5:12] == [
        "first_response:warned",
        "first_response:breached",
        "escalated",
        "escalated",
        "resolution:warned",
        "resolution:breached",
        "escalated",
    ]
    now = (await bench.cases())[case.case_id]
    assert now.escalation_level in (1, 2)
    assert now.version >= 2


@pytest.mark.req("RO-6")
async def test_each_of_many_clocks_fires_once_with_two_processes(fast_bench: Bench) -> None:
    bench = fast_bench
    await bench.start(2, ASSIGN_INTERVAL_S="3600")
    now = bench.clock.now()
    await bench.send(*[contact("快递到哪了", n, customer(f"c{n}"), at=now) for n in range(100)])
    await stored(bench, 100)

    async def breached() -> bool:
        cases = (await bench.cases()).values()
        return all(any(c.kind == "first_response" and c.breached_at for c in case.clocks) for case in cases)

    await poll(breached, 60, what="100 first responses breached")

    async def announced() -> Counter[str]:
        names: Counter[str] = Counter()
        for record in await bench.published():
            names.update(f"{c.clock}:{c.change}" for c in record.changes if c.type == "clock")
        return names if names["first_response:breached"] >= 100 else Counter()

    names = await poll(announced, 60, what="the breaches in cases.v1")
    assert names["first_response:warned"] == names["first_response:breached"] == 100


@pytest.mark.req("RO-4")
async def test_the_assigner_fills_agents_and_a_freed_one_gets_the_next(bench: Bench) -> None:
    (process,) = await bench.start(1, TIMER_INTERVAL_S="3600")
    now = bench.clock.now()
    calls = [contact("申请退货", n, customer(f"c{n}"), channel=Channel.PHONE, at=now) for n in range(3)]
    for call in calls:
        await bench.send(call)
    await stored(bench, 3)

    async def two_given() -> list[Case]:
        cases = [c for c in (await bench.cases()).values() if c.status is CaseStatus.ASSIGNED]
        return cases if len(cases) == 2 else []

    given = await poll(two_given, 30, what="one call each for the two agents of the group")
    assert {case.agent for case in given} == {"lin.xia", "guo.feng"}
    first = next(case for case in given if case.agent == "lin.xia")
    desk = bench.desk(process, "lin.xia", "agent")
    answer = await desk.act(first.case_id, "resolve", {"summary": "已受理退货"}, version=first.version)
    assert answer.status_code == 200

    async def all_given() -> bool:
        return all(case.agent for case in (await bench.cases()).values())

    await poll(all_given, 30, what="the third call")
    third = next(c for c in (await bench.cases()).values() if c.case_id not in {case.case_id for case in given})
    assert third.agent == "lin.xia"
    assert [row["_id"] async for row in bench.database["cases"].find({"held_by": "lin.xia"})] == [third.case_id]


@pytest.mark.req("RO-2")
async def test_wrong_rules_keep_the_service_from_starting(bench: Bench) -> None:
    rules = bench.directory / "rules"
    shutil.copytree(DIRECTORY, rules)
    (rules / "groups.json").write_text((rules / "groups.json").read_text().replace('"\\"claims\\""', '"\\"clams\\""'))
    process = await bench.spawn(RULES_DIR=str(rules))
    assert await process.child.wait() != 0
    assert "groups.json: group/claims/group" in process.log.read_text()
