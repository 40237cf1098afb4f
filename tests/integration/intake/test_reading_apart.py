"""A process that only takes in, beside one that reads: together they do what one does, and the answers are the same."""

import httpx
import pytest

from shared.contracts.topics import INTERACTIONS, RAW
from tests.integration.intake.harness import Bench, Process, ids
from tests.integration.polling import poll
from tests.unit.intake.test_mail import CHINESE, raw
from tests.unit.intake.test_web import chat


async def groups_of(process: Process) -> set[str]:
    async with httpx.AsyncClient() as client:
        parts = (await client.get(f"{process.url}/health/ready", timeout=5)).json()["parts"]
    return {name for name in parts if name.startswith("intake-")}


@pytest.mark.req("IN-6", "IN-8", "SY-2")
async def test_one_that_only_takes_in_leaves_all_reading_to_another(bench: Bench) -> None:
    edge = await bench.intake("edge-0", CONSUME="false")
    taken = await bench.webhook(edge, "web", chat(), "m1")
    by_mail = await bench.mail(edge, raw(CHINESE.encode("gbk"), "gb2312"))
    assert taken.status_code == 202
    # Without waiting: what was said yes to is readable at once.
    assert ids(await bench.records(INTERACTIONS)) == ids(await bench.records(RAW)) == {taken.json()["id"], by_mail}
    assert await groups_of(edge) == set()

    reader = await bench.intake("reader-0")
    assert {"intake-archive", "intake-identity", "intake-media-wishes"} <= await groups_of(reader)

    async def archived() -> bool:
        originals = [await bench.original(edge, f"{i}/raw", "archivist") for i in (taken.json()["id"], by_mail)]
        return all(original.status_code == 200 for original in originals)

    await poll(archived, 30, what="the archive")
    again = await bench.webhook(reader, "web", chat(), "m1")
    assert (again.status_code, again.content) == (taken.status_code, taken.content)
