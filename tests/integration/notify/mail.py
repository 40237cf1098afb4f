"""A mail server that keeps what it takes, and can be told to refuse or to be down."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = str | None
TAKEN = "250 OK"


@dataclass
class Catcher:
    """aiosmtpd's handler. `judge` gives the answer to a mail from its recipient; None: taken."""

    judge: Callable[[str], Answer] = lambda recipient: None
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refused: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        answer = self.judge(recipient)
        if answer is not None:
            self.refused += 1
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((recipient, message))
        return TAKEN

    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for _, message in self.taken]

    def subjects_to(self, recipient: str) -> list[str]:
        return [str(message["Subject"]) for to, message in self.taken if to == recipient]


class MailServer:
    """Listens on a port that stays the same while it is stopped and started."""

    def __init__(self, catcher: Catcher, port: int) -> None:
        self.catcher = catcher
        self.port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        def protocol() -> Any:
            return SMTP(self.catcher, enable_SMTPUTF8=False)

        self._server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
