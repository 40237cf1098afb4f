"""A merchant's webhook receiver that checks signatures with the reference library."""

import asyncio
from dataclasses import dataclass, field

import uvicorn
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.integration.polling import poll


@dataclass
class HookSink:
    """Answers with `answers` in turn, then with 204. A wrong signature raises, and so fails the test's wait."""

    secret: str
    port: int
    answers: list[int] = field(default_factory=list)
    tries: list[tuple[str, int]] = field(default_factory=list)
    taken: list[dict[str, object]] = field(default_factory=list)

    async def _receive(self, request: Request) -> Response:
        body = await request.body()
        payload = Webhook(self.secret).verify(body, dict(request.headers))
        status = self.answers.pop(0) if self.answers else 204
        self.tries.append((request.headers["webhook-id"], status))
        if status < 300:
            self.taken.append(payload)
        return Response(status_code=status)

    async def start(self) -> None:
        app = Starlette(routes=[Route("/hooks/merchant", self._receive, methods=["POST"])])
        self._server = _Quiet(uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="warning"))
        self._task = asyncio.create_task(self._server.serve())
        await poll(lambda: self._server.started, what="the webhook receiver")

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._task


class _Quiet(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test's process keeps its own."""
