"""The HTTP client of whoever asks others all day long: aiohttp behind one call, with its limits in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

IDLE_S = 4.0
"""An idle connection is used again for so long: many servers (uvicorn, Node) close theirs after five seconds, and a
request that meets the closing is lost."""


class HttpFailure(Exception):
    """No answer that counts. `reason` is a kind of failure and names no address: ConnectTimeout, ConnectError (refused,
    no such name, TLS), ReadTimeout, ReadError, RemoteProtocolError, UnsupportedProtocol; HTTP 503 by `Answer.checked`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers`: by name in upper or lower case. `body`: its first `Limits.most_bytes`, as they came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def checked(self) -> "Answer":
        """Raises `HttpFailure` where it is no success."""
        if not self.is_success:
            raise HttpFailure(f"HTTP {self.status}")
        return self

    def json(self) -> Any:
        """Raises `ValueError` where the body is no JSON, or was cut."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Limits:
    """`timeout_s`: for a connection, and for each silence of the other side; a whole request may take twice that.

    `connections`: open at the same time, others wait for one; 0: any number. `most_bytes` of an answer are read; where
    there are more, its connection is closed.
    """

    timeout_s: float
    connections: int
    most_bytes: int = 64 * 1024

    def timeouts(self) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=2 * self.timeout_s, connect=self.timeout_s, sock_read=self.timeout_s)


class HttpClient:
    """Follows no redirect, keeps no cookie, believes no proxy of the environment, and unpacks nothing: what is packed
    can be a thousand times larger than it looks. What was sent is not sent again here, but for a GET whose kept
    connection turned out to be closed.
    """

    def __init__(self, limits: Limits, name: str) -> None:
        """`name`: how the other side may call us, its User-Agent."""
        self._limits = limits
        self._headers = {"User-Agent": name, "Accept-Encoding": "identity"}
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self, url: str, *, params: Mapping[str, str | int] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises `HttpFailure`."""
        return await self.request("GET", url, params=params, headers=headers)

    async def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises `HttpFailure`; the other side may have done what it was asked for all the same."""
        try:
            async with self._opened().request(
                method, url, data=body, params=params, headers=headers, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await self._body(response))
        except (aiohttp.ClientError, OSError, UnicodeError) as error:
            raise HttpFailure(reason_of(error)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """At the first request: aiohttp wants a running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limits.connections, keepalive_timeout=IDLE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=self._limits.timeouts(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """What is left unread closes the connection, by aiohttp."""
        read, most = bytearray(), self._limits.most_bytes
        while len(read) < most and (chunk := await response.content.read(most - len(read))):
            read += chunk
        return bytes(read)


def reason_of(error: Exception) -> str:
    """The kind of failure, by the names that logs and parked records have had for it all along, httpx's."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return "ConnectTimeout"
        case TimeoutError():
            return "ReadTimeout"
        case aiohttp.ClientConnectorError() | UnicodeError():
            return "ConnectError"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return "UnsupportedProtocol"
        case OSError():
            return "ReadError"
    return "RemoteProtocolError"
