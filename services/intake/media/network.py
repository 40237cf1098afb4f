"""An HTTP client that connects only where it may: the address is checked when a name was resolved, and then used."""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from services.intake.media.allowance import may_be_asked
from services.intake.media.failures import Never
from shared.contracts.media import MediaFault

CONNECTIONS = 32


class CheckedBackend(AsyncNetworkBackend):
    """Between the look-up and the connection nothing can change: what was checked is what is connected to.

    `own_network`: hosts that may lie in the operator's own network; `simulator`: a host and port of this machine.
    """

    def __init__(self, own_network: Iterable[str] = (), simulator: str = "") -> None:
        self._inner = AnyIOBackend()
        self._own_network = frozenset(own_network)
        self._simulator = simulator

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> AsyncNetworkStream:
        for_development = self._simulator == f"{host}:{port}"
        addresses = [host] if for_development else await self._resolved(host, port, timeout)
        for number, address in enumerate(addresses, start=1):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore.ConnectError("the name has no address")

    async def _resolved(self, host: str, port: int, timeout: float | None) -> list[str]:
        try:
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise httpcore.ConnectError(f"name not resolved: {type(error).__name__}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(may_be_asked(address, host in self._own_network) for address in addresses):
            raise Never(MediaFault.ADDRESS_REFUSED, "the name leads into a network that is not the Internet")
        return addresses

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise Never(MediaFault.ADDRESS_REFUSED, "a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Transport(httpx.AsyncHTTPTransport):
    """httpx has no argument for the backend; its pool is put in its place."""

    def __init__(self, backend: AsyncNetworkBackend) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=backend,
        )


def media_client(backend: AsyncNetworkBackend, connect_s: float, read_s: float) -> httpx.AsyncClient:
    """Follows no redirect by itself, believes no proxy of the environment, and gives up on silence."""
    return httpx.AsyncClient(
        transport=_Transport(backend),
        timeout=httpx.Timeout(read_s, connect=connect_s),
        follow_redirects=False,
        trust_env=False,
        # What is packed can be a thousand times larger than it looks.
        headers={"Accept-Encoding": "identity", "User-Agent": "ParcelCare-media/1"},
    )
