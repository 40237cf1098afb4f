"""IN-4: files in object storage: hashed and measured as they come, once by content, of kinds that are taken."""

import base64
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.delivery import Delivery
from services.intake.gateways import RULES
from services.intake.lined_yaml import RuleFileError
from services.intake.objects.faults import Infected, StoreUnavailable, TooLarge, TypeRefused
from services.intake.objects.kept import digest_of, path_of
from services.intake.objects.kind import checked_type
from services.intake.objects.links import LinkKey
from services.intake.objects.rules import ObjectRules, object_rules
from services.intake.objects.spool import Spool
from services.intake.objects.store import ObjectStore
from services.intake.settings import Settings
from shared.contracts.interactions import Interaction
from tests.unit.intake.edge import Edge
from tests.unit.intake.given import json_delivery, read
from tests.unit.intake.test_web import chat

pytestmark = pytest.mark.req("IN-4")
PHOTO = b"\xff\xd8\xff\xe0 a photo"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(f"file://{tmp_path}/objects", object_rules(), 30)


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


async def pieces(content: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    start = 0
    for cut in sorted({min(cut, len(content)) for cut in cuts}):
        yield content[start:cut]
        start = cut
    yield content[start:]


@given(st.binary(max_size=5000), st.lists(st.integers(0, 5000), max_size=6))
@settings(max_examples=50)
async def test_however_it_is_cut_a_file_has_one_digest(content: bytes, cuts: list[int]) -> None:
    with Spool(10_000) as spool:
        await spool.take(pieces(content, cuts))
        assert (spool.sha256, spool.size) == (hashlib.sha256(content).hexdigest(), len(content))
        assert b"".join(spool.pieces(7)) == content
        assert b"".join(spool.pieces(1000)) == content


async def test_the_same_photo_twice_is_stored_once(store: ObjectStore, tmp_path: Path) -> None:
    first = await store.put(PHOTO, declared_type="image/png")
    again = await store.put(pieces(PHOTO, [3, 9]), declared_type="image/jpeg")
    assert (first.fresh, again.fresh) == (True, False)
    assert first.ref == again.ref == f"object:{hashlib.sha256(PHOTO).hexdigest()}"
    assert (first.content_type, first.size) == ("image/jpeg", len(PHOTO))
    assert [path.read_bytes() for path in files(tmp_path)] == [PHOTO]


async def test_a_large_file_is_streamed_in_and_out(store: ObjectStore) -> None:
    content = b"\0\0\0\x18ftypmp42" + os.urandom(7 * 1024 * 1024)
    kept = await store.put(pieces(content, list(range(0, len(content), 300_000))))
    found = await store.open(kept.sha256)
    assert found is not None
    size, stream = found
    assert size == len(content)
    assert b"".join([piece async for piece in stream]) == content


async def test_one_byte_too_many_ends_the_stream(store: ObjectStore, tmp_path: Path) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 1000

    with pytest.raises(TooLarge):
        await store.put(endless(), declared_type="text/plain", limit_bytes=10_000)
    assert asked == 11
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "declared", "name", "kind"),
    [
        (PHOTO, "image/png", None, "image/jpeg"),
        (PHOTO, None, None, "image/jpeg"),
        (b"%PDF-1.7", "application/octet-stream", None, "application/pdf"),
        (b"plain words", "text/plain; charset=gbk", None, "text/plain"),
        (b"PK\x03\x04 [Content_Types].xml word/", "application/octet-stream", "赔偿.docx", None),
    ],
)
def test_a_kind_is_what_the_content_shows(content: bytes, declared: str | None, name: str | None, kind: str) -> None:
    found = checked_type(content, len(content), declared, object_rules(), name)
    assert found == (kind or "application/vnd.openxmlformats-officedocument.wordprocessingml.document")


@pytest.mark.parametrize("content", [b"MZ a program", b"\x7fELF a program"])
def test_a_program_is_not_taken_whatever_it_is_called(content: bytes) -> None:
    with pytest.raises(TypeRefused):
        checked_type(content, len(content), "image/jpeg", object_rules())


def test_each_kind_has_its_own_limit() -> None:
    with pytest.raises(TooLarge):
        checked_type(PHOTO, 21 * 1024 * 1024, "image/jpeg", object_rules())
    assert checked_type(b"#!AMR", 21 * 1024 * 1024, "audio/amr", object_rules()) == "audio/amr"


async def test_what_came_last_long_ago_goes_and_what_came_again_stays(tmp_path: Path) -> None:
    store = ObjectStore(f"file://{tmp_path}/objects", object_rules(), 30)
    old, known, young = [await store.put(f"file {n}".encode(), declared_type="text/plain") for n in range(3)]
    for kept, days in ((old, 31), (known, 31), (young, 14)):
        at = datetime.now(UTC) - timedelta(days=days)
        os.utime(tmp_path / "objects" / path_of(kept.sha256), (at.timestamp(), at.timestamp()))
    await store.put(b"file 1", declared_type="text/plain")
    assert await store.delete_old() == 1
    assert [await store.exists(kept.sha256) for kept in (old, known, young)] == [False, True, True]


