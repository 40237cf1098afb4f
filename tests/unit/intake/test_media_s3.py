"""Recordings that Amazon Connect keeps in S3, asked for over HTTP as S3 is (IN-4)."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.intake.media.failures import Later, Never, NotThere
from services.intake.media.s3 import S3Source, place_of
from shared.contracts.media import MediaFault, MediaKind
from tests.unit.intake.media_given import named
from tests.unit.intake.served import served
from tools import secret_files
from tools.simulators.mediahost import MediaHostSettings, create_app

pytestmark = pytest.mark.req("IN-1", "IN-4")
SOUND = bytes(range(256)) * 1000


@pytest.fixture
async def endpoint(tmp_path: Path) -> AsyncIterator[str]:
    secret_files.ensure(tmp_path)
    app = create_app(MediaHostSettings(secrets_dir=tmp_path))
    async with served(app) as address:
        yield address


async def content(source: S3Source, location: str) -> bytes:
    download = await source.open(named(None, location, MediaKind.RECORDING))
    return b"".join([chunk async for chunk in download.chunks])


async def test_a_recording_comes_from_a_bucket_that_is_listed(endpoint: str) -> None:
    source = S3Source({"calls"}, "cn-north-1", ("AK1", "secret"), endpoint)
    with pytest.raises(NotThere):
        await content(source, "s3://calls/2026/11/c-1.wav")
    await put(endpoint, "c-1.wav")
    assert await content(source, "s3://calls/2026/11/c-1.wav") == SOUND


async def put(endpoint: str, name: str) -> None:
    async with httpx.AsyncClient() as client:
        await client.put(f"{endpoint}/files/{name}", content=SOUND, headers={"content-type": "audio/wav"})


async def test_another_bucket_is_not_asked_and_a_server_that_is_away_is_asked_later(endpoint: str) -> None:
    with pytest.raises(Later, match="media_buckets"):
        await content(S3Source({"calls"}, "cn-north-1", ("AK1", "s"), endpoint), "s3://others/c-1.wav")
    with pytest.raises(Later, match="S3"):
        await content(S3Source({"calls"}, "cn-north-1", ("AK1", "s"), "http://127.0.0.1:9"), "s3://calls/c-1.wav")


@pytest.mark.parametrize("location", ["", "s3://", "s3://bucket", "s3://bucket/", "https://bucket/key", "s3:///key"])
def test_what_is_no_place_in_s3_is_refused(location: str) -> None:
    with pytest.raises(Never) as refusal:
        place_of(location)
    assert refusal.value.fault is MediaFault.ADDRESS_REFUSED
