"""IN-4: the malware scanners' protocols: clamd's INSTREAM and ICAP's RESPMOD, and what they say when they fail."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services.intake.objects.faults import Infected, StoreUnavailable
from services.intake.objects.scanner import Clamd, Icap, WrongAddress, scanner_at
from services.intake.objects.spool import Spool
from services.intake.objects.store import Scanner

pytestmark = pytest.mark.req("IN-4")
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test file that every scanner knows."""

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(talk: Talk) -> AsyncIterator[int]:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As clamd talks (clamd(8), INSTREAM)."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    content = b""
    while size := struct.unpack(">I", await reader.readexactly(4))[0]:
        content += await reader.readexactly(size)
    writer.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")
    await writer.drain()


async def icap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As an ICAP server talks (RFC 3507): it trusts the offsets of Encapsulated and reads the chunked body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert head.startswith("RESPMOD icap://127.0.0.1")
    offsets = dict(p.strip().split("=") for p in head.split("Encapsulated:")[1].splitlines()[0].split(","))
    encapsulated = await reader.readexactly(int(offsets["res-body"]))
    assert encapsulated[int(offsets["res-hdr"]) :].startswith(b"HTTP/1.1 200 OK")
    content = b""
    while size := int(await reader.readline(), 16):
        content += await reader.readexactly(size)
        await reader.readexactly(2)
    if EICAR in content:
        writer.write(b"ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar;\r\n\r\n")
    else:
        writer.write(b"ICAP/1.0 204 No modifications needed\r\n\r\n")
    await writer.drain()


def scanner(kind: str, port: int, timeout_s: float = 5) -> Scanner:
    found = scanner_at(f"{kind}://127.0.0.1:{port}/avscan", timeout_s)
    assert found is not None
    return found


async def scan(with_: Scanner, content: bytes) -> None:
    with Spool(10_000_000) as spool:
        await spool.take(content)
        await with_.scan(spool)
        assert b"".join(spool.pieces()) == content, "the file can still be read from its beginning"


@pytest.mark.parametrize(("kind", "talk"), [("clamd", clamd), ("icap", icap)])
async def test_a_clean_file_passes_and_an_infected_one_does_not(kind: str, talk: Talk) -> None:
    async with served(talk) as port:
        await scan(scanner(kind, port), b"a photo" * 100_000)
        await scan(scanner(kind, port), b"")
        with pytest.raises(Infected):
            await scan(scanner(kind, port), b"x" * 70_000 + EICAR)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def vague(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"ICAP/1.0 500 out of memory\r\n\r\nINSTREAM size limit exceeded. ERROR\0")
    await writer.drain()
    await reader.read(-1)


@pytest.mark.parametrize("kind", ["clamd", "icap"])
@pytest.mark.parametrize("talk", [silent, rude, vague])
async def test_no_clear_yes_is_a_no_for_now(kind: str, talk: Talk) -> None:
    async with served(talk) as port:
        with pytest.raises(StoreUnavailable):
            await scan(scanner(kind, port, 0.3), b"a photo")


@pytest.mark.parametrize("kind", ["clamd", "icap"])
async def test_a_scanner_that_is_away_is_a_no_for_now(kind: str) -> None:
    async with served(silent) as port:
        pass
    with pytest.raises(StoreUnavailable):
        await scan(scanner(kind, port), b"a photo")


def test_scanners_by_their_address() -> None:
    assert scanner_at("", 1) is None
    assert isinstance(scanner_at("clamd://scan", 1), Clamd)
    assert isinstance(scanner_at("icap://scan/virus_scan", 1), Icap)
    for wrong in ("http://scan", "clamd:", "scan:3310"):
        with pytest.raises(WrongAddress):
            scanner_at(wrong, 1)
