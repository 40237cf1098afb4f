"""The agents' interface: acts once each, on the version that was seen; every refusal with its reason (RO-4, RO-14)."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.routing.corrections import export
from shared.contracts.cases import Case
from shared.contracts.training import ClassificationCorrected
from shared.settings import KafkaSettings
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench, DeskClient, Process
from tests.unit.routing.builders import contact, customer

AGENT, OTHER = "zhao.min", "sun.tao"


async def queued(bench: Bench, text: str = "快递到哪了") -> tuple[Process, Case]:
    """A process without assigner and timers, and one queued case in the tracing group."""
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    await bench.send(contact(text, 1, customer("ann"), at=datetime.now(UTC)))

    async def stored() -> list[Case]:
        return list((await bench.cases()).values())

    (case,) = await poll(stored, 60, what="the case")
    return process, case


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["title"]
    return answer.status_code, body.get("reason", "")


async def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    case: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == f'"{case["version"]}"'
    return case


@pytest.mark.req("RO-4", "RO-6", "RO-14")
async def test_an_agent_takes_answers_resolves_and_closes(bench: Bench) -> None:
    process, case = await queued(bench)
    desk = bench.desk(process, AGENT, "agent")
    seen = await desk.get("/v1/cases", group="tracing", status="queued")
    assert [c["case_id"] for c in seen.json()["cases"]] == [case.case_id]
    one = await desk.get(f"/v1/cases/{case.case_id}")
    assert one.headers["etag"] == '"1"'
    taken = await done(await desk.act(case.case_id, "take", version=1))
    assert (taken["status"], taken["agent"], taken["version"]) == ("assigned", AGENT, 2)
    mine = (await desk.get("/v1/cases")).json()["cases"]
    assert [c["case_id"] for c in mine] == [case.case_id]
    asked = await done(await desk.act(case.case_id, "wait", {"text": "请告诉我单号"}, version=2))
    assert asked["status"] == "waiting_customer"
    resolved = await done(await desk.act(case.case_id, "resolve", {"summary": "已告知"}, version=3))
    assert resolved["status"] == "resolved"
    assert (await desk.get("/v1/cases")).json()["cases"] == []
    closed = await done(await desk.act(case.case_id, "close", version=4))
    assert (closed["status"], closed["summary"]) == ("closed", "已告知")

    async def announced() -> bool:
        return (await bench.changes(case.case_id))[-1] == "closed"

    await poll(announced, 30, what="the last act in cases.v1")
    assert [name for name in await bench.changes(case.case_id) if ":" not in name] == [
        "opened",
        "contact_added",
        "classified",
        "assigned",
        "replied",
        "resolved",
        "survey_asked",
        "closed",
    ]


@pytest.mark.req("RO-4", "SY-4")
async def test_every_refusal_has_its_status_and_reason(bench: Bench) -> None:
    process, case = await queued(bench)
    desk, other = bench.desk(process, AGENT, "agent"), bench.desk(process, OTHER, "agent")
    nobody, claims = bench.desk(process, ""), bench.desk(process, "he.li", "agent")
    auditor, lead = bench.desk(process, "x", "archivist"), bench.desk(process, "boss", "lead")
    i = case.case_id

    async def refused(client: DeskClient, name: str, body: Any = None, **more: Any) -> tuple[int, str]:
        return problem(await client.act(i, name, body, **more))

    assert await refused(nobody, "take", version=1) == (401, "")
    assert await refused(DeskClient(process.url, "no.such.token"), "take", version=1) == (401, "")
    assert await refused(auditor, "take", version=1) == (403, "")
    assert await refused(desk, "take") == (428, "")
    assert await refused(desk, "take", version="yesterday") == (400, "")
    assert await refused(desk, "take", version=1, key=None) == (400, "")
    assert await refused(desk, "take", version=7) == (412, "")
    assert await refused(desk, "take", b"{", version=1) == (400, "")
    assert await refused(desk, "take", {"why": "not"}, version=1) == (422, "")
    assert await refused(desk, "reply", {"text": "  "}, version=1) == (422, "")
    assert await refused(desk, "reply", b"x" * 70_000, version=1) == (413, "")
    assert await refused(desk, "reply", {"text": "好"}, version=1) == (409, "wrong_status")
    assert await refused(claims, "take", version=1) == (403, "other_group")
    await done(await desk.act(i, "take", version=1))
    assert await refused(other, "reply", {"text": "好"}, version=2) == (403, "not_yours")
    assert await refused(desk, "assign", {"agent": OTHER}, version=2) == (403, "lead_only")
    assert await refused(lead, "assign", {"agent": "nobody"}, version=2) == (409, "unknown_agent")
    assert await refused(desk, "close", version=2) == (409, "summary_missing")
    assert problem(await desk.act("no-such-case", "take", version=1)) == (404, "")
    assert problem(await desk.get("/v1/cases/no-such-case")) == (404, "")
    assert problem(await desk.get("/v1/cases", limit="many")) == (400, "")
    assert problem(await desk.get("/v1/cases", status="lost")) == (400, "")
    refusal = (await desk.act(i, "take", version=2)).json()
    assert "assigned" in refusal["detail"]
    assert "处理中" in refusal["detail_zh"]
    assert (await bench.cases())[i].version == 2


@pytest.mark.req("RO-4", "SY-2")
async def test_the_same_key_gives_the_same_answer_and_one_effect(bench: Bench) -> None:
    process, case = await queued(bench)
    desk = bench.desk(process, AGENT, "agent")
    await done(await desk.act(case.case_id, "take", version=1))
    wish = {"text": "包裹今天下午送达"}
    answers = await asyncio.gather(*(desk.act(case.case_id, "reply", wish, version=2, key="once") for _ in range(6)))
    first, *rest = [await done(answer) for answer in answers]
    assert all(other == first for other in rest)
    again = await done(await desk.act(case.case_id, "reply", wish, version=2, key="once"))
    assert again == first
    assert problem(await desk.act(case.case_id, "reply", {"text": "别的"}, version=2, key="once")) == (422, "")

    async def announced() -> bool:
        return "replied" in await bench.changes(case.case_id)

    await poll(announced, 30)
    assert (await bench.changes(case.case_id)).count("replied") == 1
    assert (await bench.cases())[case.case_id].version == 3


@pytest.mark.req("RO-4")
async def test_of_two_agents_who_take_at_once_one_gets_the_case(bench: Bench) -> None:
    process, case = await queued(bench)
    desks = [bench.desk(process, name, "agent") for name in (AGENT, OTHER)]
    answers = await asyncio.gather(*(desk.act(case.case_id, "take", version=1) for desk in desks))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert (await bench.cases())[case.case_id].agent in (AGENT, OTHER)
    queues = [(await desk.get("/v1/cases")).json()["cases"] for desk in desks]
    assert sorted(len(queue) for queue in queues) == [0, 1]


@pytest.mark.req("RO-4")
async def test_pages_of_a_queue(bench: Bench) -> None:
    process, _ = await queued(bench)
    now = datetime.now(UTC)
    await bench.send(*[contact("快递到哪了", 10 + n, customer(f"c{n}"), at=now) for n in range(6)])

    async def seven() -> bool:
        return len(await bench.cases()) == 7

    await poll(seven, 30)
    lead = bench.desk(process, "boss", "lead")
    seen: list[str] = []
    after = "0"
    while True:
        page = (await lead.get("/v1/cases", group="tracing", limit="3", after=after)).json()
        seen += [case["case_id"] for case in page["cases"]]
        if "next" not in page:
            break
        after = str(page["next"])
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.req("RO-4")
async def test_an_agent_who_is_away_gets_nothing_and_who_asks_gets_the_most_urgent(bench: Bench) -> None:
    process, case = await queued(bench)
    desk, other = bench.desk(process, AGENT, "agent"), bench.desk(process, OTHER, "agent")
    assert (await desk.post("/v1/agents/me/away")).status_code == 204
    assert (await desk.post("/v1/agents/me/next")).status_code == 204, "away: nothing"
    assert (await desk.post("/v1/agents/me/back")).status_code == 204
    given = await done(await desk.post("/v1/agents/me/next"))
    assert (given["case_id"], given["agent"], given["status"]) == (case.case_id, AGENT, "assigned")
    assert (await other.post("/v1/agents/me/next")).status_code == 204, "nothing waits any more"
    declined = await done(await desk.act(case.case_id, "decline", {"reason": "不懂海关业务"}, version=2))
    assert (declined["status"], declined["declined_by"]) == ("queued", [AGENT])
    assert (await desk.post("/v1/agents/me/next")).status_code == 204, "not to the same agent again"
    assert (await done(await other.post("/v1/agents/me/next")))["agent"] == OTHER
    stranger = bench.desk(process, "nobody", "agent")
    assert problem(await stranger.post("/v1/agents/me/next"))[0] == 404


@pytest.mark.req("RO-1")
async def test_a_lead_merges_two_cases_and_splits_one_and_later_contacts_find_them(bench: Bench) -> None:
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    ann, now = customer("ann"), datetime.now(UTC)
    numbers = ("SF7000000000001", "SF7000000000002")
    await bench.send(contact("单号不对", 1, ann, at=now, tracking_numbers=("SF7000000000009",)))
    await bench.send(contact("两件都没到", 2, ann, at=now, tracking_numbers=numbers))

    async def two() -> list[Case]:
        cases = list((await bench.cases()).values())
        return cases if len(cases) == 2 else []

    first, second = sorted(await poll(two, 60, what="two cases"), key=lambda case: len(case.tracking_numbers))
    desk = bench.desk(process, "lead.one", "lead")
    gone = await desk.act(first.case_id, "merge", {"into": "PC00000000"}, version=1)
    assert gone.status_code == 404

    async def merged() -> tuple[int, httpx.Response] | None:
        """Something may still befall one of the two, as it is new: then the lead reads it again."""
        version = (await bench.cases())[first.case_id].version
        answer = await desk.act(first.case_id, "merge", {"into": second.number}, version=version, key=f"m{version}")
        return None if answer.status_code == 412 else (version, answer)

    version, answer = await poll(merged, 30, what="the merge")
    ended = await done(answer)
    assert (ended["status"], ended["merged_into"]) == ("closed", second.case_id)
    repeated = await desk.act(first.case_id, "merge", {"into": second.number}, version=version, key=f"m{version}")
    assert await done(repeated) == ended
    about = {"subject": "第二件", "kind": "complaint", "tag": "delay", "tracking_numbers": ["SF7000000000002"]}
    version = (await bench.cases())[second.case_id].version
    left = await done(await desk.act(second.case_id, "split", about, version=version))
    assert left["tracking_numbers"] == ["SF7000000000001", "SF7000000000009"]
    late = {"tracking_numbers": ("SF7000000000002",), "at": datetime.now(UTC)}
    await bench.send(contact("SF7000000000002 呢？", 3, customer("ann"), **late))

    async def joined() -> dict[str, int]:
        counts = {case.case_id: case.contacts for case in (await bench.cases()).values()}
        return counts if sum(counts.values()) == 5 else {}

    counts = await poll(joined, 60, what="the late contact")
    assert (len(counts), counts[second.case_id]) == (3, 2)
    assert (await bench.changes(first.case_id))[-1] == "merged"
    assert (await bench.changes(second.case_id))[-2:] == ["absorbed", "split_off"]


@pytest.mark.req("RO-2")
async def test_a_correction_is_announced_once_and_exported_with_the_customers_words(
    bench: Bench, tmp_path: Path
) -> None:
    process, case = await queued(bench)
    desk = bench.desk(process, AGENT, "agent")
    body = {"kind": "complaint", "tags": ["delay", "attitude"], "priority": 2}
    assert problem(await desk.act(case.case_id, "reclassify", {}, version=1)) == (422, "")
    assert problem(await desk.act(case.case_id, "reclassify", {"tags": ["nonsense"]}, version=1)) == (
        409,
        "unknown_tag",
    )
    for _ in range(2):
        after = await done(await desk.act(case.case_id, "reclassify", body, version=1, key="once"))
    assert (after["group"], after["classification"]["decided_by"]) == ("complaints", "agent")
    settings = KafkaSettings(kafka_bootstrap_servers=bench.infra.kafka, topic_prefix=bench.names.prefix)
    file = tmp_path / "corrections.jsonl"

    async def exported() -> bool:
        return await export(settings, file) > 0

    await poll(exported, 30, what="the correction in training.v1")
    (line,) = file.read_text("utf-8").splitlines()
    correction = ClassificationCorrected.model_validate_json(line)
    assert correction.text.reveal() == "快递到哪了"
    assert (correction.before.tags, correction.tags, correction.agent) == (("where_is",), ("delay", "attitude"), AGENT)
    assert file.stat().st_mode & 0o777 == 0o600
