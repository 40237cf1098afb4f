"""A host that answers HTTP byte by byte as a test says; sound, broken, silent or closing too early."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext

Speak = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Host:
    """`connections`: how many were opened."""

    port: int = 0
    connections: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def answer(body: bytes = b"", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def saying(*answers: bytes, closes: bool = False) -> Speak:
    """The answers in turn, the last one for ever."""
    left = list(answers)

    async def speak(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()
        if closes:
            writer.close()

    return speak


async def silence(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Until the other side goes."""


async def dribble(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever: never silent for long, never done."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b".")
        await asyncio.sleep(0.02)


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *fields = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
        return Asked(line, headers, await reader.readexactly(int(headers.get("content-length", 0))))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


@asynccontextmanager
async def host(speak: Speak, tls: SSLContext | None = None) -> AsyncIterator[Host]:
    there, open_lines = Host(), set[asyncio.StreamWriter]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_lines.add(writer)
        there.connections += 1
        while not writer.is_closing() and (asked := await read_request(reader)):
            there.asked.append(asked)
            await speak(asked, writer)

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        for writer in open_lines:
            writer.transport.abort()
