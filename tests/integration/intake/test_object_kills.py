"""IN-4 and SY-2: a kill between storing a file and publishing the contact that names it leaves one of each."""

import asyncio
import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from shared.contracts.interactions import Interaction
from shared.contracts.topics import DEAD_LETTERS, GATEWAY_CONTACTS, INTERACTIONS, RAW
from tests.integration.intake.harness import Bench, Process, ids
from tests.integration.intake.test_intake import attributes
from tests.integration.polling import poll
from tests.unit.intake.test_web import chat

pytestmark = pytest.mark.req("IN-4")
PHOTO = b"\xff\xd8\xff\xe0 the broken cup"
REF = f"object:{hashlib.sha256(PHOTO).hexdigest()}"
DYING = "tests.integration.intake.dying"
WINDOWS = ("stored", "decided")


def file(content: bytes = PHOTO, kind: str = "image/jpeg") -> dict[str, str]:
    return {"name": "碎了.jpg", "content_type": kind, "content_base64": base64.b64encode(content).decode()}


def stored_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def died(process: Process) -> None:
    await asyncio.wait_for(process.child.wait(), 60)
    assert process.child.returncode == -9


async def told(bench: Bench) -> list[Interaction]:
    """The contacts once something is told of one; each once by its id, as every reader takes them."""
    records = await bench.until_records(INTERACTIONS, 1)
    assert len(ids(records)) == len(records), "nor was it published twice"
    return [Interaction.model_validate_json(record.value or b"") for record in records]


@pytest.mark.req("SY-2", "IN-6")
@pytest.mark.parametrize("window", WINDOWS)
async def test_a_webhook_whose_intake_dies_between_file_and_contact(bench: Bench, tmp_path: Path, window: str) -> None:
    folder = tmp_path / "shared-objects"
    first = await bench.intake(module=DYING, OBJECTS_URL=f"file://{folder}", DIE_AFTER=window)
    with pytest.raises(httpx.HTTPError):
        await bench.webhook(first, "web", chat(attachments=[file()]), "w1")
    await died(first)
    assert stored_in(folder) == [PHOTO], "it died with the file in the store"
    assert await bench.records(INTERACTIONS) == [], "and before anything named it"
    again = await bench.intake(OBJECTS_URL=f"file://{folder}")
    for _ in range(2):
        assert (await bench.webhook(again, "web", chat(attachments=[file()]), "w1")).status_code == 202
    contacts = [Interaction.model_validate_json(r.value or b"") for r in await bench.records(INTERACTIONS)]
    assert len({contact.interaction_id for contact in contacts}) == 1, "the gateway sent it again, twice"
    assert {a.ref for contact in contacts for a in contact.attachments} == {REF}
    assert stored_in(folder) == [PHOTO]


@pytest.mark.req("SY-2", "IN-6")
@pytest.mark.parametrize("window", WINDOWS)
async def test_a_contact_by_kafka_whose_intake_dies_between_file_and_contact(
    bench: Bench, tmp_path: Path, window: str
) -> None:
    folder = tmp_path / "shared-objects"
    first = await bench.intake(module=DYING, OBJECTS_URL=f"file://{folder}", DIE_AFTER=window)
    body = orjson.dumps(chat(attachments=[file()])["data"])
    await bench.publish(GATEWAY_CONTACTS, body, attributes("chat.message"))
    await died(first)
    assert stored_in(folder) == [PHOTO], "it died with the file in the store"
    assert await bench.records(INTERACTIONS) == [], "and before anything named it"
    await bench.intake(OBJECTS_URL=f"file://{folder}")
    (contact,) = await told(bench)
    assert [(a.ref, a.refused) for a in contact.attachments] == [(REF, None)]
    assert stored_in(folder) == [PHOTO]
    assert ids(await bench.until_records(RAW, 1)) == {contact.interaction_id}


async def test_contacts_by_kafka_with_files_that_are_taken_and_not(bench: Bench, tmp_path: Path) -> None:
    """Beside a contact without files, two with the same photo, and one that is larger than a record may be."""
    folder = tmp_path / "shared-objects"
    await bench.intake(OBJECTS_URL=f"file://{folder}")
    sent: dict[str, list[Any]] = {
        "none": [],
        "photo": [file()],
        "program": [file(b"MZ a program", "image/jpeg"), file()],
        "huge": [file(b"\xff\xd8\xff\xe0" + bytes(900_000))],
    }
    for name, files in sent.items():
        data = chat(attachments=files)["data"]
        await bench.publish(GATEWAY_CONTACTS, orjson.dumps(data), attributes("chat.message", f"e-{name}"))

    async def all_told() -> Any:
        found = await bench.contacts()
        return found if len(found) >= 3 else None

    contacts = await poll(all_told, 60, what="three contacts")
    refs = sorted([a.ref.partition(":")[0] + ":" + str(a.refused) for a in c.attachments] for c in contacts)
    assert refs == [[], ["object:None"], ["raw:type", "object:None"]]
    assert stored_in(folder) == [PHOTO]
    (letter,) = await bench.until_records(DEAD_LETTERS, 1)
    headers = {name: value.decode() for name, value in letter.headers}
    assert (headers["dl_reason"], headers["dl_group"]) == ("value is larger than 1048576 bytes", "intake-contact-files")
