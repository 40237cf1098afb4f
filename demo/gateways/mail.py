"""The mail gateway: SMTP with a kept connection, as a provider's server delivers."""

import re

import aiosmtplib

from demo.garbage import TOO_LARGE_MAIL
from demo.gateways.answer import Answer, Later, Refused, Taken
from demo.sending import Sending

TIMEOUT_S = 10.0
INTERACTION_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MailGateway:
    """Each instance is one connection: mails of one instance go one after the other."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.client: aiosmtplib.SMTP | None = None

    async def deliver(self, sending: Sending) -> Answer:
        try:
            return await self._deliver(sending)
        except aiosmtplib.SMTPResponseException as error:
            await self._drop()
            if 500 <= error.code < 600:
                return Refused(error.code, error.message)
            return Later(f"SMTP {error.code}")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            await self._drop()
            return Later(type(error).__name__)

    async def _deliver(self, sending: Sending) -> Answer:
        client = await self._connected()
        # A mail that is announced too large is refused before its first byte.
        size = len(sending.body) or TOO_LARGE_MAIL
        await client.mail(sending.sender, options=[f"SIZE={size}"])
        await client.rcpt(sending.recipient)
        response = await client.data(sending.body)
        found = INTERACTION_ID.search(response.message)
        return Taken(response.code, id=found[0] if found else None)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self.client is None or not self.client.is_connected:
            client = aiosmtplib.SMTP(hostname=self.host, port=self.port, timeout=TIMEOUT_S, start_tls=False)
            await client.connect()
            await client.ehlo()
            self.client = client
        return self.client

    async def _drop(self) -> None:
        """The state of a connection that failed is unknown: the next mail gets a new one."""
        client, self.client = self.client, None
        if client is not None:
            client.close()

    async def close(self) -> None:
        await self._drop()
