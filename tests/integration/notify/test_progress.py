"""The progress page over HTTP: who may see it, that it moves by itself, that it ends cleanly (NO-5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from services.notify.example import CASE_ID, story
from shared.security.tokens import Role
from tests.integration import asking
from tests.integration.notify.harness import Bench, Process
from tests.integration.polling import poll


async def shown(process: Process, path: str) -> bool:
    return (await process.get(path)).status_code == 200


@asynccontextmanager
async def stream(process: Process, path: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of an open event stream, from after its first comment on."""
    async with (
        asking.client(timeout=30) as client,
        client.stream("GET", process.url + path) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        async for line in lines:
            if line.startswith(": watching"):
                break
        yield lines


async def next_view(lines: AsyncIterator[str]) -> tuple[int, dict[str, str]]:
    version = 0
    async for line in lines:
        if line.startswith("id: "):
            version = int(line[4:])
        if line.startswith("data: "):
            return version, orjson.loads(line[6:])
    raise AssertionError("the stream ended")


@pytest.mark.req("NO-5", "SY-5")
async def test_the_page_opens_by_its_link_alone_and_masks_personal_data(bench: Bench) -> None:
    process = await bench.start()
    assert (await process.get(bench.page(CASE_ID))).status_code == 404
    await bench.publish(story("zh"))
    await bench.notices(8)
    page = await process.get(bench.page(CASE_ID))
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]
    for secret in ("13812345678", "zhou.xm", "周晓敏", "6222020200112233", "a17"):
        assert secret not in page.text
    assert "¥1,299.00" in page.text
    english = await process.get(bench.page(CASE_ID) + "?lang=en")
    assert "Your case is closed" in english.text
    lost = await process.get("/p/" + "A" * 22, **{"accept-language": "en-GB,zh;q=0.5"})
    assert (lost.status_code, "We can't find this page" in lost.text.replace("&#39;", "'")) == (404, True)


@pytest.mark.req("NO-5", "SY-4")
async def test_an_agent_gets_the_link_and_nobody_else(bench: Bench) -> None:
    process = await bench.start()
    await bench.publish(list(story("zh"))[:1])
    await bench.notices(1)
    path = f"/v1/cases/{CASE_ID}/progress-link"
    agent = {"authorization": f"Bearer {bench.token(Role.AGENT)}"}
    answer = await process.get(path, **agent)
    assert answer.json() == {"case_id": CASE_ID, "url": process.url + bench.page(CASE_ID)}
    assert (await process.get(path)).status_code == 401
    sre = {"authorization": f"Bearer {bench.token(Role.SRE)}"}
    assert (await process.get(path, **sre)).status_code == 403
    assert (await process.get("/v1/cases/nobody/progress-link", **agent)).status_code == 404


@pytest.mark.req("NO-5")
async def test_open_pages_move_in_every_process_whichever_handled_the_event(bench: Bench) -> None:
    first, second = await bench.start(), await bench.start()
    events = list(story("en"))
    await bench.publish(events[:1])
    path = bench.page(CASE_ID)
    await poll(lambda: shown(first, path), what="the page")
    async with stream(first, path + "/events?v=1") as one, stream(second, path + "/events?lang=zh&v=1") as two:
        await bench.publish(events[1:2])
        (version, english), (_, chinese) = await asyncio.wait_for(
            asyncio.gather(next_view(one), next_view(two)), timeout=60
        )
    assert version == 2
    assert "We are on it" in english["title"]
    assert "正在处理" in chinese["title"]
    assert "Now with the claims desk" in english["html"]


@pytest.mark.req("NO-5")
async def test_a_browser_that_comes_back_gets_what_it_missed_at_once(bench: Bench) -> None:
    process = await bench.start()
    events = list(story("en"))
    path = bench.page(CASE_ID)
    await bench.publish(events[:3])
    await bench.notices(3)
    async with stream(process, path + "/events?v=1") as lines:
        version, _ = await asyncio.wait_for(next_view(lines), 60)
    assert version == 3


@pytest.mark.req("NO-5", "SY-2")
async def test_the_service_ends_within_seconds_while_pages_are_open(bench: Bench) -> None:
    process = await bench.start()
    await bench.publish(list(story("en"))[:1])
    await poll(lambda: shown(process, bench.page(CASE_ID)), what="the page")
    async with stream(process, bench.page(CASE_ID) + "/events?v=1"):
        await process.end()
    log = process.log.read_text()
    assert '"event":"stopped"' in log
    assert "Traceback" not in log
    assert '"level":"error"' not in log
