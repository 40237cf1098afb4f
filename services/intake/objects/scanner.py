"""Looking for malware before a file is stored: clamd (INSTREAM) or an ICAP server (RESPMOD). Off where none is named.

A scanner that can't be reached, or that does not say a clear yes, means that the file is not taken for now.
"""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from services.intake.objects.faults import Infected, StoreUnavailable
from services.intake.objects.spool import Spool
from services.intake.objects.store import Scanner

CLAMD_PORT, ICAP_PORT = 3310, 1344
PIECE = 64 * 1024
ANSWER_LIMIT = 16 * 1024
_FOUND = re.compile(r"stream: (.+) FOUND")
_ICAP_STATUS = re.compile(r"ICAP/1\.\d (\d{3})")
_THREAT = re.compile(r"^(?:X-Infection-Found|X-Virus-ID|X-Virus-Name):\s*(.+)$", re.IGNORECASE | re.MULTILINE)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class WrongAddress(ValueError):
    """The scanner's address is neither clamd://host:port nor icap://host:port/service."""


def scanner_at(url: str, timeout_s: float) -> Scanner | None:
    """By address; empty: no scanner. Raises `WrongAddress`."""
    if not url:
        return None
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("clamd", "icap"):
        raise WrongAddress(f"{url!r}: write clamd://host:{CLAMD_PORT} or icap://host:{ICAP_PORT}/service")
    if parts.scheme == "clamd":
        return Clamd(parts.hostname, parts.port or CLAMD_PORT, timeout_s)
    return Icap(parts.hostname, parts.port or ICAP_PORT, parts.path.strip("/") or "avscan", timeout_s)


class Clamd:
    """ClamAV's daemon: `zINSTREAM`, then pieces with their lengths, then an empty one."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._host, self._port, self._timeout_s = host, port, timeout_s

    async def scan(self, spool: Spool) -> None:
        async with _connected(self._host, self._port, self._timeout_s) as (reader, writer):
            writer.write(b"zINSTREAM\0")
            for piece in spool.pieces(PIECE):
                writer.write(struct.pack(">I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            answer = (await reader.readuntil(b"\0")).rstrip(b"\0").decode("utf-8", "replace").strip()
        if found := _FOUND.fullmatch(answer):
            raise Infected(found[1])
        if answer != "stream: OK":
            raise StoreUnavailable("the malware scanner could not tell")


class Icap:
    """An ICAP server (RFC 3507): the file as the answer to a request; 204 means that nothing is to be changed."""

    def __init__(self, host: str, port: int, service: str, timeout_s: float) -> None:
        self._host, self._port, self._service, self._timeout_s = host, port, service, timeout_s

    async def scan(self, spool: Spool) -> None:
        async with _connected(self._host, self._port, self._timeout_s) as (reader, writer):
            writer.write(self._head(spool.size))
            for piece in spool.pieces(PIECE):
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = _ICAP_STATUS.match(head)
        if threat := _THREAT.search(head):
            raise Infected(threat[1].strip())
        if status is not None and status[1] == "200":
            # It put another answer in the place of the file: that is how a server without the headers says no.
            raise Infected("unnamed")
        if status is None or status[1] != "204":
            raise StoreUnavailable("the malware scanner could not tell")

    def _head(self, size: int) -> bytes:
        request = b"GET /file HTTP/1.1\r\nHost: parcelcare\r\n\r\n"
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % size
        lines = (
            f"RESPMOD icap://{self._host}:{self._port}/{self._service} ICAP/1.0",
            f"Host: {self._host}",
            "Allow: 204",
            "Connection: close",
            f"Encapsulated: req-hdr=0, res-hdr={len(request)}, res-body={len(request) + len(answer)}",
        )
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + request + answer


@asynccontextmanager
async def _connected(host: str, port: int, timeout_s: float) -> AsyncIterator[Streams]:
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port, limit=ANSWER_LIMIT)
            yield reader, writer
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise StoreUnavailable(f"the malware scanner does not answer: {type(error).__name__}") from error
    finally:
        if writer is not None:
            writer.close()
