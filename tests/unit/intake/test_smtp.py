"""The SMTP edge: 250 after Kafka, 451 when too much waits, 552 and 550 with a reason (IN-1, IN-6, IN-8)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.intake.settings import Settings
from services.intake.smtp import MailHandler
from services.intake.smtp_server import NotListening, SmtpServer
from services.intake.smtp_tls import WrongCertificate
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
    few = {"name": "mail-2", "domains": ("other.example",), "mailboxes": ("care", "b"), "body_limit_bytes": 5_000}
    other = mail.model_copy(update=few)
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


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("care@other.example", 250),
        ("Care+PC0A1B2C3D@Other.Example", 250),
        ("postmaster@other.example", 250),
        ("nobody@other.example", 550),
        ("care@sub.other.example", 550),
    ],
)
async def test_unknown_mailboxes_are_refused_before_the_mail_travels(recipient: str, code: int) -> None:
    async with listening(Edge()) as port, aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
        await client.mail("li@mail.example")
        with suppress(aiosmtplib.SMTPRecipientRefused):
            assert (await client.rcpt(recipient)).code == code
            return
        assert code == 550


async def dialogue(port: int, *lines: bytes) -> list[bytes]:
    """The answer to each line, and the greeting before them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = [await reader.readline()]
    for line in lines:
        writer.write(line + b"\r\n")
        answers.append(await _answer(reader))
    writer.close()
    return answers


