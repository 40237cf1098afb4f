"""An access token of a platform: asked for once, kept until shortly before its end, renewed once for all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.intake.media.failures import Later

MARGIN_S = 300.0
"""WeChat gives out the next token from five minutes before the end of the one that it gave before."""


REST_S = 60.0
FORCED_EVERY_S = 3600.0
"""WeChat gives out a forced token twenty times a day: once an hour is within that, whatever goes wrong."""


@dataclass(frozen=True, slots=True)
class Grant:
    """`lasts_s`: for how many seconds from now the token is good."""

    token: str
    lasts_s: float


Ask = Callable[[bool], Awaitable[Grant]]
"""Asks the platform; True: it must be another one than before, whatever that costs."""


class AccessToken:
    def __init__(self, ask: Ask, monotonic: Callable[[], float]) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._token = ""
        self._until = 0.0
        self._forced_at: float | None = None

    async def get(self) -> str:
        """The token that is good now. Raises `Later`."""
        async with self._lock:
            if self._monotonic() >= self._until:
                await self._take(await self._ask(False))
            return self._token

    async def renew(self, stale: str) -> str:
        """Another token than the one that the platform refused; of many who were refused, one asks.

        Raises `Later` where the platform has no other.
        """
        async with self._lock:
            if self._token == stale:
                await self._take(await self._ask(False))
            if self._token == stale:
                await self._force()
            if self._token == stale:
                raise Later("the platform gives out a token that it refuses", REST_S)
            return self._token

    async def _force(self) -> None:
        now = self._monotonic()
        if self._forced_at is None or now - self._forced_at >= FORCED_EVERY_S:
            self._forced_at = now
            await self._take(await self._ask(True))

    async def _take(self, grant: Grant) -> None:
        self._token = grant.token
        self._until = self._monotonic() + max(grant.lasts_s - MARGIN_S, grant.lasts_s / 2)
