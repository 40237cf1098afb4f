"""HTTP by hand, for what no client library would send: bytes as they are, as slowly as one likes."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """The type of the problem detail; fails the test where it is none."""
        assert self.headers["content-type"] == "application/problem+json", self
        return str(orjson.loads(self.body).get("type"))


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @staticmethod
    async def to(url: str) -> "Wire":
        address = urlsplit(url)
        return Wire(*await asyncio.open_connection(address.hostname, address.port))

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)

    async def answer(self) -> Answer:
        """Raises `asyncio.IncompleteReadError` where the connection ends without one."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)

    async def ended(self, seconds: float) -> bytes:
        """What comes until the other side closes. Raises `TimeoutError` where it does not."""
        async with asyncio.timeout(seconds):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    def close(self) -> None:
        self.writer.close()


def head(path: str, **headers: str | int) -> bytes:
    """A POST up to its body."""
    lines = [f"POST {path} HTTP/1.1", "host: care.example"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def asked(url: str, *pieces: bytes) -> Answer:
    """One request on a connection of its own."""
    wire = await Wire.to(url)
    try:
        wire.send(*pieces)
        async with asyncio.timeout(20):
            return await wire.answer()
    finally:
        wire.close()
