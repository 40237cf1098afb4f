"""An HTTP connection that waits only so long for a request; uvicorn's own waits for ever, in head and body (IN-8)."""

import asyncio
from functools import partial
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.http_limits import RequestLimits
from shared.web import Problem

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
LINGER_S = 2.0
"""Who is refused in the middle of its body gets so long to read the answer, before the connection ends."""


class Connection(HttpToolsProtocol):
    """`_since` is when the sender's turn began; None while it is ours, or while uvicorn's keep-alive waits.

    One look at every connection twice a second, so that a request costs no timer of its own.
    """

    def __init__(self, *args: Any, limits: RequestLimits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._since: float | None = None
        self._in_head = True
        self._head_bytes = 0
        self._body_bytes = 0
        self._look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._look = self.loop.call_later(LOOK_EVERY_S, self._look_again)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        was_in_head = self._in_head and self._since is not None
        super().data_received(data)
        if was_in_head and self._in_head:
            # The parser keeps what it has of a header that does not end.
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.head_bytes and not self.transport.is_closing():
                self._end(Problem(431, "The head of the request is too large"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since = self.loop.time()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._since = self.loop.time()
        self._in_head = False
        self._body_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._since is not None:
            # Answered before the request was whole: it lingers from here on.
            self._since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._end(Problem(400, "This is not HTTP"))

    def _look_again(self) -> None:
        now = self.loop.time()
        if self._since is not None and self.flow.read_paused:
            # We hold the sender up, not the sender us.
            self._since = now
        if self._since is not None and now - self._since > self._allowed():
            self._too_slow()
        else:
            self._look = self.loop.call_later(LOOK_EVERY_S, self._look_again)

    def _allowed(self) -> float:
        if self._in_head:
            return self._limits.head_s
        if self.cycle.response_complete:
            return LINGER_S
        return self._limits.body_s + self._body_bytes / self._limits.body_bytes_per_s

    def _too_slow(self) -> None:
        log.info("http_connection_ended", in_head=self._in_head, body_bytes=self._body_bytes)
        if self._in_head or not self.cycle.response_started:
            self._end(Problem(408, "The request came too slowly", "Nothing was taken."))
        else:
            self.transport.close()

    def _end(self, problem: Problem) -> None:
        """Tell why, as every refusal is told, and close."""
        response = problem.response()
        reason = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}[problem.status]
        head = [f"HTTP/1.1 {problem.status} {reason}".encode(), b"connection: close"]
        head += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(response.body)]))
        self.transport.close()


def connection(limits: RequestLimits) -> Any:
    """What uvicorn takes for its `http`: called as the class is, once per connection."""
    return partial(Connection, limits=limits)