async def test_what_comes_again_while_old_files_are_listed_stays(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await store.put(PHOTO)
    path = tmp_path / "objects" / path_of(kept.sha256)
    os.utime(path, (0, 0))
    listing = obstore.list

    async def and_then_it_comes_again(*place: Any) -> AsyncIterator[Any]:
        async for listed in listing(*place):
            await store.put(PHOTO)
            yield listed

    monkeypatch.setattr(obstore, "list", and_then_it_comes_again)
    assert await store.delete_old() == 0
    assert await store.exists(kept.sha256)


async def test_a_full_disk_is_told_as_not_now(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(SpooledTemporaryFile[bytes]):
        def write(self, content: Any) -> int:
            raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("services.intake.objects.spool.SpooledTemporaryFile", Full)
    with pytest.raises(StoreUnavailable, match="no room"):
        await store.put(PHOTO)


def test_a_kind_that_is_only_said_is_taken_as_the_rules_say() -> None:
    strict = object_rules().model_copy(update={"unknown": False})
    assert checked_type(b"words", 5, "text/plain", object_rules()) == "text/plain"
    assert checked_type(PHOTO, len(PHOTO), "text/plain", strict) == "image/jpeg"
    with pytest.raises(TypeRefused):
        checked_type(b"words", 5, "text/plain", strict)


async def test_a_store_that_is_away_says_so(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    store = ObjectStore(f"file://{tmp_path}/objects", object_rules(), 30)
    (tmp_path / "objects" / "objects").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailable):
        await store.put(PHOTO)


DIGEST = hashlib.sha256(PHOTO).hexdigest()


@pytest.mark.parametrize("name", ["../../etc/passwd", "0" * 63, "G" * 64, DIGEST.upper(), ""])
async def test_nothing_but_a_digest_is_a_name(store: ObjectStore, name: str) -> None:
    assert await store.open(name) is None
    assert not await store.exists(name)
    assert digest_of(f"object:{name}") is None


def test_a_link_is_good_for_its_file_and_its_time_only() -> None:
    key = LinkKey(b"k" * 32)
    query = {name: values[0] for name, values in parse_qs(urlsplit(key.link(DIGEST, NOW)).query).items()}
    before = NOW - timedelta(seconds=1)
    assert key.holds(DIGEST, now=before, **query)
    assert not key.holds(DIGEST, now=NOW, **query)
    assert not key.holds("0" * 64, now=before, **query)
    assert not key.holds(DIGEST, str(int(query["expires"]) + 1), query["signature"], before)
    assert not LinkKey(b"j" * 32).holds(DIGEST, now=before, **query)
    for expires, signature in (("", ""), ("٣", query["signature"]), ("9" * 30, query["signature"]), ("1", "ü")):
        assert not key.holds(DIGEST, expires, signature, before)


def form(attachments: list[dict[str, str]]) -> Delivery:
    return json_delivery("web", chat(attachments=attachments), signed_at=datetime.now(UTC))


@pytest.mark.req("IN-8")
async def test_who_sends_a_form_is_told_which_file_is_not_taken(store: ObjectStore) -> None:
    edge = Edge(objects=store)
    good = {"name": "a.jpg", "content_type": "image/jpeg", "content_base64": base64.b64encode(PHOTO).decode()}
    bad = {**good, "content_base64": base64.b64encode(b"MZ a program").decode()}
    answer = await edge.post(form([good, bad]))
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/data/attachments/1/content_base64"
    assert edge.publisher.published == []


async def test_the_file_is_there_before_the_event_that_names_it(store: ObjectStore) -> None:
    edge = Edge(objects=store)
    file = {"name": "a.jpg", "content_type": "image/jpeg", "content_base64": base64.b64encode(PHOTO).decode()}
    assert (await edge.post(form([file]))).status == 202
    (message,) = edge.publisher.of("interactions.v1")
    (attachment,) = read(message, Interaction).attachments
    digest = digest_of(attachment.ref)
    assert digest == attachment.sha256
    assert await store.exists(attachment.sha256)


class Away:
    async def scan(self, spool: Spool) -> None:
        raise StoreUnavailable("the malware scanner does not answer")


class Suspicious:
    async def scan(self, spool: Spool) -> None:
        raise Infected("Eicar-Test-Signature")


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("scanner", "status", "pointers"),
    [(Away(), 503, []), (Suspicious(), 422, ["/data/attachments/0/content_base64"])],
)
async def test_a_file_that_was_not_looked_through_is_not_taken(
    tmp_path: Path, scanner: Away | Suspicious, status: int, pointers: list[str]
) -> None:
    edge = Edge(objects=ObjectStore(f"file://{tmp_path}/objects", object_rules(), 30, scanner))
    file = {"name": "a.jpg", "content_type": "image/jpeg", "content_base64": base64.b64encode(PHOTO).decode()}
    answer = await edge.post(form([file]))
    assert answer.status == status
    assert ("retry-after" in answer.headers) == (status == 503)
    assert [e["pointer"] for e in answer.json.get("errors", [])] == pointers
    assert edge.publisher.published == []
    assert files(tmp_path) == []


def test_the_rules_name_their_line(tmp_path: Path) -> None:
    rules = yaml.safe_load((RULES / "objects.yaml").read_text())
    assert ObjectRules.model_validate(rules).limit_of("video/mp4") == 209_715_200
    rules["allowances"].append({"kinds": ["image/*"], "limit_bytes": 5000})
    wrong = tmp_path / "objects.yaml"
    wrong.write_text(yaml.safe_dump(rules))
    with pytest.raises(RuleFileError, match="stands twice"):
        object_rules(wrong)


def test_production_needs_a_store_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(ValueError, match="OBJECTS_URL"):
        Settings()
    monkeypatch.setenv("OBJECTS_URL", "s3://bucket")
    assert Settings().objects == "s3://bucket"
