"""Sends mails over a few SMTP connections that stay open (NO-2)."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import cast

import structlog
from aiosmtplib import SMTPConnectError, SMTPException, SMTPResponseException

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.mailserver import MailServer, connect
from services.notify.mime import BadAddress, Sender, build, envelope_address
from services.notify.session import Mail, Session
from shared.contracts.notices import NoticeRequested

log = structlog.get_logger()

MAILS_PER_CONNECTION = 500
"""Many servers end a session after so many mails; better to begin a new one ourselves."""
REST_S = 2.0
"""After a failed connect nobody tries for so long: a dead server must not cost each mail a time-out."""


class Postman:
    """Mails wait in one line for a few connections, each opened when needed and worked by a task while any wait."""

    def __init__(
        self,
        server: MailServer,
        sender: Sender,
        html_of: Callable[[NoticeRequested], str | None],
        now: Callable[[], datetime],
    ) -> None:
        self._server = server
        self._sender = sender
        self._html_of = html_of
        self._now = now
        self._resting_until = 0.0
        self._waiting: deque[Mail] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._busy: set[Session] = set()
        self._idle: list[Session] = []

    async def deliver(self, notice: NoticeRequested) -> Delivery:
        return await self.send(notice.address.reveal(), partial(self._compose, notice))

    async def send(self, address: str, compose: Callable[[str, Sender, datetime], bytes]) -> Delivery:
        """`compose` makes the message's bytes from recipient, sender and date, when it is the mail's turn."""
        try:
            recipient = envelope_address(address)
        except BadAddress as error:
            return Refused(self._now(), str(error))
        answer = asyncio.get_running_loop().create_future()
        mail = Mail(recipient, lambda: compose(recipient, self._sender, self._now()), answer)
        self._waiting.append(mail)
        self._set_to_work()
        try:
            return self._judged(await answer)
        except SMTPResponseException as error:
            return Delayed(f"mail server: {error.code}")
        except (SMTPException, OSError) as error:
            return Delayed(f"mail server: {type(error).__name__}")
        except asyncio.CancelledError:
            self._withdraw(mail)
            raise

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            self._idle.pop().quit()

    def _compose(self, notice: NoticeRequested, recipient: str, sender: Sender, at: datetime) -> bytes:
        return build(notice, self._html_of(notice), recipient, sender, at)

    def _judged(self, code: int) -> Delivery:
        """5xx is final for this mail, anything else passes; the server's text may name the customer: left out."""
        if 200 <= code < 300:
            return Sent(self._now())
        return Refused(self._now(), f"mail server: {code}") if code >= 500 else Delayed(f"mail server: {code}")

    def _withdraw(self, mail: Mail) -> None:
        """Nobody waits for it any more and it will come again: it must not go out meanwhile."""
        for session in self._busy:
            if mail in session.in_hand:
                session.drop()

    def _set_to_work(self) -> None:
        if len(self._workers) < self._server.connections:
            self._workers.add(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """Over one connection after the other, as long as mails wait."""
        try:
            while self._waiting:
                await self._carry(self._rested() or await self._open())
        except Exception as error:  # noqa: BLE001 told to all who wait
            self._without_connection(error)
        finally:
            self._workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _without_connection(self, error: Exception) -> None:
        """Other workers may still have one; the last has nobody to leave the mails to."""
        if len(self._workers) == 1:
            while self._waiting:
                self._waiting.popleft().failed(error)

    async def _carry(self, session: Session) -> None:
        """A failure is that of the first mail in hand; the others were announced at most, and wait again."""
        self._busy.add(session)
        try:
            await session.carry(self._next)
        except Exception as error:  # noqa: BLE001 told to the one who waits for the mail
            session.drop()
            for mail in session.in_hand[:1]:
                session.in_hand.remove(mail)
                mail.failed(error)
        finally:
            self._busy.discard(session)
        self._waiting.extendleft(reversed(session.in_hand))
        if session.usable:
            self._idle.append(session)
        else:
            session.quit()

    def _next(self) -> Mail | None:
        while self._waiting:
            mail = self._waiting.popleft()
            if mail.answer.done():
                continue
            try:
                mail.message = mail.message or mail.compose()
            except Exception as error:  # noqa: BLE001 told to the one who waits for the mail
                mail.failed(error)
            else:
                return mail
        return None

    def _rested(self) -> Session | None:
        while self._idle:
            if (session := self._idle.pop()).usable:
                return session
        return None

    async def _open(self) -> Session:
        if time.monotonic() < self._resting_until:
            raise SMTPConnectError("resting after a failed connect")
        try:
            return await connect(self._server, self._sender.address, MAILS_PER_CONNECTION)
        except (SMTPException, OSError) as error:
            self._resting_until = time.monotonic() + REST_S
            log.warning("mail_server_unreachable", error=type(error).__name__)
            raise
