"""IN-4: files of contacts that come by Kafka are checked, scanned and stored as those by HTTP; the contact goes on."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from services.intake.contact_files import GROUP, ContactFiles, contact_of
from services.intake.indicators import Indicators
from services.intake.objects.faults import Infected, StoreUnavailable
from services.intake.objects.rules import object_rules
from services.intake.objects.spool import Spool
from services.intake.objects.store import ObjectStore, Scanner
from services.intake.stream import contacts_handler, contacts_parser
from shared.contracts.interactions import Attachment, EvidenceKind, Interaction
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Dead, Done, Outcome, Retry
from shared.messaging.publisher import PublishFailed
from shared.messaging.record import REPLAY_GROUP_HEADER, Malformed, Parsed, Skipped
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW, read
from tests.unit.intake.records import record
from tests.unit.intake.test_stream import headers
from tests.unit.intake.test_web import chat

pytestmark = pytest.mark.req("IN-4")
GATEWAY = GATEWAYS["contacts-topic"].model_copy(update={"body_limit_bytes": 4_000_000})
PHOTO = b"\xff\xd8\xff\xe0 the broken cup"
plain = contacts_parser(GATEWAY, "g")
filed = contacts_parser(GATEWAY, GROUP, with_files=True)


class Finds:
    """A scanner that finds something in everything, or is away."""

    def __init__(self, fault: Infected | StoreUnavailable) -> None:
        self.fault = fault

    async def scan(self, spool: Spool) -> None:
        raise self.fault


def file(content: bytes = PHOTO, **more: str) -> dict[str, str]:
    coded = base64.b64encode(content).decode()
    return {"name": "碎了.jpg", "content_type": "image/jpeg", "content_base64": coded} | more


def body(*files: dict[str, str], **change: Any) -> bytes:
    return orjson.dumps(chat(attachments=list(files), **change)["data"])


def incoming(parsed: Parsed) -> Incoming[Any]:
    assert isinstance(parsed, Incoming), parsed
    return parsed


async def outcome(
    directory: Path, *files: dict[str, str], scanner: Scanner | None = None, kafka_is_away: bool = False
) -> tuple[Outcome, list[Outgoing]]:
    """What becomes of a contact with these files, and what went to the archive."""
    archive: list[Outgoing] = []

    async def publish(messages: Sequence[Outgoing]) -> None:
        if kafka_is_away:
            raise PublishFailed("no answer")
        archive.extend(messages)

    store = ObjectStore(f"file://{directory}/objects", object_rules(), 30, scanner)
    indicators = Indicators(CollectorRegistry())
    filing = ContactFiles(GATEWAY, IDENTITY, store, object_rules(), indicators, lambda: NOW, publish)
    batch = [incoming(filed(record(body(*files), headers("chat.message"))))]
    handler = await filing.perform(batch)
    (found,) = await handler(batch, None)  # type: ignore[arg-type]
    assert handler.aggregate_of(batch[0]) == contact_of(batch[0]) == batch[0].id
    return found, archive


def attachments(found: Outcome) -> tuple[Attachment, ...]:
    assert isinstance(found, Done)
    (message,) = found.messages
    return read(message, Interaction).attachments


def kept(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in directory.rglob("*") if path.is_file()]


async def test_a_photo_by_kafka_is_in_the_store_and_the_contact_names_it(tmp_path: Path) -> None:
    found, archive = await outcome(tmp_path, file(content_type="image/png", evidence="damage_photo"), file())
    first, again = attachments(found)
    assert first.ref == again.ref == f"object:{hashlib.sha256(PHOTO).hexdigest()}"
    assert (first.content_type, first.declared_type, first.evidence) == (
        "image/jpeg",
        "image/png",
        EvidenceKind.DAMAGE_PHOTO,
    )
    assert kept(tmp_path) == [PHOTO]
    assert isinstance(found, Done)
    assert [m.id for m in archive] == [m.id for m in found.messages]
    assert archive[0].value == body(file(content_type="image/png", evidence="damage_photo"), file())


async def test_what_is_refused_is_told_and_its_neighbour_is_stored(tmp_path: Path) -> None:
    found, _ = await outcome(tmp_path, file(b"MZ a program"), file())
    program, photo = attachments(found)
    assert isinstance(found, Done)
    assert (program.refused, program.ref) == ("type", f"raw:{found.messages[0].id}#0")
    assert (photo.refused, photo.ref.partition(":")[0]) == (None, "object")
    assert kept(tmp_path) == [PHOTO]


async def test_a_file_over_its_kinds_limit_is_told_so(tmp_path: Path) -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'>" + b" " * 1_048_576
    (told,) = attachments((await outcome(tmp_path, file(drawing, content_type="image/svg+xml")))[0])
    assert (told.refused, kept(tmp_path)) == ("size", [])


async def test_malware_is_told_and_not_stored(tmp_path: Path) -> None:
    found, _ = await outcome(tmp_path, file(), scanner=Finds(Infected("EICAR")))
    (told,) = attachments(found)
    assert (told.refused, told.ref.partition(":")[0], kept(tmp_path)) == ("malware", "raw", [])


async def test_while_the_scanner_or_kafka_is_away_the_contact_waits(tmp_path: Path) -> None:
    away, archive = await outcome(tmp_path, file(), scanner=Finds(StoreUnavailable("the scanner does not answer")))
    assert (away, archive, kept(tmp_path)) == (Retry("the scanner does not answer"), [], [])
    assert isinstance((await outcome(tmp_path, file(), kafka_is_away=True))[0], Retry)


@pytest.mark.req("IN-8")
def test_each_record_is_of_one_group() -> None:
    """Of words that look like a file, of nothing, of garbage with a file's name in it."""
    values = [body(), body(file()), body(text='"content_base64": 我的照片'), None, b'{"content_base64"', b"\xff"]
    mine = [not isinstance(filed(record(value, headers("chat.message"))), Skipped) for value in values]
    others = [not isinstance(plain(record(value, headers("chat.message"))), Skipped) for value in values]
    assert mine == [not other for other in others] == [False, True, False, False, True, False]
    assert isinstance(filed(record(body(file()), [("ce_id", b"\xff")])), Malformed)
    assert isinstance(plain(record(body(file()), [("ce_id", b"\xff")])), Skipped)


def test_a_dead_letter_comes_back_to_its_group_however_it_was_edited() -> None:
    replayed = [*headers("chat.message"), (REPLAY_GROUP_HEADER, GROUP.encode())]
    assert isinstance(filed(record(body(), replayed)), Incoming)
    assert isinstance(plain(record(body(), replayed)), Skipped)


def test_a_name_in_disguise_is_told_what_to_do() -> None:
    """JSON may write any letter as an escape; no serialiser does so with these."""
    value = body(file()).replace(b"content_base64", b"content\\u005fbase64")
    parsed = incoming(plain(record(value, headers("chat.message"))))
    assert isinstance(contacts_handler(GATEWAY, IDENTITY, lambda: NOW)(parsed), Dead)
