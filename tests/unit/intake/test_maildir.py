"""A Maildir's mails reach intake once in effect; none is lost: taken, refused, or still there (IN-1, IN-6, IN-8)."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from services.intake import maildir
from services.intake.maildir import NOBODY, Maildir, Outcome, Unusable, empty, sender_of
from tests.unit.intake.edge import Edge
from tests.unit.intake.test_mail import CHINESE, raw
from tests.unit.intake.test_smtp import LIMIT, listening

pytestmark = [pytest.mark.req("IN-1"), pytest.mark.req("IN-6"), pytest.mark.req("IN-8")]

CARE = "care@parcelcare.example"
APP = typer.Typer()
APP.command()(maildir.main)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def numbered(number: int, text: bytes = b"hello") -> bytes:
    return raw(text).replace(b"m1@", b"m%d@" % number).replace(b"\r\n", b"\n")


def drop(box: Path, *mails: bytes) -> None:
    for number, mail in enumerate(mails):
        (box / "new" / f"{1000 + number}.a.host").write_bytes(mail)


def names(box: Path, folder: str) -> list[str]:
    return sorted(file.name for file in (box / folder).iterdir()) if (box / folder).exists() else []


async def run(box: Path, port: int, recipient: str = CARE) -> Counter[Outcome]:
    return await asyncio.to_thread(empty, Maildir(box), "127.0.0.1", port, recipient)


async def test_what_is_taken_moves_to_cur_and_is_not_sent_again(box: Path) -> None:
    drop(box, numbered(1, CHINESE.encode()), numbered(2, b".dot\n..\nFrom me"))
    edge = Edge()
    async with listening(edge) as port:
        assert await run(box, port) == {Outcome.TAKEN: 2}
        assert await run(box, port) == {}
    assert names(box, "new") == []
    assert names(box, "cur") == ["1000.a.host:2,S", "1001.a.host:2,S"]
    assert [m.value for m in edge.publisher.of("raw.v1")][1].endswith(b"\r\n\r\n.dot\r\n..\r\nFrom me\r\n")


async def test_killed_before_the_move_it_is_sent_again_and_is_the_same_contact(box: Path) -> None:
    drop(box, numbered(1), raw(b"no id").replace(b"Message-ID: <m1@mail.example>\r\n", b""))
    edge = Edge()
    async with listening(edge) as port:
        await run(box, port)
        for file in (box / "cur").iterdir():
            file.rename(box / "new" / file.name.removesuffix(":2,S"))
        await run(box, port)
    ids = [m.id for m in edge.publisher.of("interactions.v1")]
    assert len(ids) == 4
    assert len(set(ids)) == 2


async def test_what_is_refused_for_good_is_kept_apart_and_the_next_goes_on(box: Path) -> None:
    drop(box, b"no header at all\nreally\n", numbered(2, b"x" * LIMIT), numbered(3))
    async with listening(Edge()) as port:
        assert await run(box, port) == {Outcome.REFUSED: 2, Outcome.TAKEN: 1}
    assert names(box, "new") == []
    assert names(box, ".refused/new") == ["1000.a.host", "1001.a.host"]


async def test_while_kafka_is_away_everything_stays(box: Path) -> None:
    drop(box, *(numbered(n) for n in range(9)))
    edge = Edge()
    edge.publisher.away = True
    async with listening(edge) as port:
        assert await run(box, port) == {Outcome.LATER: maildir.PATIENCE}
        assert len(names(box, "new")) == 9
        edge.publisher.away = False
        assert await run(box, port) == {Outcome.TAKEN: 9}


async def test_a_wrong_recipient_loses_nothing(box: Path) -> None:
    drop(box, numbered(1))
    async with listening(Edge()) as port:
        assert await run(box, port, "care@elsewhere.example") == {Outcome.LATER: 1}
    assert names(box, "new") == ["1000.a.host"]


def test_without_a_server_everything_stays(box: Path) -> None:
    drop(box, numbered(1))
    assert empty(Maildir(box), "127.0.0.1", 1, CARE) == {Outcome.LATER: 1}
    assert names(box, "new") == ["1000.a.host"]


def test_the_flags_of_a_name_stay(box: Path) -> None:
    (box / "new" / "1.a,U=7:2,F").write_bytes(numbered(1))
    Maildir(box).done(box / "new" / "1.a,U=7:2,F")
    assert names(box, "cur") == ["1.a,U=7:2,F"]


def test_a_file_that_another_took_is_no_failure(box: Path) -> None:
    Maildir(box).done(box / "new" / "gone")
    assert names(box, "cur") == []


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (b"Return-Path: <li@mail.example>\nFrom: x@y.example\n", "li@mail.example"),
        (b"Return-Path: <>\nFrom: MAILER-DAEMON@y.example\n", ""),
        (b"From: Li <li@mail.example>\n", "li@mail.example"),
        (b"From: \xe6\x9d\x8e@mail.example\n", NOBODY),
        (b"From: nobody\n", NOBODY),
        (b"Return-Path: <a b>\nFrom: li@mail.example\n", "li@mail.example"),
        (b"", NOBODY),
        (b"X: " + b"y" * 2_000_000, NOBODY),
    ],
)
def test_the_sender_of_the_envelope(head: bytes, sender: str) -> None:
    assert sender_of(head + b"\nhello") == sender


def test_what_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable):
        Maildir(tmp_path)
    outcome = CliRunner().invoke(APP, [str(tmp_path), "--domain", "parcelcare.example"])
    assert outcome.exit_code == 2


async def test_the_command_says_what_became_of_them_and_fails_where_some_wait(box: Path) -> None:
    drop(box, numbered(1))
    arguments = [str(box), "--domain", "parcelcare.example"]
    waiting = await asyncio.to_thread(CliRunner().invoke, APP, [*arguments, "--port", "1"])
    assert (waiting.exit_code, "later 1" in waiting.output) == (1, True)
    async with listening(Edge()) as port:
        done = await asyncio.to_thread(CliRunner().invoke, APP, [*arguments, "--port", str(port)])
    assert (done.exit_code, "taken 1" in done.output) == (0, True)
