"""Files that a platform only names, on a real Kafka and MongoDB: once in the store, once in the case (IN-4)."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.pictures import jpeg
from shared.contracts.cases import MediaAdded, MediaMissing
from shared.contracts.media import MediaFault
from shared.contracts.topics import INTERACTIONS, MEDIA_REQUESTS
from tests.integration.intake.harness import Bench, ids
from tests.integration.intake.media_bench import PICTURE, ROOT, SITE, MediaBench, until
from tests.integration.polling import poll
from tests.unit.stack.test_autoscaling import scaled

pytestmark = pytest.mark.req("IN-4")
DIGEST = hashlib.sha256(PICTURE).hexdigest()
_FORMAT = bytes.fromhex("10000000 0100 0100 401f0000 803e0000 0200 1000")
SOUND = b"RIFF" + (2036).to_bytes(4, "little") + b"WAVEfmt " + _FORMAT + b"data" + (2000).to_bytes(4, "little")
SOUND += bytes(2000)


@pytest.fixture
async def media(bench: Bench) -> AsyncIterator[MediaBench]:
    made = MediaBench(bench)
    made.open()
    await made.platforms_up()
    yield made
    await made.platforms_down()


@pytest.mark.req("IN-1", "IN-6", "SY-3")
async def test_what_is_named_is_stored_once_and_in_its_case_or_told_missing(media: MediaBench) -> None:
    """The answer does not wait for the file, the token ends in between, and a message comes three times."""
    intake, _ = await asyncio.gather(media.intake(), media.routing())
    media.keep("m-1")
    media.keep("m-2", jpeg(2))
    media.keep("r-1", SOUND, "audio/wav")
    media.fail(slow=1.0, slow_milliseconds=1500)
    first = await media.picture(intake, 1, "m-1")
    assert (first.status_code, await media.stored()) == (200, [])
    assert (await media.picture(intake, 1, "m-1")).content == first.content
    (told,) = await until(media.stored, 1, "file stored")
    assert (told.attachment.sha256, told.attachment.size) == (DIGEST, len(PICTURE))
    assert (told.attachment.content_type, told.attachment.ref) == ("image/jpeg", f"object:{DIGEST}")
    assert media.objects(DIGEST) == [PICTURE]
    media.fail()
    media.host.tokens.end_all()
    await media.picture(intake, 1, "m-1")
    await media.picture(intake, 2, "m-2")
    await ended_call(media, intake, "r-1")
    await until(media.changes, 3, "files told to cases")
    # WeChat says at once that there is none; a recording that is not there may not be ready yet, and is waited for.
    await media.picture(intake, 3, "m-none")
    await ended_call(media, intake, "r-none")
    changes = await until(media.changes, 5, "files told to cases")
    added = [c for c in changes if isinstance(c, MediaAdded)]
    assert {c.attachments[0].sha256: c.kind.value for c in added} == {
        DIGEST: "image",
        hashlib.sha256(jpeg(2)).hexdigest(): "image",
        hashlib.sha256(SOUND).hexdigest(): "recording",
    }
    assert [c.fault for c in changes if isinstance(c, MediaMissing)] == [MediaFault.GONE] * 2
    assert {name: media.host.asked[name] for name in ("m-1", "m-2", "r-1", "m-none")} == {
        "m-1": 1,
        "m-2": 2,
        "r-1": 1,
        "m-none": 1,
    }
    assert media.host.asked["r-none"] >= 2
    assert media.host.tokens.granted == 2
    assert len(ids(await media.bench.records(MEDIA_REQUESTS))) == 5
    assert await media.parked() == []
    await assert_news_stands_behind_its_contact(media.bench)


async def assert_news_stands_behind_its_contact(bench: Bench) -> None:
    contacts: dict[str, tuple[int, int, bytes | None]] = {}
    news = 0
    for record in await bench.records(INTERACTIONS):
        kind = dict(record.headers)["ce_type"].decode()
        if kind.endswith("received"):
            contacts.setdefault(dict(record.headers)["ce_id"].decode(), (record.partition, record.offset, record.key))
            continue
        (partition, offset, key) = next(at for name, at in contacts.items() if name.encode() in (record.value or b""))
        assert (record.partition, record.key) == (partition, key)
        assert record.offset > offset
        news += 1
    assert news >= 2


@pytest.mark.req("SY-3")
async def test_what_does_not_come_now_waits_and_comes_whole_later(media: MediaBench) -> None:
    """The platform is down for a while; then its files break off in the middle, and then it is merely moody."""
    intake = await media.intake()
    for number in range(1, 8):
        media.keep(f"m-{number}", jpeg(number))
    await media.platforms_down()
    assert (await media.picture(intake, 1, "m-1")).status_code == 200
    await until(media.parked, 1, "file parked")
    assert (await media.picture(intake, 2, "m-2")).status_code == 200
    await until(media.parked, 2, "files parked")
    assert await media.stored() == []
    media.fail(truncated=1.0)
    await media.platforms_up()

    async def broken() -> list[Any]:
        # Which of the two it is depends on how far the line was read when it broke.
        return [p for p in await media.parked() if p["reason"] in ("RemoteProtocolError", "ReadError")]

    await until(broken, 2, "files broken off")
    media.fail(busy=0.2, server_error=0.2, expired_token=0.2, seed=5)
    for number in range(3, 8):
        await media.picture(intake, number, f"m-{number}")
    told = await until(media.stored, 7, "files stored", 60)
    assert {t.attachment.sha256 for t in told} == {hashlib.sha256(jpeg(n)).hexdigest() for n in range(1, 8)}
    assert await media.failed() == []

    async def none_parked() -> bool:
        return not await media.parked()

    await poll(none_parked, 15, what="nothing parked")


async def ended_call(media: MediaBench, process: Any, recording: str) -> None:
    now = datetime.now(UTC).isoformat()
    data = {
        "call_id": f"c-{recording}",
        "from": "13912345678",
        "rings": 2,
        "wait_seconds": 9,
        "talk_seconds": 60,
        "answered": True,
        "started_at": now,
        "ended_at": now,
        "transcript": "包裹破损",
        "recording_url": f"http://127.0.0.1:{media.port}/recordings/{recording}",
    }
    body = {"type": "call.ended", "timestamp": now, "data": data}
    assert (await media.bench.webhook(process, "phone", body, f"msg_{recording}")).status_code == 202


@pytest.mark.req("SY-2")
async def test_killed_between_the_store_and_the_commit_it_is_one_object_and_one_piece_of_news(
    media: MediaBench,
) -> None:
    """Twice: within the transaction, and after it but before anything was published."""
    windows = media.bench.directory / "windows"
    windows.mkdir()
    # Whoever else reads in this process is left alone, as is the group itself in its other windows.
    for group in scaled()["intake"] - {"intake-media"}:
        for window in ("before", "inside", "after", "published", "committing"):
            (windows / f"{group}.{window}").touch()
    for window in ("before", "published", "committing"):
        (windows / f"intake-media.{window}").touch()
    path = os.pathsep.join([str(SITE), str(ROOT)])
    killing = {"KILL_WINDOWS": str(windows), "KILL_WHOLE": "intake-media", "PYTHONPATH": path}
    media.keep("m-1")
    first = await media.intake(**killing)
    await media.picture(first, 1, "m-1")
    await asyncio.wait_for(first.child.wait(), 30)
    second = await media.intake(wait=False, **killing)
    await asyncio.wait_for(second.child.wait(), 60)
    assert {(windows / f"intake-media.{window}").exists() for window in ("inside", "after")} == {True}
    last = await media.intake()
    (told,) = await until(media.stored, 1, "file stored")
    assert told.attachment.sha256 == DIGEST
    assert media.objects(DIGEST) == [PICTURE]
    assert media.host.asked["m-1"] == 2
    assert last.child.returncode is None
