"""IN-4: the object store over S3's own protocol: stored once, in parts where it is large, read by a signed address."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.intake.objects.faults import StoreUnavailable
from services.intake.objects.kept import path_of
from services.intake.objects.rules import object_rules
from services.intake.objects.store import ObjectStore
from tests.unit.intake.served import served

pytestmark = pytest.mark.req("IN-4")
PHOTO = b"\xff\xd8\xff\xe0 a photo"
DIGEST = sha256(PHOTO).hexdigest()
DAY = "Fri, 20 Nov 2099 08:00:00 GMT"


@dataclass
class Bucket:
    """As far as S3 is needed here: PUT, HEAD, GET, and an upload in parts (Amazon S3 API Reference)."""

    files: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    parts: dict[int, bytes] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    async def __call__(self, request: Request) -> Response:
        self.calls.append(request.method)
        path, query = request.path_params["key"], request.query_params
        if request.method == "PUT" and "partNumber" in query:
            self.parts[int(query["partNumber"])] = await request.body()
            return Response(headers={"ETag": f'"{query["partNumber"]}"'})
        if request.method == "PUT":
            self.files[path] = (await request.body(), dict(request.headers))
            return Response(headers={"ETag": '"1"'})
        if request.method == "POST" and "uploads" in query:
            self.begun = dict(request.headers)
            return _xml("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
        if request.method == "POST":
            self.files[path] = (b"".join(self.parts[n] for n in sorted(self.parts)), self.begun)
            return _xml('<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>')
        if path not in self.files:
            return Response(status_code=404)
        content, headers = self.files[path]
        shown = {name: headers[name] for name in ("content-type", "content-disposition")}
        return Response(content, headers={**shown, "Last-Modified": DAY, "ETag": '"1"'})


def _xml(text: str) -> Response:
    return Response(text, media_type="application/xml")


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
async def endpoint(bucket: Bucket) -> AsyncIterator[str]:
    app = Starlette(routes=[Route("/files/{key:path}", bucket.__call__, methods=["GET", "HEAD", "PUT", "POST"])])
    async with served(app) as address:
        yield address


def store_at(endpoint: str) -> ObjectStore:
    keys = {"access_key_id": "AK", "secret_access_key": "secret", "region": "cn-north-1"}
    options = {**keys, "endpoint": endpoint, "client_options": {"allow_http": True}}
    return ObjectStore("s3://files", object_rules(), 30, options=options)


async def test_a_photo_is_stored_once_and_handed_out_as_a_download_by_a_signed_address(
    endpoint: str, bucket: Bucket
) -> None:
    store = store_at(endpoint)
    kept = [await store.put(PHOTO, declared_type="image/jpeg") for _ in range(2)]
    assert [k.fresh for k in kept] == [True, False]
    assert bucket.calls == ["HEAD", "PUT", "HEAD"]
    assert list(bucket.files) == [path_of(DIGEST)]
    address = await store.presigned(DIGEST, 300)
    assert address is not None
    query = parse_qs(urlsplit(address).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Signature"]
    async with httpx.AsyncClient() as client:
        answer = await client.get(address)
    assert answer.content == PHOTO
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_recording_goes_up_in_parts_and_comes_back_whole(endpoint: str, bucket: Bucket) -> None:
    sound = b"#!AMR\n" + bytes(range(256)) * 50_000
    store = store_at(endpoint)
    kept = await store.put(sound)
    assert len(bucket.parts) > 1
    assert bucket.begun["content-disposition"] == "attachment"
    found = await store.open(kept.sha256)
    assert found is not None
    assert found[0] == len(sound)
    assert b"".join([piece async for piece in found[1]]) == sound


@pytest.mark.req("IN-8")
async def test_a_server_that_is_away_is_told_as_not_now_while_the_sender_still_waits() -> None:
    store = store_at("http://127.0.0.1:9")
    for attempt in (store.put(PHOTO), store.exists(DIGEST), store.open(DIGEST), store.delete_old()):
        async with asyncio.timeout(10):
            with pytest.raises(StoreUnavailable):
                await attempt
