"""The SMTP edge: 250 after Kafka, 451 when too much waits, 552 and 550 with a reason (IN-1, IN-6, IN-8)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiosmtplib
import pytest

from services.intake.settings import Settings
from services.intake.smtp import MailHandler, SmtpServer
from shared.clock import Clock
from shared.contracts.interactions import Interaction
from tests.integration.polling import poll
from tests.unit.intake.edge import Edge
from tests.unit.intake.given import GATEWAYS, read
from tests.unit.intake.test_mail import CHINESE, raw

LIMIT = 50_000
TO = ["care@parcelcare.example"]


@asynccontextmanager
async def listening(edge: Edge, **change: Any) -> AsyncIterator[int]:
    mail = GATEWAYS["mail"].model_copy(update={"body_limit_bytes": LIMIT})
    other = mail.model_copy(update={"name": "mail-2", "domains": ("other.example",)})
    domains = {"parcelcare.example": mail, "other.example": other}
    server = SmtpServer(Settings(smtp_port=0, **change), MailHandler(domains, edge.reception, Clock()), LIMIT)
    serving = asyncio.create_task(server.serve())
    try:
        await poll(lambda: server.port, what="the port")
        yield server.port
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def send(port: int, body: bytes, to: Sequence[str] = TO, sender: str = "li@mail.example") -> tuple[int, str]:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
        try:
            await client.mail(sender)
            for address in to:
                await client.rcpt(address)
            answer = await client.data(body)
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientRefused) as error:
            return error.code, error.message
        return answer.code, answer.message


@pytest.mark.req("IN-1")
async def test_a_mail_is_taken_once_kafka_has_it() -> None:
    edge = Edge()
    async with listening(edge) as port:
        first = await send(port, raw(CHINESE.encode("gbk"), "gbk"))
        again = await send(port, raw(CHINESE.encode("gbk"), "gbk"))
    assert first == again
    assert first[0] == 250
    messages = edge.publisher.of("interactions.v1")
    assert {read(m, Interaction).text.reveal() for m in messages} == {CHINESE}
    assert {m.id for m in messages} == {first[1].split()[1]}


@pytest.mark.req("IN-8")
async def test_without_kafka_the_sender_keeps_its_mail() -> None:
    edge = Edge()
    edge.publisher.away = True
    async with listening(edge) as port:
        code, message = await send(port, raw(b"hello"))
        assert code == 451
        assert "nothing was taken" in message
        edge.publisher.away = False
        assert (await send(port, raw(b"hello")))[0] == 250


@pytest.mark.req("IN-8")
async def test_overload_is_a_passing_refusal() -> None:
    edge = Edge()
    edge.publisher.pending = 100
    async with listening(edge) as port:
        assert (await send(port, raw(b"hello")))[0] == 451


@pytest.mark.req("IN-8")
async def test_a_mail_over_the_limit_is_refused() -> None:
    edge = Edge()
    async with listening(edge) as port:
        assert (await send(port, raw((b"x" * 70 + b"\r\n") * 1000)))[0] == 552
        assert (await send(port, raw(b"hello")))[0] == 250


@pytest.mark.req("IN-8")
async def test_what_is_no_mail_is_refused_with_a_reason() -> None:
    edge = Edge()
    async with listening(edge) as port:
        code, message = await send(port, b"no header at all\r\nreally\r\n")
    assert code == 550
    assert "no header lines" in message
    assert edge.publisher.published == []


@pytest.mark.req("IN-8")
async def test_only_our_domains_and_one_gateway_at_a_time() -> None:
    async with listening(Edge()) as port:
        assert (await send(port, raw(b"hi"), ["x@elsewhere.example"]))[0] == 550
        assert (await send(port, raw(b"hi"), ["a@parcelcare.example", "b@other.example"]))[0] == 452
        assert (await send(port, raw(b"hi"), ["a@ParcelCare.example", "b@parcelcare.example"]))[0] == 250


async def test_a_bounce_is_taken_and_suppressed() -> None:
    edge = Edge()
    async with listening(edge) as port:
        assert (await send(port, raw(b"undeliverable"), sender=""))[0] == 250
    assert edge.publisher.of("interactions.v1") == []
    assert len(edge.publisher.of("raw.v1")) == 1
    assert edge.counted("mail", "suppressed") == 1


async def test_lines_longer_than_the_standard_says_are_taken() -> None:
    edge = Edge()
    async with listening(edge) as port:
        assert (await send(port, raw(b"y" * 20_000)))[0] == 250


async def pour(writer: asyncio.StreamWriter, size: int) -> None:
    for _ in range(size // 65_536):
        writer.write(b"z" * 65_536)
        await writer.drain()


@pytest.mark.req("IN-8")
async def test_a_sender_that_never_ends_its_line_is_cut_off() -> None:
    async with listening(Edge()) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@parcelcare.example>\r\nDATA\r\n")
        with pytest.raises(ConnectionError):
            await pour(writer, 1000 * LIMIT)


@pytest.mark.req("IN-8")
async def test_when_all_connections_are_taken_the_next_is_told() -> None:
    async with listening(Edge(), smtp_max_connections=1) as port, aiosmtplib.SMTP(hostname="127.0.0.1", port=port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.read()).startswith(b"421 ")
        writer.close()
