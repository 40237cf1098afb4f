"""The mail gateway against a real SMTP server: ids, refusals, a server that is busy first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.gateways.answer import Later, Refused, Taken
from demo.gateways.mail import MailGateway
from demo.schedule import Timetable
from demo.sending import Purpose, Route, Sending

pytestmark = pytest.mark.req("IN-1")
INTERACTION = "0b0a1c4e-1111-5222-9333-444455556666"


class Inbox:
    """Answers with `replies` in turn, then takes everything."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.taken: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not address.endswith("@parcelcare.example"):
            return "550 5.1.1 No such domain here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.replies:
            return self.replies.pop(0)
        assert isinstance(envelope.original_content, bytes)
        self.taken.append(envelope.original_content)
        return f"250 2.0.0 {INTERACTION} taken"


@asynccontextmanager
async def serving(inbox: Inbox) -> AsyncIterator[MailGateway]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, loop=loop, data_size_limit=16 * 1024 * 1024, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    gateway = MailGateway("127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        yield gateway
    finally:
        await gateway.close()
        server.close()


def a_mail(plan: Timetable) -> Sending:
    return next(s for s in plan.contacts if s.route is Route.MAIL)


def garbage(plan: Timetable, note: str) -> Sending:
    return next(s for s in plan.today if s.purpose is Purpose.GARBAGE and s.note == note and s.route is Route.MAIL)


async def test_a_mail_is_taken_byte_for_byte_and_its_id_read_from_the_reply(plan: Timetable) -> None:
    inbox = Inbox()
    async with serving(inbox) as gateway:
        answer = await gateway.deliver(a_mail(plan))
        again = await gateway.deliver(a_mail(plan))
    assert answer == again == Taken(250, id=INTERACTION)
    assert inbox.taken[0].rstrip() == a_mail(plan).body.rstrip()


async def test_a_busy_server_is_asked_again_later(plan: Timetable) -> None:
    async with serving(Inbox("451 4.3.2 Too much is waiting")) as gateway:
        assert await gateway.deliver(a_mail(plan)) == Later("SMTP 451")
        assert isinstance(await gateway.deliver(a_mail(plan)), Taken)


async def test_an_unknown_domain_and_too_large_a_mail_are_refused(plan: Timetable) -> None:
    inbox = Inbox()
    async with serving(inbox) as gateway:
        unknown = await gateway.deliver(garbage(plan, "unknown domain"))
        large = await gateway.deliver(garbage(plan, "oversize"))
        assert isinstance(await gateway.deliver(a_mail(plan)), Taken), "the connection is usable afterwards"
    assert isinstance(unknown, Refused)
    assert unknown.status == 550
    assert isinstance(large, Refused)
    assert large.status == 552
    assert len(inbox.taken) == 1


async def test_nobody_listening_means_later(plan: Timetable) -> None:
    answer = await MailGateway("127.0.0.1", 1).deliver(replace(a_mail(plan)))
    assert isinstance(answer, Later)
