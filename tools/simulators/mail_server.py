"""The SMTP side of the mail catcher: takes mail quickly, and shows the faults of real mail servers."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.simulators.deliveries import Deliveries, Delivery
from tools.simulators.faults import MailFaults
from tools.simulators.mail_reading import decoded

log = structlog.get_logger()
LARGEST_MAIL = 10 * 1024 * 1024
PLAIN_ADDRESS = re.compile(r"<([\w.+=-]+@[\w.-]+)>\s*(.*)", re.ASCII)
LONE_DOT = b".\r\n"
# compat32 is many times quicker than policy.default, and two headers are all that is wanted here.
HEADERS = BytesHeaderParser(policy=policy.compat32)


class TooLongError(ValueError):
    """The mail is longer than LARGEST_MAIL."""


async def read_content(reader: asyncio.StreamReader) -> bytes:
    """The mail up to the line with the lone dot, without the dots that the sender added (RFC 5321, 4.5.2)."""
    content = b"\r\n"
    while not content.endswith(b"\r\n" + LONE_DOT):
        content += await reader.readuntil(LONE_DOT)
        if len(content) > LARGEST_MAIL:
            raise TooLongError
    return content[: -len(LONE_DOT)].replace(b"\r\n..", b"\r\n.")[2:]


class QuickSmtp(SMTP):
    """aiosmtpd without its two costs: waking up for every line of a mail, and the full grammar for every address."""

    line_length_limit = LARGEST_MAIL

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        plain = PLAIN_ADDRESS.fullmatch(arg.strip())
        return (plain[1], plain[2]) if plain else super()._getaddr(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if await self.check_helo_needed():
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos or arg:
            await self.push("503 Error: need RCPT command" if not arg else "501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            self.envelope.content = await read_content(self._reader)
        except (asyncio.LimitOverrunError, TooLongError):
            await self.push("552 Error: Too much mail data")
            self._writer.close()
            return
        answer = await self.event_handler.handle_DATA(self, self.session, self.envelope)
        self._set_post_data_state()  # type: ignore[no-untyped-call] # aiosmtpd's own, without hints
        await self.push(answer)


class Catcher:
    """aiosmtpd's handler: every accepted mail is stored before it is acknowledged."""

    def __init__(self, deliveries: Deliveries, faults: MailFaults, now: Callable[[], datetime]) -> None:
        self.deliveries = deliveries
        self.faults = faults
        self.now = now
        self.received = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        delivery = read(envelope, self.now())
        self.received += 1
        fault = self.faults.drawn(delivery.message_id, str(self.received))
        if fault == "refuse":
            return "451 4.3.2 Busy, please try again later"
        if fault == "drop_before_store":
            return drop(server)
        if fault == "slow":
            await asyncio.sleep(self.faults.slow_milliseconds / 1000)
        await self.deliveries.keep(delivery)
        return drop(server) if fault == "drop_after_store" else "250 2.0.0 Kept"


def drop(server: SMTP) -> str:
    """Closes the connection; what is pushed afterwards reaches nobody."""
    server._writer.transport.abort()
    return "421 4.4.2 Connection dropped"


def read(envelope: Envelope, now: datetime) -> Delivery:
    content = envelope.content
    assert isinstance(content, bytes)
    head = HEADERS.parsebytes(content[: content.find(b"\r\n\r\n") + 4 or None])
    return Delivery(
        received_at=now,
        message_id=str(head.get("Message-ID", "")).strip(),
        sender=envelope.mail_from or "",
        recipient=", ".join(envelope.rcpt_tos),
        subject=decoded(str(head.get("Subject", ""))),
        raw=content,
    )


async def listen(catcher: Catcher, host: str, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()

    def protocol() -> Any:
        return QuickSmtp(catcher, loop=loop, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, hostname="mailcatcher")

    return await loop.create_server(protocol, host, port, backlog=512)
