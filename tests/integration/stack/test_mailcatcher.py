"""The mail catcher over real SMTP, with its faults."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from tools.simulators import mail_server
from tools.simulators.deliveries import Deliveries
from tools.simulators.faults import MailFaults
from tools.simulators.mail_server import Catcher
from tools.simulators.mailcatcher import MailCatcher
from tools.simulators.server import application

pytestmark = pytest.mark.req("NO-2")


@dataclass(frozen=True)
class Running:
    port: int
    http: httpx.AsyncClient
    deliveries: Deliveries

    async def send(self, raw: bytes | EmailMessage, recipient: str = "wang@example.cn") -> None:
        await aiosmtplib.send(
            raw, sender="care@example.cn", recipients=[recipient], hostname="127.0.0.1", port=self.port, timeout=10
        )


Run = Callable[..., Awaitable[Running]]


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[Run]:
    async with AsyncExitStack() as stack:

        async def run(**faults: float) -> Running:
            deliveries = Deliveries(tmp_path / "mails.sqlite")
            handler = Catcher(deliveries, MailFaults(**faults), lambda: datetime.now(UTC))
            server = await mail_server.listen(handler, "127.0.0.1", 0)
            stack.callback(deliveries.close)
            stack.callback(server.close)
            app = application(MailCatcher(deliveries, handler).routes())
            http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mails")
            await stack.enter_async_context(http)
            return Running(server.sockets[0].getsockname()[1], http, deliveries)

        yield run


def mail(message_id: str = "<1@example.cn>", subject: str = "您的包裹延误") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "care@example.cn", "wang@example.cn"
    message["Subject"], message["Message-ID"] = subject, message_id
    message.set_content("您好\n.\n..two dots\n")
    message.add_alternative("<p>您好 <script>alert(1)</script></p>", subtype="html")
    return message


async def test_a_mail_arrives_byte_for_byte(catcher: Run) -> None:
    running = await catcher()
    sent = bytes(mail()).replace(b"\n", b"\r\n")
    await running.send(sent)
    raw = (await running.http.get("/api/messages/1/raw")).content
    assert raw == sent


@pytest.mark.parametrize("content", [b"", b".", b"..\r\n.x\r\n", b"Subject: x\r\n\r\n" + b"line\r\n" * 50_000])
async def test_dots_empty_mails_and_long_mails_arrive(catcher: Run, content: bytes) -> None:
    running = await catcher()
    await asyncio.wait_for(running.send(content), 10)
    found = running.deliveries.find(1)
    assert found
    assert found.raw.rstrip(b"\r\n") == content.rstrip(b"\r\n")


async def test_a_mail_beyond_the_limit_is_refused(catcher: Run) -> None:
    running = await catcher()
    with pytest.raises(aiosmtplib.SMTPException):
        await running.send(b"Subject: x\r\n\r\n" + b"0123456789abcdef" * (mail_server.LARGEST_MAIL // 16 + 1) + b"\r\n")
    assert running.deliveries.count() == 0


async def test_stats_tell_repeated_messages(catcher: Run) -> None:
    running = await catcher()
    for message_id in ("<1@x>", "<2@x>", "<1@x>"):
        await running.send(mail(message_id))
    assert (await running.http.get("/api/stats")).json() == {"deliveries": 3, "distinct": 2, "repeated": 1}
    assert (await running.http.get("/api/count")).json() == {"count": 3}


async def test_the_list_is_paged_and_searched(catcher: Run) -> None:
    running = await catcher()
    for number in range(3):
        await running.send(mail(f"<{number}@x>", f"第{number}封"), f"c{number}@example.cn")
    first = (await running.http.get("/api/messages", params={"limit": 2})).json()
    assert [one["subject"] for one in first["messages"]] == ["第2封", "第1封"]
    rest = (await running.http.get("/api/messages", params={"limit": 2, "before": first["next"]})).json()
    assert [one["recipient"] for one in rest["messages"]] == ["c0@example.cn"]
    assert rest["next"] is None
    found = (await running.http.get("/api/messages", params={"q": "c1@"})).json()
    assert [one["message_id"] for one in found["messages"]] == ["<1@x>"]
    assert (await running.http.get("/api/messages", params={"limit": "many"})).status_code == 400


async def test_a_refused_mail_is_not_kept_and_may_come_again(catcher: Run) -> None:
    running = await catcher(refuse=1.0)
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await running.send(mail())
    assert 400 <= refused.value.code < 500
    await running.http.put("/api/faults", json={})
    await running.send(mail())
    assert running.deliveries.stats() == {"deliveries": 1, "distinct": 1, "repeated": 0}


@pytest.mark.parametrize(("fault", "kept"), [("drop_before_store", 0), ("drop_after_store", 1)])
async def test_a_dropped_connection_leaves_the_sender_in_doubt(catcher: Run, fault: str, kept: int) -> None:
    running = await catcher(**{fault: 1.0})
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await running.send(mail())
    assert running.deliveries.count() == kept


async def test_pages_show_the_mail_without_its_scripts(catcher: Run) -> None:
    running = await catcher()
    await running.send(mail())
    inbox = await running.http.get("/", params={"lang": "zh"})
    shown = await running.http.get("/mails/1", params={"lang": "en"})
    assert "您的包裹延误" in inbox.text
    assert 'sandbox=""' in shown.text
    assert "<script>" not in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert (await running.http.get("/mails/99")).status_code == 404
