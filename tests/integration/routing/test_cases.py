"""Contacts and parcel news through real Kafka and MongoDB: one case, whatever comes at once or again (RO-1, RO-11)."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.contracts.base import Contract
from shared.contracts.cases import CaseStatus
from shared.contracts.parcels import ExceptionKind, ParcelSnapshot
from shared.contracts.topics import CASES
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, versions
from tests.unit.routing.builders import cleared, contact, customer, parcel, raised

PHONE = "+8613800000001"


def at_once(count: int) -> list[Contract]:
    """Contacts of one person who is known under several ids, so that they go over all partitions."""
    now = datetime.now(UTC)
    return [contact("你好，在吗", n, customer(f"id-{n % 8}", phone=PHONE), at=now) for n in range(count)]


@pytest.mark.req("RO-1", "SY-2")
async def test_fifty_messages_at_once_over_two_processes_make_one_case(bench: Bench) -> None:
    await bench.start(2)
    events = at_once(50)
    await asyncio.gather(*(bench.send(event) for event in events))

    async def all_there() -> bool:
        return sum(case.contacts for case in (await bench.cases()).values()) == 50

    await poll(all_there, 60, what="50 contacts in cases")
    (case,) = (await bench.cases()).values()
    # The assigner gives the case to an agent meanwhile: one version more.
    assert case.version >= 50

    async def announced() -> bool:
        # Its clocks run: on a slow machine they add versions while we look.
        (now,) = (await bench.cases()).values()
        return versions(await bench.published()) == {now.case_id: list(range(1, now.version + 1))}

    await poll(announced, 30, what="every version announced once")


@pytest.mark.req("RO-1", "RO-11")
async def test_contact_and_exception_of_one_parcel_at_once_make_one_case(bench: Bench) -> None:
    await bench.start(2)
    now = datetime.now(UTC)
    pairs: list[Contract] = []
    for n in range(20):
        who = customer(f"c{n}", phone=f"+86139000001{n:02}")
        tracking = f"SF{n:04}"
        pairs.append(contact(f"{tracking}怎么没到", f"race-{n}", who, tracking_numbers=(tracking,), at=now))
        pairs.append(raised(tracking=tracking, consignee=who, n=f"race-{n}", at=now))
    await asyncio.gather(*(bench.send(event) for event in pairs))

    async def settled() -> bool:
        cases = (await bench.cases()).values()
        return len(cases) >= 20 and all(case.contacts and case.exception_id for case in cases)

    await poll(settled, 60, what="20 cases, each with its contact and its exception")
    assert len(await bench.cases()) == 20


@pytest.mark.req("RO-1", "SY-2")
async def test_a_replay_changes_nothing(bench: Bench) -> None:
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    now = datetime.now(UTC)
    ann = customer("ann", phone=PHONE)
    event = raised(tracking="SF1", consignee=ann, at=now)
    events = [
        contact("我的快递SF1丢了，要求赔偿", 1, ann, tracking_numbers=("SF1",), at=now),
        contact("你好", 2, customer("bob"), at=now),
        event,
        contact("有消息吗", 3, ann, at=now),
    ]
    await bench.send(*events)

    async def handled() -> bool:
        cases = (await bench.cases()).values()
        return sum(c.contacts for c in cases) == 3 and any(c.exception_id for c in cases)

    await poll(handled, 60, what="the first pass")
    before, announced = await bench.documents(), len(await bench.told())
    await bench.send(*events, *events)
    last = contact("最后一条", 4, customer("eve"), at=now)
    await bench.send(last, *[contact("分区", 100 + n, customer(f"p{n}"), at=now) for n in range(12)])

    async def second_pass() -> bool:
        return len(await bench.cases()) == len(before) + 13

    await poll(second_pass, 60, what="what came after the replay")
    after = await bench.documents()
    assert {case_id: after[case_id] for case_id in before} == before
    mine = [r for r in await bench.told() if r.case.case_id in before]
    assert len(mine) == announced
    ids = [dict(r.headers)["ce_id"] for r in await bench.read(CASES)]
    assert len(set(ids)) == announced + 13
    await process.end()


@pytest.mark.req("RO-11")
async def test_an_exception_opens_a_case_its_end_resolves_it_and_a_snapshot_brings_facts(bench: Bench) -> None:
    await bench.start()
    now = datetime.now(UTC)
    ann = customer("ann", phone=PHONE)
    lost = raised(ExceptionKind.LOSS, 1, tracking="SF7", consignee=ann, at=now)
    await bench.send(lost, contact("SF8破损，要求赔偿", 1, ann, tracking_numbers=("SF8",), at=now))

    async def both() -> bool:
        return len(await bench.cases()) == 2

    await poll(both, 60, what="two cases")
    by_parcel = {case.tracking_numbers[0]: case for case in (await bench.cases()).values()}
    assert by_parcel["SF7"].classification.priority == 1
    claim = by_parcel["SF8"]

    async def asked() -> bool:
        return {"tracking_number": "SF8", "case_id": claim.case_id} in await bench.lookups()

    await poll(asked, 30, what="the look-up of the parcel")
    found = ParcelSnapshot(tracking_number="SF8", case_id=claim.case_id, parcel=parcel("SF8"))
    await bench.send(cleared(lost, now), found)

    async def news() -> bool:
        cases = {case.tracking_numbers[0]: case for case in (await bench.cases()).values()}
        return cases["SF7"].status is CaseStatus.RESOLVED and cases["SF8"].parcel is not None

    await poll(news, 30, what="the news of both parcels")


@pytest.mark.req("RO-1")
async def test_every_query_of_the_store_uses_an_index(bench: Bench) -> None:
    (process,) = await bench.start()
    await bench.send(contact("你好", 1, at=datetime.now(UTC)))

    async def one() -> bool:
        return len(await bench.cases()) == 1

    await poll(one, 60)
    cases = bench.database["cases"]
    queries = {
        "open_keys": cases.find({"open_keys": {"$in": ["a", "b"]}}),
        "next_due": cases.find({"next_due": {"$lte": datetime.now(UTC)}}).sort("next_due", 1).limit(500),
        "held_by": cases.find({"held_by": "zhao.min"}),
        "customer": cases.find({"customer": {"$in": ["ann", "bob"]}}, {"_id": 1}).hint("customer"),
        "queue": cases.find({"group": "triage", "status": "queued"}).sort([("priority", 1), ("opened_at", 1)]),
    }
    for index, query in queries.items():
        plan = (await query.explain())["queryPlanner"]["winningPlan"]
        stages = str(plan)
        assert "COLLSCAN" not in stages
        assert "'SORT'" not in stages
        assert f"'indexName': '{index}'" in stages
    others = {"_id_", "awaited_media", "opened_at", "order_wanted", "disputed_at", "loose"}
    assert set(await cases.index_information()) == {*others, *queries}
    await process.end()
