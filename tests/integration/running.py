"""A service under test as one process of its own, asked over HTTP."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration import asking
from tests.integration.children import AnyChild


@dataclass
class Process:
    child: AnyChild
    url: str
    log: Path

    async def get(self, path: str, **headers: str) -> httpx.Response:
        async with asking.client() as client:
            return await client.get(self.url + path, headers=headers, timeout=10)

    async def ready(self) -> bool:
        """Fails with its last words where it has ended."""
        assert self.child.returncode is None, self.log.read_text()[-3000:]
        try:
            return (await self.get("/health/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        if self.child.returncode is None:
            self.child.send_signal(number)
        return await asyncio.wait_for(self.child.wait(), 20)
