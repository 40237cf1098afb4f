"""One person by many handles, from intake's gateways to routing's cases, on a real Kafka and MongoDB (IN-5, RO-1)."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.cases import Case, CaseStatus
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.intake.harness import Bench, Process
from tests.integration.intake.persons import MAIL, OPENID, PHONE, Ann, act, ask, customers, until_heard
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench as RoutingBench
from tests.integration.routing.harness import versions

pytestmark = pytest.mark.req("IN-5", "RO-1")
OTHER_PHONE, OTHER_MAIL = "13900139002", "ann@work.example"
QUIET = {"ASSIGN_INTERVAL_S": "3600", "TIMER_INTERVAL_S": "3600"}


@pytest.fixture
async def routing(infra: Infra, fresh_names: FreshNames, tmp_path: Path, bench: Bench) -> AsyncIterator[RoutingBench]:
    """Routing on the same topics, with the same secrets."""
    made = RoutingBench(infra, fresh_names, tmp_path)
    await made.open()
    yield made
    await made.close()


async def open_cases(routing: RoutingBench) -> list[Case]:
    return [case for case in (await routing.cases()).values() if case.status is not CaseStatus.CLOSED]


async def until_open(routing: RoutingBench, cases: int, contacts: int, what: str) -> list[Case]:
    async def there() -> Any:
        found = await open_cases(routing)
        return found if (len(found), sum(c.contacts for c in found)) == (cases, contacts) else None

    return list(await poll(there, 90, what=what))


async def write_fifty(ann: Ann, processes: tuple[Process, Process]) -> None:
    """Ten by each of five handles, and among them the two and the order that link them."""
    ways = [
        ann.orders(processes[0], 900, phone=PHONE, openid=OPENID),
        ann.by_web(processes[0], 901, phone=PHONE, email=OTHER_MAIL),
        ann.by_web(processes[1], 902, phone=OTHER_PHONE, email=MAIL),
        ann.orders(processes[1], 903, phone=OTHER_PHONE, email=OTHER_MAIL),
    ]
    for n in range(48):
        process = processes[n % 2]
        writes = (
            ann.by_phone,
            partial(ann.by_phone, phone=OTHER_PHONE),
            ann.by_mail,
            partial(ann.by_mail, mail=OTHER_MAIL),
            ann.by_wechat,
        )
        ways.insert(n % 7, writes[n % 5](process, n))
    await asyncio.gather(*ways)


@pytest.mark.req("SY-2")
async def test_fifty_first_contacts_at_once_by_five_handles_make_one_open_case_whoever_dies(
    bench: Bench, routing: RoutingBench
) -> None:
    intakes = await asyncio.gather(bench.intake("intake-a"), bench.intake("intake-b"))
    first, _ = await routing.start(2, **QUIET)
    await write_fifty(Ann(bench), (intakes[0], intakes[1]))
    await until_heard(bench)
    assert len(await customers(bench)) == 1

    async def some_merged() -> bool:
        return any(case.merged_into for case in (await routing.cases()).values())

    opened = len(await open_cases(routing))
    if opened > 1:
        await poll(some_merged, 60, what=f"{opened} cases to become fewer")
    await first.end(signal.SIGKILL)
    await routing.start(1, **QUIET)
    (case,) = await until_open(routing, 1, 50, "one open case with all contacts")

    told = await routing.told()
    assert all(list(found) == list(range(1, len(found) + 1)) for found in versions(told).values())
    changes = Counter((c.type, record.case.case_id) for record in told for c in record.changes)
    others = [i for i in await routing.cases() if i != case.case_id]
    assert [changes["merged", i] for i in others] == [1] * len(others)
    assert sum(n for (kind, _), n in changes.items() if kind == "absorbed") == len(others)
    added = [c.interaction_id for record in told for c in record.changes if c.type == "contact_added"]
    assert len(added) == len(set(added)) == 50
    assert case.opened_at == min(found.opened_at for found in (await routing.cases()).values())


async def test_a_merge_of_two_customers_unites_their_cases_and_its_undoing_parts_them(
    bench: Bench, routing: RoutingBench
) -> None:
    intake, ann = await bench.intake(), Ann(bench)
    await routing.start(1, **QUIET)
    await ann.by_phone(intake, 1)
    await until_open(routing, 1, 1, "the phone's case")
    await ann.by_wechat(intake, 2)
    await until_open(routing, 2, 2, "a case for each")
    await until_heard(bench)
    version = (await ask(bench, intake, f"/{ann.phone}", "agent")).headers["etag"]
    merged = await act(bench, intake, f"/{ann.phone}/merge", version, {"other": ann.openid, "reason": "同一人"}, "lead")
    (one,) = await until_open(routing, 1, 2, "one case of both")
    assert one.customer.customer_id == ann.phone

    (absorbed,) = [c for r in await routing.told() for c in r.changes if c.type == "absorbed"]
    assert absorbed.because is not None
    assert (absorbed.because.evidence, absorbed.because.actor) == ("person", "wang")

    customer = merged.json()
    undo = {"restore": customer["merges"][0]["absorbed"], "reason": "两个人"}
    await act(bench, intake, f"/{customer['customer_id']}/unmerge", merged.headers["etag"], undo, "lead")
    parted = await until_open(routing, 2, 2, "a case for each again")
    assert {case.customer.customer_id for case in parted} == {ann.phone, ann.openid}
    assert {case.case_id for case in parted} == set(await routing.cases()), "the one that had ended is open again"
    await ann.by_wechat(intake, 3)
    await ann.by_phone(intake, 4)
    both = await until_open(routing, 2, 4, "each contact in its own")
    assert sorted(case.contacts for case in both) == [2, 2]
    assert await routing.database["case_doubts"].count_documents({}) <= 1
