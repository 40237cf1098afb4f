"""Who is who on a real Kafka and MongoDB: one customer however many write at once, and people's decisions (IN-5)."""

import asyncio
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.intake.harness import Bench
from tests.integration.intake.persons import (
    MAIL,
    OPENID,
    PHONE,
    Ann,
    act,
    announced,
    ask,
    circles,
    customers,
    told,
    until_heard,
)
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench as RoutingBench


@pytest.fixture
async def routing(infra: Infra, fresh_names: FreshNames, tmp_path: Path, bench: Bench) -> AsyncIterator[RoutingBench]:
    """Routing on the same topics, with the same secrets."""
    made = RoutingBench(infra, fresh_names, tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.mark.req("IN-5", "IN-6", "SY-2")
async def test_fifty_first_contacts_at_once_by_two_processes_make_one_customer_whoever_dies(bench: Bench) -> None:
    first, second = await asyncio.gather(bench.intake("intake-a"), bench.intake("intake-b"))
    ann = Ann(bench)
    ways = []
    for n in range(10):
        process = first if n % 2 else second
        ways += [
            ann.by_web(process, n, phone=PHONE, email=MAIL),
            ann.by_phone(process, n),
            ann.by_mail(process, n),
            ann.by_wechat(process, n),
            ann.orders(process, n, email=MAIL, openid=OPENID),
        ]
    await asyncio.gather(*ways)
    await first.end(signal.SIGKILL)
    await bench.intake("intake-a")
    await until_heard(bench)
    (customer,) = (await customers(bench)).values()
    assert customer == {ann.phone, ann.mail, ann.openid}

    async def all_told() -> bool:
        known = await told(bench)
        return all(set(known[h].same) == customer if h in known else False for h in customer)

    await poll(all_told, 30, what="customers.v1 to tell of one customer")
    before, events = await circles(bench), await announced(bench)
    # Read again from the first record, by a group that has no offsets: nothing is new.
    await bench.processes[-1].end()
    await second.end()
    await bench.intake("intake-c", GROUP_PREFIX=f"{bench.names.prefix}again-")
    await until_heard(bench, f"{bench.names.prefix}again-")
    assert await circles(bench) == before
    assert await announced(bench) == events


@pytest.mark.req("IN-5")
async def test_people_look_up_merge_and_unmerge(bench: Bench) -> None:
    intake, ann = await bench.intake(), Ann(bench)
    await ann.by_web(intake, 1, phone=PHONE)
    await ann.orders(intake, 2, openid=OPENID)
    await until_heard(bench)
    assert (await ask(bench, intake, "", phone=PHONE)).status_code == 401
    assert (await ask(bench, intake, "", "sre", phone=PHONE)).status_code == 403
    by_phone = (await ask(bench, intake, "", "agent", phone=f"+86 {PHONE}")).json()["customers"]
    assert [c["customer_id"] for c in by_phone] == [ann.phone]
    assert [h["value"] for h in by_phone[0]["handles"]] == ["+86****8001"]
    for query in ({"order": "tb2"}, {"tracking": "SF0000000000002"}, {"openid": OPENID}):
        (found,) = (await ask(bench, intake, "", "archivist", **query)).json()["customers"]
        assert [h["value"] for h in found["handles"]] == [OPENID]
    assert (await ask(bench, intake, "", "agent", tracking="SF000000000000")).json() == {"customers": []}
    for wrong in ({}, {"phone": "95338"}, {"phone": PHONE, "order": "TB2"}):
        assert (await ask(bench, intake, "", "agent", **wrong)).status_code == 400
    assert (await ask(bench, intake, "/nobody", "agent")).status_code == 404

    read = await ask(bench, intake, f"/{ann.openid}", "agent")
    version, body = read.headers["etag"], {"other": ann.phone, "reason": "同一人，电话确认"}
    path = f"/{ann.openid}/merge"
    assert (await act(bench, intake, path, version, body, "agent")).status_code == 403
    assert (await act(bench, intake, path, None, body, "lead")).status_code == 428
    assert (await act(bench, intake, path, '"9"', body, "lead")).status_code == 412
    assert (await act(bench, intake, path, version, {"other": ann.phone}, "lead")).status_code == 422
    assert (await act(bench, intake, path, version, body | {"other": "nobody"}, "lead")).status_code == 404
    merged = await act(bench, intake, path, version, body, "lead")
    assert merged.status_code == 200, merged.text
    one = merged.json()
    assert {h["id"] for h in one["handles"]} == {ann.phone, ann.openid}
    assert one["decisions"][0]["reason"] == "同一人，电话确认"
    assert (await act(bench, intake, path, version, body, "lead")).status_code == 412, "done, and done once"
    assert (await act(bench, intake, path, merged.headers["etag"], body, "lead")).status_code == 409

    (done,) = one["merges"]
    undo = {"restore": done["absorbed"], "reason": "两个人"}
    path = f"/{one['customer_id']}/unmerge"
    parted = await act(bench, intake, path, merged.headers["etag"], undo, "adjudicator")
    assert parted.status_code == 200, parted.text
    assert len(parted.json()["handles"]) == 1
    await ann.orders(intake, 3, phone=PHONE, openid=OPENID)
    await until_heard(bench)
    assert len(await customers(bench)) == 2, "a person's decision wins"
    suggested = (await ask(bench, intake, f"/{ann.phone}", "agent")).json()["suggestions"]
    assert [s["customer_id"] for s in suggested] == [ann.openid]

    async def all_told() -> bool:
        events = list((await announced(bench)).values())
        return [(type(e).__name__, e.actor) for e in sorted(events, key=lambda e: e.version)] == [
            ("CustomersMerged", "wang"),
            ("CustomersSeparated", "wang"),
        ]

    await poll(all_told, 30, what="both decisions to be told")


@pytest.mark.req("IN-5", "RO-1")
async def test_fifty_contacts_at_once_of_a_known_customer_make_one_case(bench: Bench, routing: RoutingBench) -> None:
    first, second = await asyncio.gather(bench.intake("intake-a"), bench.intake("intake-b"))
    await routing.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    ann = Ann(bench)
    await ann.orders(first, 100, phone=PHONE, email=MAIL, openid=OPENID)
    await poll(lambda: routing.database["customer_aliases"].count_documents({}), 60, what="routing to know who is who")
    await routing.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    ways = (ann.by_phone, ann.by_mail, ann.by_wechat, partial(ann.by_web, phone=PHONE, email=MAIL))
    await asyncio.gather(*(ways[n % 4](first if n % 3 else second, n) for n in range(50)))

    async def all_there() -> bool:
        return sum(case.contacts for case in (await routing.cases()).values()) == 50

    await poll(all_there, 60, what="50 contacts in cases")
    assert len(await routing.cases()) == 1
    assert len(await customers(bench)) == 1


@pytest.mark.req("IN-5", "RO-1")
async def test_after_a_merge_wechat_joins_the_phones_case_and_after_an_unmerge_it_has_its_own(
    bench: Bench, routing: RoutingBench
) -> None:
    intake, ann = await bench.intake(), Ann(bench)
    await routing.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    await ann.by_phone(intake, 1)
    await ann.orders(intake, 2, openid=OPENID)
    await until_heard(bench)

    async def contacts() -> list[int]:
        return sorted(case.contacts for case in (await routing.cases()).values())

    async def knows(count: int) -> bool:
        row = await routing.database["customer_aliases"].find_one({"_id": ann.openid})
        return row is not None and len(row["same"]) == count

    version = (await ask(bench, intake, f"/{ann.phone}", "agent")).headers["etag"]
    body = {"other": ann.openid, "reason": "同一人"}
    merged = await act(bench, intake, f"/{ann.phone}/merge", version, body, "lead")
    await poll(lambda: knows(2), 30, what="routing to know of the merge")
    await ann.by_wechat(intake, 3)

    async def joined() -> bool:
        return await contacts() == [2]

    await poll(joined, 30, what="WeChat's message on the phone's case")
    one = merged.json()
    undo = {"restore": one["merges"][0]["absorbed"], "reason": "两个人"}
    parted = await act(bench, intake, f"/{one['customer_id']}/unmerge", merged.headers["etag"], undo, "lead")
    assert parted.status_code == 200, parted.text
    await poll(lambda: knows(1), 30, what="routing to know of the unmerge")
    await ann.by_wechat(intake, 4)
    await ann.by_phone(intake, 5)

    async def two() -> bool:
        return await contacts() == [1, 3]

    await poll(two, 30, what="a case of its own for WeChat")
