"""Where mail comes in: the port, its connections, and what a process in its last seconds owes them (IN-8)."""

import asyncio
from contextlib import suppress

import structlog

from services.intake.settings import Settings
from services.intake.smtp import Connection, Crowd, MailHandler
from services.intake.smtp_tls import tls_of

log = structlog.get_logger()

TOO_MANY_CONNECTIONS = b"421 4.3.2 Too many connections, try again later\r\n"
FINISH_SECONDS = 5.0
ALLOWANCE_BYTES = 1024 * 1024


class TooMany(asyncio.Protocol):
    """What a sender meets when all connections are taken."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(TOO_MANY_CONNECTIONS)
        transport.close()


class NotListening(Exception):
    """Nobody hears mail: SMTP_HOST or SMTP_PORT can't be had, or not yet."""


class SmtpServer:
    """Listens in the running event loop: no second thread, so nothing has to be handed over."""

    def __init__(self, settings: Settings, handler: MailHandler, size_limit: int) -> None:
        """Raises `WrongCertificate`."""
        self._tls = tls_of(settings)
        self.listens = False
        self._settings = settings
        self._handler = handler
        self._size_limit = size_limit
        self._crowd = Crowd(max(settings.max_body_bytes_in_flight, 2 * size_limit))
        self.port = settings.smtp_port

    async def serve(self) -> None:
        """Listen until cancelled; then finish the mails in hand and close."""
        server = await asyncio.get_running_loop().create_server(
            self._connection, self._settings.smtp_host, self._settings.smtp_port
        )
        self.port = server.sockets[0].getsockname()[1]
        self.listens = True
        log.info("smtp_listens", port=self.port)
        try:
            await asyncio.Event().wait()
        finally:
            self.listens = False
            server.close()
            await self._finish()

    async def heard(self) -> None:
        """For readiness. Raises `NotListening`."""
        if not self.listens:
            raise NotListening(NotListening.__doc__)

    def _connection(self) -> asyncio.Protocol:
        if len(self._crowd.connections) >= self._settings.smtp_max_connections:
            return TooMany()
        return Connection(
            self._crowd,
            2 * self._size_limit + ALLOWANCE_BYTES,
            self._settings.smtp_lifetime_s,
            self._handler,
            data_size_limit=self._size_limit,
            enable_SMTPUTF8=True,
            hostname=self._settings.smtp_hostname,
            ident="ParcelCare",
            tls_context=self._tls,
            timeout=self._settings.smtp_timeout_s,
        )

    async def _finish(self) -> None:
        """A mail in hand gets its answer; one that does not is sent again, and recognised."""
        in_hand = [connection.idle.wait() for connection in self._crowd.connections]
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                await asyncio.gather(*in_hand)
        for connection in list(self._crowd.connections):
            if connection.transport is not None:
                connection.transport.close()
