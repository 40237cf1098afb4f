"""The mail server that takes our mails, and how a connection to it is made: greeting, STARTTLS, AUTH (NO-2)."""

import asyncio
from dataclasses import dataclass
from typing import cast

import structlog
from aiosmtplib import SMTP, SMTPServerDisconnected

from services.notify.session import Session

log = structlog.get_logger()


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


async def connect(server: MailServer, sender: str, share: int) -> Session:
    """A session for at most `share` mails from `sender`. Raises aiosmtplib's exceptions and `OSError`."""
    client = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        start_tls=server.start_tls,
        timeout=server.connect_timeout_s,
    )
    await client.connect()
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    if client.transport is None:
        raise SMTPServerDisconnected("connection lost")
    log.info("mail_server_connected", host=server.host, port=server.port)
    return Session(
        cast(asyncio.Transport, client.transport),
        sender,
        pipelining=client.supports_extension("pipelining"),
        size=client.supports_extension("size"),
        share=share,
        timeout_s=server.timeout_s,
    )
