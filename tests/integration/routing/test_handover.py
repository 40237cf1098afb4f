"""RO-4 on real Kafka and MongoDB: a shift ends while every process is dead, and each open case is handed over once."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.clock import Clock
from shared.contracts.cases import Case, CaseChanged, CaseStatus
from shared.contracts.handovers import ShiftHandedOver
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, DeskClient, Process
from tests.unit.routing.builders import contact, customer

pytestmark = pytest.mark.req("RO-4")

GOES, OTHER = "liu.yang", "zhao.min"
CASES = 6
IDLE = {"ASSIGN_INTERVAL_S": "3600"}


@pytest.fixture
async def noon_bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    """An hour of business takes six seconds, from noon in Shanghai: the day's shift ends after 48 of them."""
    now = datetime.now(UTC)
    made = Bench(
        infra, fresh_names, tmp_path, Clock(now, now.replace(hour=4, minute=0, second=0, microsecond=0), 600.0)
    )
    await made.open()
    yield made
    await made.close()


def end_of_shift(bench: Bench) -> datetime:
    assert bench.clock.anchor_sim is not None
    return bench.clock.anchor_sim + timedelta(hours=8)


async def taken(bench: Bench, process: Process) -> list[str]:
    """Cases of who goes: the first waits for its customer, the second is answered, the third has a note."""
    at = bench.clock.now()
    await bench.send(*[contact("快递到哪了", n, customer(f"customer-{n}"), at=at) for n in range(CASES)])

    async def all_there() -> bool:
        return len(await bench.cases()) == CASES

    await poll(all_there, 60, what="the cases")
    desk, ids = bench.desk(process, GOES, "agent"), sorted(await bench.cases())
    for case_id in ids:
        await act(bench, desk, case_id, "take")
    await act(bench, desk, ids[0], "wait", text="请问单号是多少？")
    await act(bench, desk, ids[1], "reply", text="正在查询")
    await act(bench, desk, ids[2], "hand-over-note", text="已联系网点")
    assert bench.clock.now() < end_of_shift(bench), "too slow a machine: the shift is over already"
    return ids


async def act(bench: Bench, desk: DeskClient, case_id: str, name: str, **body: str) -> None:
    async def accepted() -> bool:
        version = (await bench.cases())[case_id].version
        return (await desk.act(case_id, name, body, version=version)).status_code == 200

    await poll(accepted, 20, what=f"{name} on {case_id}")


async def handed_over(bench: Bench) -> list[tuple[CaseChanged, ShiftHandedOver]]:
    return [(r, c) for r in await bench.published() for c in r.changes if isinstance(c, ShiftHandedOver)]


async def held(bench: Bench, agent: str) -> dict[str, Case]:
    return {i: case for i, case in (await bench.cases()).items() if case.agent == agent}


async def test_the_end_of_a_shift_hands_everything_over_once_through_kills(noon_bench: Bench) -> None:
    bench = noon_bench
    (first,) = await bench.start(1, **IDLE)
    ids = await taken(bench, first)
    before = await bench.cases()
    await first.end(signal.SIGKILL)
    bench.forward(end_of_shift(bench) + timedelta(minutes=1))
    processes = await bench.start(2)

    async def gone() -> bool:
        return len(await handed_over(bench)) >= CASES and set(await held(bench, GOES)) == {ids[0]}

    await poll(gone, 60, what="everything but the waiting case is handed over")
    for process in processes:
        await process.end(signal.SIGKILL)
    await bench.start(2)

    async def all_held() -> bool:
        return all(case.agent for case in (await bench.cases()).values())

    await poll(all_held, 60, what="what was queued has another agent")
    told = await handed_over(bench)
    assert Counter(record.case.case_id for record, _ in told) == Counter(ids), "each once"
    assert {event.reason for _, event in told} == {"shift_end"}
    assert [record.case.case_id for record, event in told if event.to == "stays"] == [ids[0]]
    assert {event.note.reveal() for _, event in told if event.note} == {"已联系网点"}
    after = await bench.cases()
    assert {i: case.opened_at for i, case in after.items()} == {i: case.opened_at for i, case in before.items()}
    assert all(case.clocks and len(case.clocks) == len(before[i].clocks) for i, case in after.items())
    assert after[ids[0]].status is CaseStatus.WAITING_CUSTOMER
    assigned = [(r.case.case_id, c.agent) for r in await bench.told() for c in r.changes if c.type == "assigned"]
    assert Counter(case_id for case_id, _ in assigned) == Counter({i: 1 if i == ids[0] else 2 for i in ids})


async def test_who_signs_off_twice_at_two_processes_hands_over_once(bench: Bench) -> None:
    one, other = await bench.start(2, **IDLE)
    await bench.send(*[contact("快递到哪了", n, customer(f"customer-{n}"), at=datetime.now(UTC)) for n in range(CASES)])

    async def all_there() -> bool:
        return len(await bench.cases()) == CASES

    await poll(all_there, 60, what="the cases")
    desks = [bench.desk(process, OTHER, "agent") for process in (one, other)]
    for case_id in sorted(await bench.cases()):
        await act(bench, desks[0], case_id, "take")
    answers = await asyncio.gather(*[desk.post("/v1/agents/me/off") for desk in desks])
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert sum(answer.json()["agents"] + answer.json()["queue"] for answer in answers) == CASES

    async def told() -> bool:
        return len(await handed_over(bench)) >= CASES

    await poll(told, 30, what="each hand-over is an event")
    events = await handed_over(bench)
    assert Counter(record.case.case_id for record, _ in events) == Counter(list(await bench.cases()))
    assert not await held(bench, OTHER)
    assert (await desks[0].post("/v1/agents/me/next")).status_code == 204, "signed off: nothing"
    assert (await desks[0].post("/v1/agents/me/back")).status_code == 204
    row = await bench.database["agents"].find_one({"_id": OTHER})
    assert (row["away"], "left" in row) == (False, False)
    stranger = await bench.desk(one, "nobody", "agent").post("/v1/agents/me/hand-over")
    assert stranger.status_code == 404
