"""Sends mails over a few SMTP connections that stay open (NO-2)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import aiosmtplib
import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.mime import BadAddress, Sender, build, envelope_address
from shared.contracts.notices import NoticeRequested

log = structlog.get_logger()

MAILS_PER_CONNECTION = 500
"""Many servers end a session after so many mails; better to begin a new one ourselves."""
REST_S = 2.0
"""After a failed connect nobody tries for so long: a dead server must not cost each mail a time-out."""


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    username: str | None = None
    password: str | None = None
    start_tls: bool | None = False
    timeout_s: float = 15.0
    connect_timeout_s: float = 5.0
    connections: int = 8


class Postman:
    """A pool of connections, opened when needed; a mail goes over one of them alone."""

    def __init__(self, server: MailServer, sender: Sender, now: Callable[[], datetime]) -> None:
        self._server = server
        self._sender = sender
        self._now = now
        self._resting_until = 0.0
        self._idle: asyncio.LifoQueue[_Session | None] = asyncio.LifoQueue()
        for _ in range(server.connections):
            self._idle.put_nowait(None)

    async def deliver(self, notice: NoticeRequested) -> Delivery:
        try:
            recipient = envelope_address(notice.address.reveal())
        except BadAddress as error:
            return Refused(self._now(), str(error))
        message = build(notice, recipient, self._sender, self._now())
        try:
            async with self._session() as session:
                await session.send(self._sender.address, recipient, message)
        except SMTPResponseException as error:
            return self._refused_or_delayed(error)
        except (SMTPException, OSError) as error:
            return Delayed(f"mail server: {type(error).__name__}")
        return Sent(self._now())

    def _refused_or_delayed(self, error: SMTPResponseException) -> Delivery:
        """5xx is final for this mail, anything else passes; the server's text may name the customer: left out."""
        if 500 <= error.code < 600 and not isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return Refused(self._now(), f"mail server: {error.code}")
        return Delayed(f"mail server: {error.code}")

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while not self._idle.empty():
            session = self._idle.get_nowait()
            if session is not None:
                await session.quit()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator["_Session"]:
        """A connected session; one that failed is closed and its place is free for a new one."""
        session = await self._idle.get()
        try:
            if session is None or not session.usable:
                session = await self._open()
            yield session
        except BaseException as error:
            # A plain refusal leaves the session as it was; after anything else nobody knows its state.
            if session is not None and not _is_refusal(error):
                session.drop()
                session = None
            raise
        finally:
            self._idle.put_nowait(session)

    async def _open(self) -> "_Session":
        if time.monotonic() < self._resting_until:
            raise aiosmtplib.SMTPConnectError("resting after a failed connect")
        try:
            return await _Session.open(self._server)
        except (SMTPException, OSError) as error:
            self._resting_until = time.monotonic() + REST_S
            log.warning("mail_server_unreachable", error=type(error).__name__)
            raise


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, SMTPResponseException) and error.code != 421


class _Session:
    """One connection, used for a bounded number of mails."""

    def __init__(self, client: SMTP) -> None:
        self._client = client
        self._left = MAILS_PER_CONNECTION

    @staticmethod
    async def open(server: MailServer) -> "_Session":
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            start_tls=server.start_tls,
            timeout=server.connect_timeout_s,
        )
        await client.connect()
        client.timeout = server.timeout_s
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        log.info("mail_server_connected", host=server.host, port=server.port)
        return _Session(client)

    @property
    def usable(self) -> bool:
        return self._left > 0 and self._client.is_connected

    async def send(self, sender: str, recipient: str, message: bytes) -> None:
        """Raises aiosmtplib's exceptions; after a refusal the transaction is reset."""
        self._left -= 1
        try:
            await self._client.mail(sender, options=[f"size={len(message)}"] if self._knows_size else None)
            await self._client.rcpt(recipient)
            await self._client.data(message)
        except SMTPServerDisconnected:
            raise
        except SMTPResponseException as error:
            if error.code != 421:
                await self._client.rset()
            raise

    @property
    def _knows_size(self) -> bool:
        return self._client.supports_extension("size")

    async def quit(self) -> None:
        try:
            await self._client.quit()
        except (SMTPException, OSError) as error:
            log.info("mail_server_gone", error=type(error).__name__)

    def drop(self) -> None:
        self._client.close()
