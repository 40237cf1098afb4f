"""Mails in groups of commands over one connection: what happens to one never happens to its neighbour (NO-2)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.mailserver import MailServer
from services.notify.mime import Sender
from services.notify.smtp import Postman
from shared.contracts.notices import NoticeKind, NoticeRequested
from tests.integration.notify.wire import Wire
from tests.integration.polling import poll

pytestmark = pytest.mark.req("NO-2")
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FIVE = [f"c{n}@example.cn" for n in range(5)]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire()
    await made.start()
    yield made
    made.stop()


def postman(wire: Wire, connections: int = 1, timeout_s: float = 5.0, html: Any = lambda notice: None) -> Postman:
    server = MailServer("127.0.0.1", wire.port, connections=connections, timeout_s=timeout_s)
    return Postman(server, Sender("ParcelCare", "service@parcelcare.example", "parcelcare.example"), html, lambda: AT)


def notice(address: str) -> NoticeRequested:
    return NoticeRequested.model_validate(
        {
            "notice_id": f"n-{address}",
            "kind": NoticeKind.STAGE,
            "case_id": "c1",
            "customer_id": "k1",
            "language": "zh",
            "channel": "email",
            "address": address,
            "subject": "主题",
            "text": "正文",
            "caused_at": AT,
        }
    )


async def send(post: Postman, addresses: list[str]) -> list[Delivery]:
    return await asyncio.gather(*(post.deliver(notice(address)) for address in addresses))


def but_for(address: str, reply: str | None, other: str = "250 ok") -> Any:
    return lambda recipient: reply if recipient == address else other


async def test_each_mail_costs_one_packet_and_arrives_whole(wire: Wire) -> None:
    post = postman(wire)
    addresses = [f"c{n}@example.cn" for n in range(40)]
    assert await send(post, addresses) == [Sent(AT)] * 40
    assert wire.recipients() == sorted(addresses)
    assert len(wire.lines) == 1
    assert len(wire.packets) <= 1 + 1 + 40  # EHLO, the first envelope, then a content with the next one's envelope
    for recipient, message in wire.taken:
        assert f"To: {recipient}\r\n".encode() in message
        assert message.count(b"Message-ID:") == 1
    await post.close()


@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize(
    ("reply", "result"),
    [("550 no such user", Refused(AT, "mail server: 550")), ("450 busy", Delayed("mail server: 450"))],
)
async def test_a_refused_recipient_leaves_its_neighbours_alone(
    wire: Wire, reply: str, result: Delivery, asks: bool
) -> None:
    wire.asks_for_content_of_nobody = asks
    wire.verdict = but_for(FIVE[2], reply)
    post = postman(wire)
    results = await send(post, FIVE)
    assert results == [Sent(AT), Sent(AT), result, Sent(AT), Sent(AT)]
    assert wire.recipients() == [address for address in FIVE if address != FIVE[2]]
    assert len(wire.lines) == 1
    await post.close()


async def test_a_refused_content_leaves_its_neighbours_alone(wire: Wire) -> None:
    wire.ending = but_for(FIVE[2], "554 spam")
    results = await send(postman(wire), FIVE)
    assert results == [Sent(AT), Sent(AT), Refused(AT, "mail server: 554"), Sent(AT), Sent(AT)]


@pytest.mark.parametrize("place", ["verdict", "ending"])
@pytest.mark.parametrize(
    ("reply", "reasons"),
    [
        (None, {"mail server: SMTPServerDisconnected"}),
        ("421 going down", {"mail server: 421"}),
        ("", {"mail server: SMTPReadTimeoutError"}),
        ("hello?", {"mail server: SMTPServerDisconnected"}),
    ],
)
async def test_what_ends_a_session_delays_one_mail_and_the_others_go_out_once(
    wire: Wire, place: str, reply: str | None, reasons: set[str]
) -> None:
    setattr(wire, place, but_for(FIVE[2], reply, "250 ok"))
    post = postman(wire, timeout_s=0.3)
    results = await send(post, FIVE)
    (delayed,) = [result for result in results if isinstance(result, Delayed)]
    assert results.index(delayed) == 2
    assert delayed.reason in reasons
    assert wire.recipients() == [address for address in FIVE if address != FIVE[2]]
    assert len(wire.lines) == 2
    await post.close()


async def test_what_a_server_says_unasked_is_no_answer_to_the_next_mail(wire: Wire) -> None:
    post = postman(wire)
    assert await send(post, FIVE[:1]) == [Sent(AT)]
    wire.lines[0].say("421 idle for too long")
    await poll(lambda: not any(session.usable for session in post._idle), what="the session's end")
    wire.ending = lambda recipient: "550 no"
    assert await send(post, FIVE[1:2]) == [Refused(AT, "mail server: 550")]
    assert len(wire.lines) == 2


async def test_a_mail_that_nobody_waits_for_does_not_go_out_later(wire: Wire) -> None:
    wire.ending = lambda recipient: ""
    post = postman(wire)
    tasks = [asyncio.create_task(post.deliver(notice(address))) for address in FIVE]
    await poll(lambda: any(b"Message-ID" in packet for packet in wire.packets), what="the first content")
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    wire.ending = lambda recipient: "250 kept"
    assert await send(post, ["later@example.cn"]) == [Sent(AT)]
    assert wire.recipients() == ["later@example.cn"]
    assert len(wire.lines) == 2


async def test_a_mail_that_can_not_be_composed_fails_alone_and_aloud(wire: Wire) -> None:
    def html(made: NoticeRequested) -> str | None:
        if made.address.reveal() == FIVE[2]:
            raise KeyError("a mistake")
        return None

    post = postman(wire, html=html)
    tasks = [asyncio.create_task(post.deliver(notice(address))) for address in FIVE]
    await asyncio.wait(tasks)
    assert [type(task.exception()) for task in tasks].index(KeyError) == 2
    assert wire.recipients() == [address for address in FIVE if address != FIVE[2]]
