"""How long a connection waits for a request, on a clock that the test moves (IN-8)."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from shared.http_connection import LINGER_S, LOOK_EVERY_S, connection
from shared.http_limits import RequestLimits

pytestmark = pytest.mark.req("IN-8")
LIMITS = RequestLimits(head_s=5, head_bytes=1000, body_s=10, body_bytes_per_s=100)
HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n"


class Transport:
    """What the connection writes, and whether it has closed."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False
        self.reading = True

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> Any:
        return None

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Loop:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.looks: list[tuple[float, Callable[[], None]]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Callable[[], None]) -> Any:
        self.looks.append((self.now + delay, call))
        return asyncio.get_running_loop().call_later(1e6, lambda: None)

    def create_task(self, coroutine: Any) -> Any:
        self.tasks.append(asyncio.get_running_loop().create_task(coroutine))
        return self.tasks[-1]

    def passes(self, seconds: float, send: Callable[[], None] = lambda: None) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += LOOK_EVERY_S
            send()
            due = [look for look in self.looks if look[0] <= self.now]
            self.looks = [look for look in self.looks if look[0] > self.now]
            for _, call in due:
                call()


class Made:
    def __init__(self, app: Any) -> None:
        self.loop = Loop()
        self.transport = Transport()
        made = connection(LIMITS)
        self.connection = made(config=Config(app), server_state=ServerState(), app_state={}, _loop=self.loop)
        self.connection.connection_made(self.transport)

    def sends(self, data: bytes) -> None:
        if not self.transport.closed:
            self.connection.data_received(data)

    @property
    def status(self) -> int:
        return int(self.transport.written.split()[1]) if self.transport.written else 0


async def reads(scope: Any, receive: Any, send: Any) -> None:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def refuses(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("piece", [b"", b"x: y\r\n"])
async def test_a_head_has_its_time_however_it_trickles(piece: bytes) -> None:
    made = Made(reads)
    made.sends(b"GET / HTTP/1.1\r\n") if piece else None
    made.loop.passes(4.5, lambda: made.sends(piece) if piece else None)
    assert not made.transport.closed
    made.loop.passes(1.5, lambda: made.sends(piece) if piece else None)
    assert (made.transport.closed, made.status) == (True, 408)
    assert b"application/problem+json" in made.transport.written


async def test_a_head_has_its_size() -> None:
    for piece in (b"x: y\r\n", b"y" * 10):
        made = Made(reads)
        made.sends(b"GET / HTTP/1.1\r\nx: ")
        for _ in range(200):
            made.sends(piece)
        assert (made.transport.closed, made.status) == (True, 431)


async def test_a_body_has_more_time_the_more_of_it_comes() -> None:
    made = Made(reads)
    made.sends(HEAD)
    made.loop.passes(30, lambda: made.sends(b"x" * 50))  # 100 bytes a second, as agreed
    assert not made.transport.closed
    made.loop.passes(12)
    assert (made.transport.closed, made.status) == (True, 408)


async def test_a_sender_that_we_hold_up_is_not_slow() -> None:
    made = Made(reads)
    made.sends(HEAD)
    made.connection.flow.pause_reading()
    made.loop.passes(60)
    assert not made.transport.closed
    made.connection.flow.resume_reading()
    made.loop.passes(11)
    assert made.transport.closed


async def test_a_request_in_hand_and_an_idle_connection_are_left_alone() -> None:
    made = Made(reads)
    made.sends(HEAD + b"x" * 5000)
    made.loop.passes(60)
    assert not made.transport.closed, "it is our turn"
    await asyncio.gather(*made.loop.tasks)
    assert made.status == 200
    made.loop.looks.clear()
    made.loop.passes(60)
    assert not made.transport.closed, "uvicorn's own keep-alive ends it"


async def test_who_is_refused_lingers_only_shortly() -> None:
    made = Made(refuses)
    made.sends(HEAD)
    await asyncio.gather(*made.loop.tasks)
    assert made.status == 413
    made.loop.looks = [look for look in made.loop.looks if look[0] <= 1]
    made.loop.passes(LINGER_S + 1, lambda: made.sends(b"x" * 100))
    assert made.transport.closed


async def test_what_is_not_http_is_told_as_a_problem() -> None:
    made = Made(reads)
    made.sends(b"\x16\x03\x01")
    assert (made.transport.closed, made.status) == (True, 400)
    assert b"application/problem+json" in made.transport.written
