"""RO-12 on real Kafka and MongoDB: two processes, one killed on the way, and one incident comes of it."""

import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts.cases import Case
from shared.contracts.incidents import INCIDENT_CHANGED, INCIDENT_PARCEL, IncidentChanged, IncidentParcel
from shared.contracts.parcels import ParcelExceptionRaised
from shared.contracts.topics import INCIDENTS
from tests.integration import asking
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, Process
from tests.unit.routing.builders import HUB, cleared, contact, customer, raised

pytestmark = pytest.mark.req("RO-12")

BEFORE, DURING = 9, 12
LEAD = "li.lead"
REVIEW = {"cause": "分拣线停电", "remedy": "转人工分拣", "prevention": "加装备用电源"}


def standing(n: int, who: int | None = None) -> ParcelExceptionRaised:
    """A parcel that stands at the hub now; two of each customer."""
    who = n // 2 if who is None else who
    consignee = customer(f"customer-{who}", email=f"c{who}@example.com")
    return raised(n=n, tracking=f"SF{n:04d}", at=datetime.now(UTC), consignee=consignee, place=HUB)


async def news(bench: Bench) -> tuple[list[IncidentChanged], list[IncidentParcel]]:
    """What incidents.v1 says, each event once, in order."""
    changed: dict[str, IncidentChanged] = {}
    parcels: dict[str, IncidentParcel] = {}
    for record in await bench.read(INCIDENTS):
        headers = {name: value.decode() for name, value in record.headers}
        if headers["ce_type"] == INCIDENT_CHANGED:
            changed[headers["ce_id"]] = IncidentChanged.model_validate_json(record.value)
        elif headers["ce_type"] == INCIDENT_PARCEL:
            parcels[headers["ce_id"]] = IncidentParcel.model_validate_json(record.value)
    return sorted(changed.values(), key=lambda one: one.incident.version), list(parcels.values())


async def call(
    bench: Bench, process: Process, method: str, path: str, body: Any = None, version: int | None = None
) -> httpx.Response:
    token = bench.desk(process, LEAD, "lead").token
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    async with asking.client(base_url=process.url) as client:
        return await client.request(method, path, content=json.dumps(body or {}), headers=headers, timeout=15)


async def under(bench: Bench, process: Process) -> dict[str, Any] | None:
    """The open incident with its figures, where every exception so far is under it."""
    found = (await call(bench, process, "GET", "/v1/incidents")).json()["incidents"]
    if not found:
        return None
    one: dict[str, Any] = (await call(bench, process, "GET", f"/v1/incidents/{found[0]['incident_id']}")).json()
    return one


async def opened_cases(bench: Bench) -> dict[str, Case]:
    """The cases that were opened; not those that are only reserved."""
    rows = await bench.documents()
    return {key: Case.model_validate_json(row["case"]) for key, row in rows.items() if not row.get("reserved")}


async def test_a_hub_stands_still_and_a_process_is_killed(bench: Bench) -> None:
    one, other = await bench.start(2, ASSIGN_INTERVAL_S="3600")
    before = [standing(n) for n in range(BEFORE)]
    await bench.send(*before, *before)

    async def linked(number: int) -> dict[str, Any] | None:
        found = await under(bench, other)
        return found if found and found["figures"]["parcels"] == number else None

    found = await poll(lambda: linked(BEFORE), 60, what="the cases before the incident are under it")
    assert len(await opened_cases(bench)) == BEFORE
    assert found["incident"]["cause"]["site"] == HUB
    assert found["incident"]["surprise"]["count"] >= 8

    during = [standing(n) for n in range(BEFORE, BEFORE + DURING)]
    await bench.send(*during[:4])
    await one.end(signal.SIGKILL)
    await bench.send(*during[4:], *during, *before)
    total = BEFORE + DURING
    await poll(lambda: linked(total), 90, what="what came during the incident is under it")
    assert len(await opened_cases(bench)) == BEFORE, "nothing that came during it opened a case"

    writes = contact("SF0015怎么还没到", n="w", who=during[6].parcel.shipment.consignee, tracking_numbers=("SF0015",))  # type: ignore[union-attr]
    await bench.send(writes)

    async def answered() -> Case | None:
        return next((case for case in (await opened_cases(bench)).values() if case.contacts), None)

    case = await poll(answered, 60, what="the contact's case")
    assert case.incident_id == found["incident"]["incident_id"]
    assert case.exception_id == during[6].exception_id

    await bench.send(*[cleared(event, datetime.now(UTC)) for event in during[:4]])
    await close(bench, other, case, total)


