"""Listens to an Asterisk manager over TCP and hands its events in, as a relay would (IN-1)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from services.intake.adapters.ami import Block, blocks
from services.intake.adapters.asterisk import EVENTS

log = structlog.get_logger()

MAX_BLOCK_BYTES = 256 * 1024
END = b"\r\n\r\n"


class LoginRefused(Exception):
    """Asterisk does not know this user or secret, or does not allow our address (manager.conf: permit, read)."""


@dataclass(frozen=True, slots=True)
class Manager:
    """Where the manager interface listens (manager.conf), and who we are there."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    patience_s: float = 30.0
    """A manager that says nothing for so long is asked for a sign of life."""


class AmiReader:
    """Reads until the connection ends; whoever runs it begins again. `hand_in` returns once a block is in Kafka.

    The manager keeps nothing for us: what happens while nobody listens is lost, and the calls that it began are closed
    by their deadline.
    """

    def __init__(self, manager: Manager, hand_in: Callable[[bytes], Awaitable[None]]) -> None:
        self._manager = manager
        self._hand_in = hand_in

    async def run(self) -> None:
        """Raises `LoginRefused`, `OSError`, or `EOFError` where the connection ends."""
        manager = self._manager
        async with asyncio.timeout(manager.patience_s):
            reader, writer = await asyncio.open_connection(manager.host, manager.port, limit=MAX_BLOCK_BYTES)
        try:
            async with asyncio.timeout(manager.patience_s):
                await self._log_in(reader, writer)
            log.info("asterisk_listens", host=manager.host)
            while True:
                await self._pass_on(await self._next(reader, writer))
        finally:
            writer.close()

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        who = {"Username": self._manager.username, "Secret": self._manager.secret, "Events": "call,agent,cdr"}
        writer.write(action("Login", who))
        await writer.drain()
        answer: Block = {}
        while "response" not in answer:  # events may come first
            answer = _first(await reader.readuntil(END))
        if answer["response"] != "Success":
            raise LoginRefused(answer.get("message", "login refused")[:200])

    async def _next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """The next block; a silent manager is asked whether it is still there, once."""
        try:
            async with asyncio.timeout(self._manager.patience_s):
                return await reader.readuntil(END)
        except TimeoutError:
            writer.write(action("Ping", {}))
            await writer.drain()
        async with asyncio.timeout(self._manager.patience_s):
            return await reader.readuntil(END)

    async def _pass_on(self, block: bytes) -> None:
        if _first(block).get("event", "").lower() in EVENTS:
            await self._hand_in(block)


def action(name: str, fields: Mapping[str, str]) -> bytes:
    """An action as the manager reads it. Raises `ValueError` for a value that would begin another line."""
    lines = [f"{key}: {value}" for key, value in {"Action": name, **fields}.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a field of an action holds a line break")
    return "\r\n".join([*lines, "", ""]).encode()


def _first(block: bytes) -> Block:
    return next(blocks(block.decode("utf-8", "replace")), {})
