"""RO-11, RO-12 on real Kafka and MongoDB: a lead's other estimate reaches what is under an incident, through kills."""

import signal
from collections import Counter
from datetime import UTC, datetime

import pytest

from shared.contracts.cases import Case
from shared.contracts.estimates import EstimateMoved
from shared.contracts.incidents import IncidentParcel
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, Process
from tests.integration.routing.test_incidents import call, news, opened_cases, standing
from tests.integration.routing.test_rebuild import everything, rebuilt
from tests.unit.routing.builders import HUB

pytestmark = pytest.mark.req("RO-11", "RO-12")

BEFORE, RESERVED = 2, 1198
TOTAL = BEFORE + RESERVED
SLOW = {"ASSIGN_INTERVAL_S": "3600"}


async def incident_of(bench: Bench, process: Process) -> tuple[str, int]:
    """A lead opens one; its path and version once every parcel is under it."""
    await bench.send(*[standing(n) for n in range(BEFORE)])

    async def all_open() -> bool:
        return len(await bench.cases()) == BEFORE

    await poll(all_open, 60, what="the cases before the incident")
    opened = await call(bench, process, "POST", "/v1/incidents", {"kind": "delay", "site": HUB, "since_minutes": 60})
    assert opened.status_code == 201, opened.text
    await bench.send(*[standing(n) for n in range(BEFORE, TOTAL)])
    path = f"/v1/incidents/{opened.json()['incident_id']}"

    async def all_under() -> bool:
        figures = (await call(bench, process, "GET", path)).json()["figures"]
        return bool(figures["open_parcels"] == TOTAL)

    await poll(all_under, 120, what="every parcel is under it")
    return path, opened.json()["version"]


async def reached(bench: Bench, hours: int) -> int:
    """Customers with a parcel that follows this estimate; -1 where it is the only one."""
    customers = bench.database["incident_customers"]
    if not await customers.count_documents({"delays": {"$elemMatch": {"$ne": hours}}}):
        return -1
    return int(await customers.count_documents({"delays": hours}))


def expected(cases: dict[str, Case]) -> dict[str, datetime | None]:
    return {case_id: case.estimate.at if case.estimate else None for case_id, case in cases.items()}


async def test_another_estimate_reaches_every_case_once_though_all_processes_are_killed(bench: Bench) -> None:
    processes = await bench.start(2, **SLOW)
    path, version = await incident_of(bench, processes[0])
    before = expected(await bench.cases())
    began = datetime.now(UTC)
    estimated = await call(bench, processes[1], "POST", f"{path}/estimate", {"delay_hours": 96}, version)
    assert estimated.status_code == 200, estimated.text

    async def some() -> bool:
        return await reached(bench, 96) != 0

    await poll(some, 60, what="the first portion")
    for process in processes:
        await process.end(signal.SIGKILL)
    (last,) = await bench.start(1, **SLOW)

    async def done() -> bool:
        return await reached(bench, 96) == -1

    await poll(done, 90, what="every parcel follows the new estimate")
    after = expected(await bench.cases())
    assert all(at is not None and before[case_id] != at for case_id, at in after.items())
    told = await announced(bench)
    assert Counter(one.tracking_number for one in told) == Counter(f"SF{n:04d}" for n in range(TOTAL))
    assert Counter(one.owner_id for one in told if one.tell) == Counter({one.owner_id for one in told})
    assert {one.case_id: one.expected_at for one in told} == after
    moved = [(r.case.case_id, c) for r in await bench.told() for c in r.changes if isinstance(c, EstimateMoved)]
    assert sorted(case_id for case_id, _ in moved) == sorted(await opened_cases(bench))
    assert not any(change.told for _, change in moved)
    assert (datetime.now(UTC) - began).total_seconds() < 180

    await last.end()
    stored = await everything(bench)
    await rebuilt(bench)
    assert await everything(bench) == stored


async def announced(bench: Bench) -> list[IncidentParcel]:
    """What incidents.v1 tells of moved estimates, once it tells all."""

    async def estimated() -> list[IncidentParcel]:
        return [one for one in (await news(bench))[1] if one.move == "estimated"]

    async def all_told() -> bool:
        return len(await estimated()) >= TOTAL

    await poll(all_told, 60, what="every moved estimate is announced")
    return await estimated()