async def _answer(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while not (line := await reader.readline()) or line[3:4] == b"-":
        if not line:
            return whole
        whole += line
    return whole + line


@pytest.mark.req("IN-8")
async def test_sizes_are_announced_and_declared_ones_refused_at_once() -> None:
    async with listening(Edge()) as port:
        _, hello, over, ok, small = await dialogue(
            port,
            b"EHLO x",
            b"MAIL FROM:<a@b.example> SIZE=50001",
            b"MAIL FROM:<a@b.example> SIZE=5001 BODY=8BITMIME SMTPUTF8",
            b"RCPT TO:<care@other.example>",
        )
    assert {b"SIZE 50000", b"8BITMIME", b"SMTPUTF8"} <= {line[4:].strip() for line in hello.splitlines()}
    assert (over[:3], ok[:3], small[:3]) == (b"552", b"250", b"552")


@pytest.mark.req("IN-1")
async def test_an_address_of_another_alphabet_is_taken() -> None:
    edge = Edge()
    async with listening(edge) as port:
        answers = await dialogue(
            port,
            b"EHLO x",
            "MAIL FROM:<李@邮件.example> SMTPUTF8".encode(),
            b"RCPT TO:<care@parcelcare.example>",
            b"DATA",
            raw(CHINESE.encode()) + b"\r\n.",
        )
    assert answers[-1][:3] == b"250"
    assert len(edge.publisher.of("interactions.v1")) == 1


@pytest.mark.req("IN-8")
async def test_overload_is_told_before_the_mail_travels() -> None:
    edge = Edge()
    edge.publisher.pending = 100
    async with listening(edge) as port:
        assert (await dialogue(port, b"EHLO x", b"MAIL FROM:<a@b.example>"))[-1].startswith(b"451 4.3.2")


@pytest.mark.req("IN-8")
async def test_too_many_recipients_are_told_to_come_apart() -> None:
    async with listening(Edge()) as port:
        recipients = [b"RCPT TO:<c%d@parcelcare.example>" % number for number in range(101)]
        answers = await dialogue(port, b"EHLO x", b"MAIL FROM:<a@b.example>", *recipients)
    assert [answer[:3] for answer in answers[3:]] == [b"250"] * 100 + [b"452"]


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("begun", [b"", b"EHLO x\r\n", b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n"])
async def test_a_sender_that_says_nothing_is_sent_away(begun: bytes) -> None:
    async with listening(Edge(), smtp_timeout_s=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        assert b"421 4.4.2" in await asyncio.wait_for(reader.read(), 5)
        writer.close()


@pytest.mark.req("IN-8")
async def test_a_sender_that_drips_its_mail_is_sent_away_and_nothing_is_taken() -> None:
    edge = Edge()
    begun = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@parcelcare.example>\r\nDATA\r\nFrom: a@b.example\r\n"
    async with listening(edge, smtp_timeout_s=0.3) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        with suppress(ConnectionError):
            async with asyncio.timeout(5):
                while not reader.at_eof():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.02)
        writer.close()
    assert edge.publisher.published == []


@pytest.mark.req("IN-8")
async def test_a_sender_that_only_chats_is_sent_away() -> None:
    async with listening(Edge(), smtp_lifetime_s=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = b""
        while b"421" not in answers:
            writer.write(b"NOOP\r\n")
            answers = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    assert answers.startswith(b"421 4.4.2")


@pytest.mark.req("IN-8")
async def test_mails_on_their_way_have_room_for_so_many_bytes_only() -> None:
    edge = Edge()
    begun = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@parcelcare.example>\r\nDATA\r\n"
    async with listening(edge, max_body_bytes_in_flight=1024 * 1024) as port:
        senders = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for _, writer in senders:
            writer.write(begun + (b"x" * 70 + b"\r\n") * 600)
        sent_away = await asyncio.gather(*(ended(reader) for reader, _ in senders))
        assert 0 < sum(sent_away) < len(senders)
        for _, writer in senders:
            writer.close()
        code, _ = await poll_until_taken(port)
    assert code == 250


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(1):
            await reader.read()
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


async def poll_until_taken(port: int) -> tuple[int, str]:
    for _ in range(50):
        with suppress(aiosmtplib.SMTPException, ConnectionError):
            return await send(port, raw(b"hello"))
        await asyncio.sleep(0.05)
    return 0, ""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    files = {"smtp_tls_cert": folder / "cert.pem", "smtp_tls_key": folder / "key.pem"}
    files["smtp_tls_cert"].write_bytes(made.public_bytes(Encoding.PEM))
    files["smtp_tls_key"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


async def test_a_mail_is_taken_over_tls_where_a_certificate_is_configured(certificate: dict[str, Path]) -> None:
    edge = Edge()
    async with listening(edge, **certificate) as port:
        client = aiosmtplib.SMTP(hostname="localhost", port=port, start_tls=False)
        await client.connect()
        assert client.supports_extension("starttls") or (
            (await client.ehlo()) and client.supports_extension("starttls")
        )
        await client.starttls(cert_bundle=str(certificate["smtp_tls_cert"]))
        answer = await client.sendmail("li@mail.example", TO, raw(CHINESE.encode()))
        await client.quit()
    assert answer[1].startswith("2.0.0")
    assert len(edge.publisher.of("interactions.v1")) == 1


async def test_without_a_certificate_no_tls_is_offered() -> None:
    async with listening(Edge()) as port:
        assert b"STARTTLS" not in (await dialogue(port, b"EHLO x"))[1]


@pytest.mark.req("IN-8")
def test_a_certificate_that_cant_be_used_stops_the_start(certificate: dict[str, Path], tmp_path: Path) -> None:
    absent, other = tmp_path / "absent.pem", tmp_path / "other.pem"
    other.write_text("no certificate")
    key = certificate["smtp_tls_key"]
    for wrong, told in (
        ({"smtp_tls_cert": absent}, "SMTP_TLS_CERT: .*absent.pem does not exist"),
        (certificate | {"smtp_tls_key": absent}, "SMTP_TLS_KEY: .*absent.pem does not exist"),
        ({"smtp_tls_cert": other, "smtp_tls_key": key}, "no pair of PEM files"),
        ({"smtp_tls_key": key}, "SMTP_TLS_CERT is not"),
    ):
        with pytest.raises(WrongCertificate, match=told):
            SmtpServer(Settings(**wrong), MailHandler({}, Edge().reception, Clock()), LIMIT)


@pytest.mark.req("IN-8")
async def test_intake_is_not_ready_where_somebody_else_has_the_port() -> None:
    handler = MailHandler({}, Edge().reception, Clock())
    async with listening(Edge()) as port:
        second = SmtpServer(Settings(smtp_port=port), handler, LIMIT)
        with pytest.raises(OSError, match="in use"):
            await second.serve()
        with pytest.raises(NotListening):
            await second.heard()
    serving = asyncio.create_task(second.serve())
    await poll(lambda: second.listens, what="the port")
    await second.heard()
    serving.cancel()
