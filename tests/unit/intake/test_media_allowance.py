"""Which addresses of media may be asked: the list, and every trick to get into our own network (IN-4, SY-5)."""

import socket
from typing import Any

import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.media.allowance import Allowance, may_be_asked
from services.intake.media.download import MediaHttp
from services.intake.media.failures import Later, Never
from services.intake.media.network import CheckedBackend, media_client
from shared.contracts.media import MediaFault

pytestmark = pytest.mark.req("IN-4", "SY-5")
ALLOWANCE = Allowance(frozenset({"api.twilio.com", "*.qpic.cn"}))
DEVELOPMENT = Allowance(frozenset({"api.twilio.com"}), simulator="127.0.0.1:9000")


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://api.twilio.com/r/RE1", "https://api.twilio.com/r/RE1"),
        ("https://API.Twilio.com:443/r?a=1#x", "https://api.twilio.com/r?a=1"),
        ("https://api.twilio.com./r", "https://api.twilio.com/r"),
        ("http://mmbiz.qpic.cn/p/1", "https://mmbiz.qpic.cn/p/1"),
        ("http://a.b.qpic.cn:80/p", "https://a.b.qpic.cn/p"),
    ],
)
def test_what_is_listed_is_asked_by_https(url: str, asked: str) -> None:
    assert ALLOWANCE.checked(url) == asked


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/p",
        "https://qpic.cn/p",
        "https://xqpic.cn/p",
        "https://api.twilio.com.evil.example/p",
        "https://api-twilio.com/",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://localtest.me/",
    ],
)
def test_what_is_not_listed_waits_for_an_operator(url: str) -> None:
    with pytest.raises(Later):
        ALLOWANCE.checked(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com@evil.example/",
        "https://user:word@api.twilio.com/r",
        "https://api.twilio.com:8443/r",
        "http://api.twilio.com:443/r",
        "https://api.twilio.com:99999/r",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "https://①②⑦.⓪.⓪.①/",
        "https://api.twilio.com。evil.example/",
        "https://api.twi%6cio.com/",
        "https://api.twilio.com\\@evil.example/",
        "https://evil.example\t.api.twilio.com/",
        "https:///r",
        "https:api.twilio.com/r",
        "//api.twilio.com/r",
        "ftp://api.twilio.com/r",
        "file:///etc/passwd",
        "gopher://api.twilio.com:70/",
        "s3://bucket/key",
        "",
        "https://[",
        "http://127.0.0.1:9000/r",
    ],
)
def test_what_no_honest_platform_sends_is_refused_for_good(url: str) -> None:
    with pytest.raises(Never) as refusal:
        ALLOWANCE.checked(url)
    assert refusal.value.fault is MediaFault.ADDRESS_REFUSED


def test_a_server_of_this_machine_is_asked_in_development_only_and_only_that_one() -> None:
    assert DEVELOPMENT.checked("http://127.0.0.1:9000/r?a=1") == "http://127.0.0.1:9000/r?a=1"
    for other in (
        "http://127.0.0.1:9001/r",
        "http://u@127.0.0.1:9000/r",
        "https://127.0.0.1:9000/",
        "http://localhost:9000/",
    ):
        with pytest.raises(Never):
            DEVELOPMENT.checked(other)


@given(st.text(max_size=60))
def test_whatever_stands_there_only_listed_hosts_are_asked(text: str) -> None:
    for url in (text, f"https://{text}", f"https://api.twilio.com{text}"):
        try:
            asked = ALLOWANCE.checked(url)
        except (Later, Never):
            continue
        host = httpx.URL(asked).host
        assert asked.startswith("https://")
        assert host == "api.twilio.com" or host.endswith(".qpic.cn")


@pytest.mark.parametrize(
    ("address", "internet", "own"),
    [
        ("8.8.8.8", True, True),
        ("2606:4700::1111", True, True),
        ("10.1.2.3", False, True),
        ("192.168.0.1", False, True),
        ("172.16.9.9", False, True),
        ("fd00::1", False, True),
        ("127.0.0.1", False, False),
        ("127.8.8.8", False, False),
        ("0.0.0.0", False, False),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("::1", False, False),
        ("::", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::7f00:1", False, False),
        ("64:ff9b::808:808", True, True),
        ("2002:7f00:1::", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("255.255.255.255", False, False),
        ("100.64.0.1", False, False),
    ],
)
def test_a_name_must_lead_to_the_internet_or_to_our_own_network_where_that_is_meant(
    address: str, internet: bool, own: bool
) -> None:
    assert (may_be_asked(address), may_be_asked(address, own_network=True)) == (internet, own)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["169.254.169.254"]])
async def test_a_listed_name_that_leads_inside_is_not_connected_to(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only one of its addresses does: which one is taken would be the resolver's choice."""
    _resolving(monkeypatch, addresses)
    async with media_client(CheckedBackend(), 1.0, 1.0) as client:
        with pytest.raises(Never) as refusal:
            await MediaHttp(client, ALLOWANCE).get("https://api.twilio.com/r")
    assert refusal.value.fault is MediaFault.ADDRESS_REFUSED


async def test_what_was_checked_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is looked up again may lead elsewhere (DNS rebinding): so it is not."""
    _resolving(monkeypatch, ["8.8.8.8"])
    backend = CheckedBackend()
    connected: list[str] = []

    async def connect(host: str, *rest: Any) -> Any:
        connected.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(backend._inner, "connect_tcp", connect)
    async with media_client(backend, 1.0, 1.0) as client:
        with pytest.raises(Later):
            await MediaHttp(client, ALLOWANCE).get("https://api.twilio.com/r")
    assert connected == ["8.8.8.8"]


async def test_an_own_host_may_lie_in_the_own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolving(monkeypatch, ["10.0.0.9"])
    backend = CheckedBackend(own_network={"pbx.example"})
    assert await backend._resolved("pbx.example", 443, 1.0) == ["10.0.0.9"]
    with pytest.raises(Never):
        await backend._resolved("api.twilio.com", 443, 1.0)


def _resolving(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    def found(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("target", ["https://evil.example/", "http://169.254.169.254/", "/../ok", "file:///etc/passwd"])
async def test_a_redirect_leads_nowhere_that_could_not_be_asked_directly(target: str) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(302, headers={"location": target}) if len(asked) == 1 else httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        try:
            await MediaHttp(client, ALLOWANCE).get("https://api.twilio.com/r")
        except (Later, Never):
            assert target != "/../ok"
    assert {url.host for url in asked} == {"api.twilio.com"}


async def test_a_login_goes_to_the_first_host_only_and_redirects_end() -> None:
    seen: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, "authorization" in request.headers))
        return httpx.Response(307, headers={"location": f"https://p{len(seen)}.qpic.cn/x"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(Later, match="too often"):
            await MediaHttp(client, ALLOWANCE).get("https://api.twilio.com/r", auth=("AC1", "token"))
    assert seen == [("api.twilio.com", True), ("p1.qpic.cn", False), ("p2.qpic.cn", False), ("p3.qpic.cn", False)]
