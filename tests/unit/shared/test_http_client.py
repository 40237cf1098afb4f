"""The client for the outside: what it sends, what it never does, and by which name each failure is told."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared import http_client
from shared.http_client import HttpClient, HttpFailure, Limits
from tests.unit.shared.http_host import Speak, answer, dribble, host, saying, silence

pytestmark = pytest.mark.req("NO-2")
BODY = '{"包裹":1}'.encode()


@asynccontextmanager
async def a_client(timeout_s: float = 5.0, connections: int = 8, most_bytes: int = 10_000) -> AsyncIterator[HttpClient]:
    client = HttpClient(Limits(timeout_s, connections, most_bytes), "ParcelCare-test/1")
    yield client
    await client.close()


async def failure(url: str, timeout_s: float = 5.0, **request: bytes) -> str:
    async with a_client(timeout_s) as client:
        with pytest.raises(HttpFailure) as raised:
            await client.request("POST", url, **request)  # type: ignore[arg-type]
    return raised.value.reason


async def failure_of(speak: Speak, timeout_s: float = 5.0) -> str:
    async with host(speak) as there:
        return await failure(there.url, timeout_s, body=BODY)


async def test_what_is_sent_and_what_comes_back() -> None:
    async with host(saying(answer(BODY, "202 Accepted", "X-Interaction-Id: i1"))) as there, a_client() as client:
        query: dict[str, str | int] = {"since": "2026-11-01T00:00:00+00:00", "sign": "a+b/c==&", "n": 3, "w": "包裹"}
        given = await client.request("POST", f"{there.url}/x", body=BODY, params=query, headers={"webhook-id": "m1"})
    (asked,) = there.asked
    method, target, _ = asked.line.split(" ")
    assert (method, urlsplit(target).path, asked.body) == ("POST", "/x", BODY)
    assert parse_qs(urlsplit(target).query) == {name: [str(value)] for name, value in query.items()}
    assert asked.headers["webhook-id"] == "m1"
    assert asked.headers["host"] == f"127.0.0.1:{there.port}"
    assert asked.headers["user-agent"] == "ParcelCare-test/1"
    assert (given.status, given.is_success, given.json()) == (202, True, {"包裹": 1})
    assert given.headers["x-interaction-id"] == "i1"


async def test_a_connection_is_kept_for_the_next_request_but_no_cookie_is() -> None:
    async with host(saying(answer(b"1", "200 OK", "set-cookie: a=b"))) as there, a_client() as client:
        for _ in range(3):
            await client.get(there.url)
    assert there.connections == 1
    assert [asked.headers.get("cookie") for asked in there.asked] == [None] * 3


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with host(saying(answer(b"", "302 Found", "location: /other"))) as there, a_client() as client:
        given = await client.get(there.url)
    assert (given.status, given.is_success, len(there.asked)) == (302, False, 1)
    with pytest.raises(HttpFailure, match="HTTP 302"):
        given.checked()


async def test_a_proxy_of_the_environment_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with host(saying(answer())) as there, a_client() as client:
        assert (await client.get(there.url)).status == 200


async def test_what_is_packed_stays_packed() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    async with host(saying(answer(bomb, "200 OK", "content-encoding: gzip"))) as there, a_client() as client:
        given = await client.get(there.url)
    assert there.asked[0].headers["accept-encoding"] == "identity"
    assert given.body == bomb


async def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    long = answer(b"[" + b"1," * 500_000 + b"1]")
    async with host(saying(long, answer(b"{}"))) as there, a_client(most_bytes=1000) as client:
        given, following = await client.get(there.url), await client.get(there.url)
    assert (given.status, given.body) == (200, b"[" + b"1," * 499 + b"1")
    with pytest.raises(ValueError, match="end of data"):
        given.json()
    assert (following.json(), there.connections) == ({}, 2)


async def test_a_kept_connection_that_was_closed_costs_nothing() -> None:
    async with host(saying(answer(b"1"), answer(b"2"), closes=True)) as there, a_client() as client:
        for body in (b"1", b"2"):
            assert (await client.request("POST", there.url, body=BODY)).body == body
            await asyncio.sleep(0.05)
    assert there.connections == 2


async def test_one_that_lay_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "IDLE_S", 0.0)
    async with host(saying(answer(b"1"))) as there, a_client() as client:
        for _ in range(2):
            await client.request("POST", there.url, body=BODY)
    assert there.connections == 2


async def test_a_body_that_is_refused_before_it_was_read_has_its_answer() -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"", "413 Too large", "connection: close"))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(early, "127.0.0.1", 0) as server, a_client() as client:
        given = await client.request("POST", f"http://{place_of(server)}", body=bytes(900_000))
    assert given.status == 413


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"0" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_answer(said: bytes) -> None:
    assert await failure_of(saying(said, closes=True)) == "RemoteProtocolError"


async def test_a_line_that_breaks() -> None:
    async def cut(asked: object, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    assert await failure_of(cut) in {"ReadError", "RemoteProtocolError"}


@pytest.mark.parametrize("speak", [silence, dribble])
async def test_nobody_is_waited_for_for_ever(speak: Speak) -> None:
    assert await failure_of(speak, timeout_s=0.15) == "ReadTimeout"


async def test_where_all_connections_are_taken_others_wait_only_so_long() -> None:
    async with host(silence) as there, a_client(0.2, connections=1) as client:
        asked = [client.request("POST", there.url) for _ in range(2)]
        found = await asyncio.gather(*asked, return_exceptions=True)
    assert {str(one) for one in found} == {"ReadTimeout", "ConnectTimeout"}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1", "ConnectError"),
        ("http://no-such-host.invalid", "ConnectError"),
        (f"http://{'a' * 70}.example", "ConnectError"),
        ("ftp://127.0.0.1/x", "UnsupportedProtocol"),
        ("merchant.example/hooks", "UnsupportedProtocol"),
        ("http://", "UnsupportedProtocol"),
    ],
)
async def test_nobody_there(url: str, reason: str) -> None:
    assert await failure(url) == reason


async def test_tls_is_checked(tmp_path: Path) -> None:
    """A host that speaks none, and one whose certificate nobody vouches for."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        assert await failure(f"https://{place_of(server)}") == "ConnectError"
    async with host(saying(answer()), self_signed(tmp_path)) as there:
        assert await failure(f"https://127.0.0.1:{there.port}") == "ConnectError"
    assert there.asked == []


def place_of(server: asyncio.Server) -> str:
    return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def self_signed(folder: Path) -> ssl.SSLContext:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    kind = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *kind))
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