async def close(bench: Bench, process: Process, case: Case, total: int) -> None:
    """A lead acknowledges and closes: whose parcel still stands gets a case, everybody is told once."""
    shown = await under(bench, process)
    assert shown is not None
    path, version = f"/v1/incidents/{case.incident_id}", shown["incident"]["version"]
    stale = await call(bench, process, "POST", f"{path}/acknowledge", version=version + 5)
    assert stale.status_code == 412
    acknowledged = await call(bench, process, "POST", f"{path}/acknowledge", version=version)
    assert acknowledged.status_code == 200, acknowledged.text
    assert acknowledged.json()["clock"]["state"] == "met"

    async def four_moved_on() -> bool:
        figures = (await call(bench, process, "GET", path)).json()["figures"]
        return bool(figures["open_parcels"] == total - 4)

    await poll(four_moved_on, 60, what="four parcels moved on")
    closed = await call(bench, process, "POST", f"{path}/close", REVIEW, acknowledged.json()["version"])
    assert closed.status_code == 200, closed.text

    async def all_let_go() -> bool:
        figures = (await call(bench, process, "GET", path)).json()["figures"]
        return bool(figures["open_parcels"] == 0)

    await poll(all_let_go, 60, what="every parcel is out of it")
    cases = await opened_cases(bench)
    assert len(cases) == BEFORE + DURING - 4, "each parcel that still stands has its one case"
    assert len({tuple(one.tracking_numbers) for one in cases.values()}) == len(cases)

    async def all_told() -> bool:
        return sum(one.move == "over" for one in (await news(bench))[1]) == total

    await poll(all_told, 60, what="the end is announced for each parcel")
    changed, parcels = await news(bench)
    assert [change.type for one in changed for change in one.changes if change.type in ("opened", "closed")] == [
        "opened",
        "closed",
    ]
    assert len(parcels) == 2 * total
    told = [(one.customer.customer_id, one.move) for one in parcels if one.tell]
    assert len(set(told)) == len(told), "each customer at most once at each end"
    affected = {one.customer.customer_id for one in parcels}
    assert {customer_id for customer_id, move in told if move == "affected"} == affected
    assert await bench.database["exception_counts"].aggregate([{"$group": {"_id": None, "n": {"$sum": "$n"}}}]).to_list(
        1
    ) == [{"_id": None, "n": total}]


async def test_a_lead_opens_one_by_hand_links_a_case_and_takes_it_out(bench: Bench) -> None:
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600")
    await bench.send(
        raised(n=1, tracking="YT1", at=datetime.now(UTC), consignee=customer("ann"), place="上海青浦分拨中心")
    )

    async def stored() -> list[Case]:
        return list((await opened_cases(bench)).values())

    (case,) = await poll(stored, 60, what="the case")
    body = {"kind": "delay", "site": HUB, "since_minutes": 30}
    opened = await call(bench, process, "POST", "/v1/incidents", body)
    assert opened.status_code == 201, opened.text
    again = await call(bench, process, "POST", "/v1/incidents", body)
    assert (again.status_code, again.json()["reason"]) == (409, "already_open")
    path = f"/v1/incidents/{opened.json()['incident_id']}"

    linked = await call(bench, process, "POST", f"{path}/link", {"case_id": case.case_id}, opened.json()["version"])
    assert linked.status_code == 200, linked.text
    assert (await opened_cases(bench))[case.case_id].incident_number == opened.json()["number"]
    parcels = (await call(bench, process, "GET", f"{path}/parcels")).json()["parcels"]
    assert [one["tracking_number"] for one in parcels] == ["YT1"]
    out = await call(bench, process, "POST", f"{path}/unlink", {"case_id": case.case_id}, linked.json()["version"])
    assert out.status_code == 200, out.text
    assert (await opened_cases(bench))[case.case_id].incident_id is None
    unknown = await call(bench, process, "POST", f"{path}/link", {"case_id": "x"}, out.json()["version"])
    assert unknown.status_code == 404
    wrong = await call(bench, process, "POST", "/v1/incidents", {"kind": "delay", "region": "月球"})
    assert wrong.status_code == 422

    async def announced() -> bool:
        return sum(len(one.changes) for one in (await news(bench))[0]) >= 4

    await poll(announced, 30, what="every change is an event")
    assert datetime.now(UTC) - case.opened_at < timedelta(hours=1)
