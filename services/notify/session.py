"""Mails over one SMTP connection: whole groups of commands at once where the server takes them (RFC 2920).

aiosmtplib makes the connection (greeting, STARTTLS, AUTH) and hands it over: it awaits every reply by itself, which
for one mail is four rounds and three quarters of its cost. Here the content of a mail and the envelope of the next
one are one write.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aiosmtplib import SMTPDataError, SMTPReadTimeoutError, SMTPServerDisconnected

GO_ON = 354
CLOSING = 421
_LONGEST_REPLY = 32 * 1024


@dataclass(eq=False, slots=True)
class Mail:
    """`answer` is the server's verdict on it: 250, or the code with which it refused. The message is composed when
    the mail's turn comes."""

    recipient: str
    compose: Callable[[], bytes]
    answer: "asyncio.Future[int]"
    message: bytes = b""

    def answered(self, code: int) -> None:
        if not self.answer.done():
            self.answer.set_result(code)

    def failed(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Session(asyncio.Protocol):
    """`in_hand` are the mails whose transaction has begun, oldest first; `left` how many more it may carry."""

    def __init__(
        self, transport: asyncio.Transport, sender: str, *, pipelining: bool, size: bool, share: int, timeout_s: float
    ) -> None:
        self._transport = transport
        self._sender = sender
        self._pipelining = pipelining
        self._size = size
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._replies: deque[int] = deque()
        self._said = b""
        self._expected = 0
        self._rest = b""
        self._waiter: asyncio.Future[None] | None = None
        self.left = share
        self.in_hand: list[Mail] = []
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        return self.left > 0 and not self._transport.is_closing()

    async def carry(self, take: Callable[[], Mail | None]) -> None:
        """Deliver what `take` gives, until it gives nothing, the session has carried its share, or the server ends it.

        Raises aiosmtplib's exceptions for the first mail in hand; those behind it are announced, not sent.
        """
        mail = self._begin(take)
        while mail is not None:
            code = await self._admitted(mail)
            if code == GO_ON:
                self._say(mail.message.replace(b"\r\n.", b"\r\n..") + b".\r\n", replies=1)
                following = self._begin(take)
                code = await self._reply()
                self._end(mail, code)
            else:
                self._end(mail, code)
                if code != CLOSING:
                    await self._reset()
                following = self._begin(take)
            if code == CLOSING:
                self.drop()
                return
            mail = following

    def quit(self) -> None:
        """Say goodbye; what the server answers does not matter."""
        if not self._transport.is_closing():
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

    def drop(self) -> None:
        self._transport.abort()

    def _begin(self, take: Callable[[], Mail | None]) -> Mail | None:
        mail = take() if self.usable else None
        if mail is not None:
            self.left -= 1
            self.in_hand.append(mail)
            if self._pipelining:
                self._say(b"".join(self._envelope(mail)), replies=3)
        return mail

    def _end(self, mail: Mail, code: int) -> None:
        self.in_hand.remove(mail)
        mail.answered(code)

    async def _admitted(self, mail: Mail) -> int:
        """354, or the code with which the server refused sender, recipient or the wish to send."""
        code, refused = 0, 0
        for command in self._envelope(mail):
            if not self._pipelining:
                self._say(command, replies=1)
            code = await self._reply()
            refused = refused or (code if code >= 400 else 0)
            if code == CLOSING or (refused and not self._pipelining):
                return code
        if refused and code == GO_ON:
            # A server may ask for the content of a mail that it takes for nobody; it gets none.
            self._say(b".\r\n", replies=1)
            await self._reply()
        if not refused and code != GO_ON:
            raise SMTPDataError(code, "unexpected")
        return refused or code

    def _envelope(self, mail: Mail) -> tuple[bytes, bytes, bytes]:
        size = f" SIZE={len(mail.message)}" if self._size else ""
        return f"MAIL FROM:<{self._sender}>{size}\r\n".encode(), f"RCPT TO:<{mail.recipient}>\r\n".encode(), b"DATA\r\n"

    async def _reset(self) -> None:
        self._say(b"RSET\r\n", replies=1)
        if (code := await self._reply()) >= 400:
            raise SMTPDataError(code, "no reset")

    def _say(self, data: bytes, replies: int) -> None:
        """It goes out with all that is said until a reply is waited for: each packet wakes the server up."""
        self._expected += replies
        self._said += data

    async def _reply(self) -> int:
        if not self._replies:
            if self._transport.is_closing():
                raise SMTPServerDisconnected("connection lost")
            if self._said:
                self._transport.write(self._said)
                self._said = b""
            self._waiter = self._loop.create_future()
            timer = self._loop.call_later(self._timeout_s, self._fail, SMTPReadTimeoutError("no reply in time"))
            try:
                await self._waiter
            finally:
                timer.cancel()
        return self._replies.popleft()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        sane = len(self._rest) <= _LONGEST_REPLY and all(self._read(line) for line in lines)
        if self._replies and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if not sane:
            self._fail(SMTPServerDisconnected("out of step"))

    def _read(self, line: bytes) -> bool:
        """False for what is no SMTP, or said unasked, mostly before it closes: the next reply could be taken for
        another's."""
        if not line[:3].isdigit() or not self._expected:
            return False
        if line[3:4] != b"-":
            self._expected -= 1
            self._replies.append(int(line[:3]))
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(SMTPServerDisconnected("connection lost"))

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.drop()
