"""The connections to a mail server: kept open, bounded, given up when broken, and rested when there is nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notify import smtp
from services.notify.delivery import Delayed, Refused, Sent
from services.notify.mailserver import MailServer
from services.notify.mime import Sender
from services.notify.smtp import Postman
from services.notify.templates import load_templates
from shared.contracts.notices import NoticeKind, NoticeRequested
from tests.integration.notify.mail import Catcher
from tests.integration.polling import poll
from tools.stack.ports import free_port

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
html_of = load_templates().html_of


class Server:
    """Counts connections and answers RCPT as told."""

    def __init__(self) -> None:
        self.catcher = Catcher()
        self.port = free_port()
        self.opened: list[Any] = []
        self.rcpt_answer: str | None = None

    async def start(self) -> None:
        def protocol() -> SMTP:
            made = SMTP(self, loop=asyncio.get_running_loop())
            self.opened.append(made)
            return made

        self.listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", self.port)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_answer:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return await self.catcher.handle_DATA(server, session, envelope)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    made.listening.close()


def postman(port: int, connections: int = 3) -> Postman:
    sender = Sender("ParcelCare", "service@parcelcare.example", "parcelcare.example")
    return Postman(MailServer("127.0.0.1", port, connections=connections), sender, html_of, lambda: AT)


def notice(number: int, address: str = "zhou@example.cn") -> NoticeRequested:
    return NoticeRequested.model_validate(
        {
            "notice_id": f"n{number}",
            "kind": NoticeKind.STAGE,
            "case_id": "c1",
            "case_number": "PC1",
            "customer_id": "k1",
            "language": "zh",
            "channel": "email",
            "address": address,
            "subject": "[PC1] 主题",
            "text": "正文\n.\n..尾",
            "html": "<p>正文</p>",
            "caused_at": AT,
        }
    )


@pytest.mark.req("NO-2")
async def test_many_mails_go_over_few_connections_that_stay_open(server: Server) -> None:
    post = postman(server.port)
    results = await asyncio.gather(*(post.deliver(notice(n)) for n in range(40)))
    assert all(isinstance(result, Sent) for result in results)
    await post.deliver(notice(40))
    assert len(server.opened) == 3
    assert len(set(server.catcher.ids())) == 41
    text = server.catcher.taken[0][1].get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == "正文\n.\n..尾"
    await post.close()


@pytest.mark.req("NO-2")
async def test_a_connection_is_renewed_after_its_share_of_mails(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "MAILS_PER_CONNECTION", 2)
    post = postman(server.port, connections=1)
    for number in range(5):
        assert isinstance(await post.deliver(notice(number)), Sent)
    assert len(server.opened) == 3
    await post.close()


@pytest.mark.req("NO-2")
async def test_a_connection_that_the_server_closed_is_replaced(server: Server) -> None:
    post = postman(server.port, connections=1)
    await post.deliver(notice(1))
    server.opened[0].transport.close()

    async def sent() -> bool:
        return isinstance(await post.deliver(notice(2)), Sent)

    await poll(sent, what="a mail over a new connection")
    assert len(server.opened) == 2
    await post.close()


@pytest.mark.req("NO-2")
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("550 5.1.1 no such user zhou@example.cn", Refused(AT, "mail server: 550")),
        ("450 4.2.1 mailbox busy", Delayed("mail server: 450")),
        ("421 4.3.2 going down", Delayed("mail server: 421")),
    ],
)
async def test_what_the_servers_answers_mean_and_that_the_next_mail_goes_out(
    server: Server, answer: str, result: object
) -> None:
    post = postman(server.port, connections=1)
    server.rcpt_answer = answer
    assert await post.deliver(notice(1)) == result
    server.rcpt_answer = None
    assert isinstance(await post.deliver(notice(2)), Sent)
    assert server.catcher.ids() == ["<n2.PC1@parcelcare.example>"]
    await post.close()


@pytest.mark.req("NO-2")
async def test_an_impossible_address_never_reaches_the_server(server: Server) -> None:
    assert isinstance(await postman(server.port).deliver(notice(1, "nobody")), Refused)
    assert server.opened == []


@pytest.mark.req("NO-2", "SY-3")
async def test_a_dead_server_costs_one_try_and_not_one_for_each_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "REST_S", 0.5)
    late = Server()
    post = postman(late.port, connections=1)
    begin = time.monotonic()
    results = [await post.deliver(notice(n)) for n in range(200)]
    assert all(isinstance(result, Delayed) for result in results)
    assert time.monotonic() - begin < 5
    await late.start()

    async def sent() -> bool:
        return isinstance(await post.deliver(notice(1)), Sent)

    await poll(sent, what="a mail after the rest")
    late.listening.close()
    await post.close()
