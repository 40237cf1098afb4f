"""A mail server that takes commands in groups (RFC 2920) and does what a test tells it, good or bad."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from tools.stack.ports import free_port


@dataclass
class Wire:
    """`verdict` gives the reply to a recipient, `ending` the one to a mail's content; None in its place: the server
    hangs up, "": it says nothing any more."""

    verdict: Callable[[str], str | None] = lambda recipient: "250 ok"
    ending: Callable[[str], str | None] = lambda recipient: "250 kept"
    asks_for_content_of_nobody: bool = False
    port: int = field(default_factory=free_port)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    lines: list["Line"] = field(default_factory=list)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Line(self), "127.0.0.1", self.port)

    def stop(self) -> None:
        self._server.close()

    def recipients(self) -> list[str]:
        return sorted(recipient for recipient, _ in self.taken)


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.rest = b""
        self.sending = False
        self.begun = False
        self.recipient = ""
        self.silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.wire.lines.append(self)
        self.say("220 wire")

    def data_received(self, data: bytes) -> None:
        self.wire.packets.append(data)
        self.rest += data
        while not (self.transport.is_closing() or self.silent):
            part, found, rest = self.rest.partition(b"\r\n.\r\n" if self.sending else b"\r\n")
            if self.sending and self.rest.startswith(b".\r\n"):
                part, found, rest = b"", b".", self.rest[3:]
            if not found:
                return
            self.rest = rest
            self.content(part) if self.sending else self.command(part.decode())

    def command(self, line: str) -> None:
        verb = line[:4].upper()
        if verb == "EHLO":
            self.say("250-wire\r\n250 PIPELINING")
        elif verb == "MAIL":
            self.say("503 nested" if self.begun else "250 ok")
            self.begun = True
        elif verb == "RCPT":
            self.recipient = line.partition("<")[2].rstrip(">")
            reply = self.wire.verdict(self.recipient)
            self.say(reply)
            if reply is None or not reply.startswith("2"):
                self.recipient = ""
        elif verb == "DATA":
            self.sending = bool(self.recipient) or self.wire.asks_for_content_of_nobody
            self.say("354 go on" if self.sending else "503 for whom?")
        else:
            self.begun = False
            self.say("250 ok")

    def content(self, message: bytes) -> None:
        self.sending = self.begun = False
        if not self.recipient:
            self.say("554 for nobody")
            assert message == b""
            return
        reply = self.wire.ending(self.recipient)
        if reply is not None and reply.startswith("250"):
            self.wire.taken.append((self.recipient, message.replace(b"\r\n..", b"\r\n.")))
        self.say(reply)

    def say(self, reply: str | None) -> None:
        if reply is None:
            self.transport.abort()
        elif reply:
            self.transport.write(f"{reply}\r\n".encode())
        else:
            self.silent = True
