"""Mails and addresses are read exactly as aiosmtpd reads them, whatever is in them (IN-1, IN-8)."""

from asyncio import StreamReader

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from services.intake.smtp_reading import plain_address, read_mail

pytestmark = pytest.mark.req("IN-1", "IN-8")
BUFFER = 16
PIECES = st.sampled_from([b".", b"..", b"\r\n", b"\n", b"\r", b"a", b"\r\n.", b"\n.\r\n", b"x" * 40, "查".encode()])
COMMAND = b"MAIL FROM:<a@b.example>\r\n"


def by_lines(sent: bytes) -> tuple[bytes, bytes]:
    """RFC 5321, 4.5.2, line by line: the mail, and what comes behind it."""
    taken, rest = b"", sent
    while True:
        line, end, rest = rest.partition(b"\r\n")
        assert end, "the mail ends"
        if line == b".":
            return taken, rest
        taken += line.removeprefix(b".") + end


async def by_us(sent: bytes, limit: int = 10_000) -> tuple[bytes | None, bytes]:
    reader = StreamReader(limit=BUFFER)
    reader.feed_data(sent)
    reader.feed_eof()
    return await read_mail(reader, limit), await reader.read()


@given(st.lists(PIECES, max_size=30))
async def test_a_mail_ends_at_its_lone_dot_and_loses_the_dots_of_its_sender(pieces: list[bytes]) -> None:
    sent = b"".join(pieces) + b"\r\n.\r\n" + COMMAND
    assert await by_us(sent) == by_lines(sent)


async def test_a_mail_may_be_empty() -> None:
    assert await by_us(b".\r\n" + COMMAND) == (b"", COMMAND)


@pytest.mark.parametrize("line", [b"x" * 9, b".", b"end.", b"x" * 500])
async def test_one_over_the_limit_is_read_to_its_end(line: bytes) -> None:
    mail = (line + b"\r\n") * 20
    stuffed = b"." + line if line.startswith(b".") else line
    sent = (stuffed + b"\r\n") * 20 + b".\r\n" + COMMAND
    assert await by_us(sent, len(mail) - 1) == (None, COMMAND)
    assert await by_us(sent, 2 * len(mail)) == (mail, COMMAND)


ATOMS = st.text("aZ09.-_+='@<>\" ()\\\\é", max_size=12)


@given(ATOMS, ATOMS, st.sampled_from(["", " SIZE=5", "  BODY=8BITMIME SMTPUTF8", "X"]))
def test_a_plain_address_is_what_the_full_grammar_says(local: str, domain: str, behind: str) -> None:
    argument = f"<{local}@{domain}>{behind}".strip()
    found = plain_address(argument)
    if found is not None:
        address, rest = SMTP(object())._getaddr(argument)
        assert (address, (rest or "").split()) == (found[0], found[1].split())


@pytest.mark.parametrize("usual", ["care+PC0A1B2C3D@parcelcare.example", "li.wei@mail.example", "b=a_1@b-c.example"])
def test_usual_addresses_are_plain(usual: str) -> None:
    assert plain_address(f"<{usual}> SIZE=5") == (usual, "SIZE=5")
