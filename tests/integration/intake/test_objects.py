"""IN-4 on the real servers: one object for the same photo by mail and by form; who may read it; what a kill leaves."""

import base64
import hashlib
import signal
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from shared.contracts.interactions import Interaction
from shared.contracts.topics import INTERACTIONS
from shared.security.tokens import issue_local
from tests.integration.intake.harness import Bench, Process
from tests.unit.intake.test_mail import with_files
from tests.unit.intake.test_web import chat

pytestmark = pytest.mark.req("IN-4")
PHOTO = b"\xff\xd8\xff\xe0 the broken cup"
DIGEST = hashlib.sha256(PHOTO).hexdigest()
FILE = {"name": "碎了.jpg", "content_type": "image/jpeg", "content_base64": base64.b64encode(PHOTO).decode()}


async def read(bench: Bench, process: Process, path: str, *roles: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {issue_local(bench.secrets, 'wang', roles)}"} if roles else {}
    return await bench.http.get(urljoin(process.url, path), headers=headers)


async def test_the_same_photo_by_mail_and_by_form_is_one_object_that_both_events_name(
    bench: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "shared-objects"
    one = await bench.intake("intake-0", OBJECTS_URL=f"file://{folder}")
    other = await bench.intake("intake-1", OBJECTS_URL=f"file://{folder}")
    await bench.mail(one, with_files(("碎了.jpg", "image/jpeg", PHOTO)))
    assert (await bench.webhook(other, "web", chat(attachments=[FILE]), "w1")).status_code == 202
    events = [Interaction.model_validate_json(r.value or b"") for r in await bench.records(INTERACTIONS)]
    assert [a.ref for event in events for a in event.attachments] == [f"object:{DIGEST}"] * 2
    assert [path.read_bytes() for path in folder.rglob("*") if path.is_file()] == [PHOTO]

    path = f"/v1/objects/{DIGEST}"
    for process in (one, other):
        link = await read(bench, process, path, "adjudicator")
        assert link.status_code == 302
        content = await bench.http.get(urljoin(process.url, link.headers["location"]))
        assert (content.status_code, content.content) == (200, PHOTO)
        assert content.headers["content-type"] == "application/octet-stream"
        assert content.headers["content-disposition"] == "attachment"
    assert (await read(bench, one, path)).status_code == 401
    assert (await read(bench, one, path, "sre")).status_code == 403
    assert (await read(bench, one, f"/v1/objects/{'0' * 64}", "adjudicator")).status_code == 404
    changed = link.headers["location"].replace("expires=", "expires=1")
    assert (await bench.http.get(urljoin(one.url, changed))).status_code == 403
    assert "object_read" in one.log.read_text()


@pytest.mark.req("SY-2")
async def test_a_kill_leaves_a_file_and_the_repeat_names_the_same(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "shared-objects"
    intake = await bench.intake(OBJECTS_URL=f"file://{folder}")
    first = await bench.webhook(intake, "web", chat(attachments=[FILE]), "w1")
    await intake.end(signal.SIGKILL)
    again = await bench.intake(OBJECTS_URL=f"file://{folder}")
    assert (await bench.webhook(again, "web", chat(attachments=[FILE]), "w1")).json() == first.json()
    events = [Interaction.model_validate_json(r.value or b"") for r in await bench.records(INTERACTIONS)]
    assert {a.ref for event in events for a in event.attachments} == {f"object:{DIGEST}"}
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
