"""The clock of a further message on real Kafka and MongoDB: started, breached, met by the answer (RO-6)."""

from typing import Any

import pytest

from shared.contracts.cases import Case
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench
from tests.unit.routing.builders import contact, customer

AGENT = "zhao.min"


def of_it(changes: list[str]) -> list[str]:
    return [name.partition(":")[2] for name in changes if name.startswith("next_response:")]


@pytest.mark.req("RO-6", "RO-8")
async def test_a_further_message_breaches_its_clock_and_an_answer_meets_it(fast_bench: Bench) -> None:
    bench = fast_bench
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600")
    ann = customer("ann")
    await bench.send(contact("快递到哪了", 1, ann, at=bench.clock.now()))

    async def cases() -> list[Case]:
        return list((await bench.cases()).values())

    (case,) = await poll(cases, 60, what="the case")
    desk = bench.desk(process, AGENT, "agent")

    async def act(name: str, body: Any = None) -> bool:
        """Timers change the case meanwhile: what was seen may be old."""
        answer = await desk.act(case.case_id, name, body, version=(await bench.cases())[case.case_id].version)
        assert answer.status_code in (200, 412), answer.text
        return answer.status_code == 200

    await poll(lambda: act("take"), 30, what="taken")
    await poll(lambda: act("reply", {"text": "在路上"}), 30, what="answered")
    first = contact("还没到", 2, ann, at=bench.clock.now())
    await bench.send(first, contact("在吗", 3, ann, at=bench.clock.now()))

    async def breached() -> bool:
        return "breached" in of_it(await bench.changes(case.case_id))

    await poll(breached, 60, what="the breach in cases.v1")
    clock = next(c for c in (await bench.cases())[case.case_id].clocks if c.kind == "next_response")
    assert clock.started_at == first.received_at
    await poll(lambda: act("reply", {"text": "今天送到"}), 30, what="answered again")

    async def met() -> bool:
        return of_it(await bench.changes(case.case_id))[-1:] == ["met"]

    await poll(met, 60, what="the answer in cases.v1")
    assert of_it(await bench.changes(case.case_id)) == ["started", "warned", "breached", "met"]
    climbs = (await bench.cases())[case.case_id].climbs
    assert [climb.level for climb in climbs if climb.ladder == "next-response"] == [1]
