"""The SMTP edge: a mail gets its 250 only after Kafka has it; what can't be taken is told with a reason (IN-8)."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake.delivery import Delivery, Reason, Rejected
from services.intake.gateways import Gateway
from services.intake.handlers import Reception
from services.intake.parts import MAIL_TYPE
from services.intake.smtp_reading import plain_address, read_mail
from shared.clock import Clock

log = structlog.get_logger()

TAKEN = "250 2.0.0 {id} taken"
SENDER_OK = "250 2.1.0 OK"
RECIPIENT_OK = "250 2.1.5 OK"
BUSY = "451 4.3.2 Too much is waiting, try again later; nothing was taken"
FAILED = "451 4.3.0 Something failed here, try again later; nothing was taken"
TOO_LARGE = "552 5.3.4 The mail is larger than we take"
NOT_OURS = "550 5.1.2 No such domain here"
UNKNOWN_MAILBOX = "550 5.1.1 No such mailbox here"
UNREADABLE = "550 5.6.0 The mail can't be taken: {detail}"
ONE_GATEWAY = "452 4.5.3 Send these recipients' mail apart"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients at once"
TOO_SLOW = b"421 4.4.2 Too slow, try again later; nothing was taken\r\n"
NO_ROOM = b"421 4.3.2 Too much mail at once, try again later; nothing was taken\r\n"
MAX_RECIPIENTS = 100
ALWAYS = frozenset({"postmaster", "abuse"})
"""Mailboxes that every domain has (RFC 5321, 4.5.1; RFC 2142)."""

_PRINTABLE = re.compile(r"[^ -~]")
_SIZE = re.compile(r"SIZE=(\d{1,12})", re.ASCII)


class MailHandler:
    """Called by aiosmtpd in our own event loop."""

    def __init__(self, gateways: Mapping[str, Gateway], reception: Reception, clock: Clock) -> None:
        self._gateways = gateways
        self._reception = reception
        self._clock = clock

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        try:
            # Told before the mail travels; whether there is room for it shows when it has come.
            with self._reception.admission.room(0):
                pass
        except Rejected:
            return BUSY
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return SENDER_OK

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        gateway = self._gateway_of(address)
        if gateway is None:
            return NOT_OURS
        if not is_known(address, gateway):
            return UNKNOWN_MAILBOX
        if declared_size(envelope.mail_options) > gateway.body_limit_bytes:
            return TOO_LARGE
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY_RECIPIENTS
        if any(self._gateway_of(other) is not gateway for other in envelope.rcpt_tos):
            return ONE_GATEWAY
        envelope.rcpt_tos.append(address)
        return RECIPIENT_OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        gateway = self._gateway_of(envelope.rcpt_tos[0])
        assert gateway is not None, "handle_RCPT lets no other in"
        assert isinstance(server, Connection)
        server.mail_begins()
        try:
            return await self._take(gateway, envelope)
        except Rejected as refusal:
            return answer_to(refusal)
        finally:
            server.mail_ends()

    async def handle_exception(self, error: Exception) -> str:
        log.error("mail_failed", error=type(error).__name__, exc_info=error)
        return FAILED

    async def _take(self, gateway: Gateway, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        # aiosmtpd hands an empty return path on as it stood: <>.
        sender = (envelope.mail_from or "").strip("<>")
        if len(content) > gateway.body_limit_bytes:
            return TOO_LARGE
        with self._reception.admission.room(len(content)):
            delivery = Delivery(
                gateway=gateway,
                headers={"content-type": MAIL_TYPE, "return-path": f"<{sender}>"},
                body=content,
                received_at=self._clock.now(),
                arrived_at=datetime.now(UTC),
                return_path=sender,
            )
            accepted = await self._reception.receive(delivery)
        return TAKEN.format(id=accepted.id)

    def _gateway_of(self, address: str) -> Gateway | None:
        return self._gateways.get(address.rpartition("@")[2].lower().rstrip(">"))


def is_known(address: str, gateway: Gateway) -> bool:
    """Whether the gateway has the mailbox; care+case@ is care@."""
    local = address.rpartition("@")[0].lstrip("<").strip('"').lower().partition("+")[0]
    return not gateway.mailboxes or local in gateway.mailboxes or local in ALWAYS


def declared_size(options: Iterable[str]) -> int:
    """Bytes that MAIL FROM announces (RFC 1870); 0 where it does not."""
    found = (_SIZE.fullmatch(option.upper()) for option in options)
    return next((int(size[1]) for size in found if size), 0)


def answer_to(refusal: Rejected) -> str:
    """The reply line of a refusal: 4xx where the same mail may be taken later."""
    if refusal.reason in (Reason.OVERLOADED, Reason.RATE):
        return BUSY
    if refusal.reason is Reason.TOO_LARGE:
        return TOO_LARGE
    return UNREADABLE.format(detail=_PRINTABLE.sub("?", str(refusal))[:200])


@dataclass(slots=True)
class Crowd:
    """All open connections, and the bytes that they have sent of mails that are not whole yet."""

    max_bytes: int
    connections: set["Connection"] = field(default_factory=set)
    bytes: int = 0


class Connection(SMTP):
    """One sender. Cut off when it sends far more than a mail may measure without a mail coming of it, or is too slow.

    aiosmtpd's own `timeout` begins anew with each command, DATA included; `lifetime` ends those that only chat.
    """

    # Of a command. A mail's lines may have any length: refusing those over the 1000 of RFC 5321 helps nobody.
    line_length_limit = 65_536

    def __init__(self, crowd: Crowd, allowance: int, lifetime: float, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._crowd = crowd
        self._allowance = allowance
        self._lifetime = lifetime
        self._received = 0
        self._last_mail = self.loop.time()
        self.idle = asyncio.Event()
        self.idle.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._crowd.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._crowd.connections.discard(self)
        self._forget()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        self._crowd.bytes += len(data)
        if self._received > self._allowance:
            # aiosmtpd drops an oversized mail's lines, but keeps a line that never ends.
            log.warning("smtp_connection_cut", received_bytes=self._received)
            cast(asyncio.WriteTransport, self.transport).abort()
        elif self._crowd.bytes > self._crowd.max_bytes:
            self._dismiss(NO_ROOM)
        elif self.loop.time() - self._last_mail > self._lifetime:
            self._dismiss(TOO_SLOW)
        else:
            super().data_received(data)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return plain_address(arg) or super()._getaddr(arg)

    async def smtp_DATA(self, arg: str) -> None:
        """As aiosmtpd's, which wakes up for every line of a mail."""
        if await self.check_helo_needed():
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos or arg:
            await self.push("501 Syntax: DATA" if self.envelope.rcpt_tos else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        assert self.data_size_limit is not None
        self.envelope.original_content = await read_mail(self._reader, self.data_size_limit)
        over = self.envelope.original_content is None
        answer = TOO_LARGE if over else await self.event_handler.handle_DATA(self, self.session, self.envelope)
        self._set_post_data_state()  # type: ignore[no-untyped-call] # aiosmtpd's own, without hints
        await self.push(answer)

    def mail_begins(self) -> None:
        """The mail is whole: from here on the admission counts its bytes."""
        self.idle.clear()
        self._forget()

    def mail_ends(self) -> None:
        self._last_mail = self.loop.time()
        self.idle.set()

    def _timeout_cb(self) -> None:
        self._dismiss(TOO_SLOW)

    def _dismiss(self, answer: bytes) -> None:
        log.info("smtp_connection_dismissed", code=answer[:9].decode(), received_bytes=self._received)
        transport = cast(asyncio.WriteTransport, self.transport)
        if not transport.is_closing():
            transport.write(answer)
            transport.close()

    def _forget(self) -> None:
        self._crowd.bytes -= self._received
        self._received = 0
