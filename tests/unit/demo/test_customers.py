"""Customers who answer: the documents asked for, in the thread of the case, by mail or web."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import httpx
import orjson
import pytest

from demo.calendar_day import clock_for
from demo.contacts import Desk
from demo.people import customers as reading
from demo.people.customers import Customers
from demo.schedule import Timetable
from demo.seen.providers import Arrival
from demo.sending import Route, Sending
from tests.answering import answered_by

pytestmark = pytest.mark.req("CL-2")
CASE = "PC7K2M9Q4D"
TEXT = "请您回复本邮件并附上以下材料：\n\n1. 货值证明（发票）\n2. 损失照片（近照）\n\n运单号：{number}"


def our_mail(number: str) -> bytes:
    body = TEXT.format(number=number)
    return f"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}".encode()


def customers(plan: Timetable, tmp_path: Path, out: list[Sending]) -> Customers:
    number = plan.journeys[0].tracking_number
    rng = random.Random(3)
    return Customers(
        client=answered_by(lambda request: httpx.Response(200, content=our_mail(number))),
        catcher_url="http://catcher",
        people=plan.people,
        journeys=plan.journeys,
        day=plan.day,
        clock=clock_for(plan.day, 1.0, tmp_path / "began"),
        desk=Desk(rng, "t"),
        rng=rng,
        submit=out.append,
        counts=Counter(),
    )


def asks(plan: Timetable, subject: str = f"[{CASE}] 请补充理赔材料") -> Arrival:
    return Arrival(7, f"<n1.{CASE}@parcelcare.example>", plan.journeys[0].consignee.email, subject)


async def answered(one: Customers, mails: Sequence[Arrival]) -> None:
    for arrival in mails:
        one.notice(arrival)
    await asyncio.gather(*one.answering)


async def test_by_mail_the_answer_is_in_the_thread_with_the_documents(
    plan: Timetable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SILENT_SHARE", "PARTIAL_SHARE", "BY_WEB_SHARE"):
        monkeypatch.setattr(reading, name, 0.0)
    out: list[Sending] = []
    await answered(customers(plan, tmp_path, out), [asks(plan)])
    (sending,) = out
    message = message_from_bytes(sending.body, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert sending.route is Route.MAIL
    assert message["In-Reply-To"] == f"<n1.{CASE}@parcelcare.example>"
    assert len(list(message.iter_attachments())) == 2
    assert sending.contact
    assert sending.contact.journey is plan.journeys[0]


async def test_by_web_the_documents_say_what_they_are(
    plan: Timetable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, share in (("SILENT_SHARE", 0.0), ("PARTIAL_SHARE", 0.0), ("BY_WEB_SHARE", 1.0)):
        monkeypatch.setattr(reading, name, share)
    out: list[Sending] = []
    await answered(customers(plan, tmp_path, out), [asks(plan)])
    data = orjson.loads(out[0].body)["data"]
    assert data["case_number"] == CASE
    assert [file["evidence"] for file in data["attachments"]] == ["proof_of_value", "damage_photo"]


async def test_some_hand_in_a_part_first_and_the_rest_when_asked_again(
    plan: Timetable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, share in (("SILENT_SHARE", 0.0), ("PARTIAL_SHARE", 1.0), ("BY_WEB_SHARE", 1.0)):
        monkeypatch.setattr(reading, name, share)
    out: list[Sending] = []
    one = customers(plan, tmp_path, out)
    await answered(one, [asks(plan)])
    await answered(one, [asks(plan)])
    assert [len(orjson.loads(sending.body)["data"]["attachments"]) for sending in out] == [1, 2]


async def test_some_never_answer_and_strangers_mail_is_not_ours(
    plan: Timetable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SILENT_SHARE", 1.0)
    out: list[Sending] = []
    one = customers(plan, tmp_path, out)
    await answered(one, [asks(plan), Arrival(8, "<x@y>", "stranger@example.org", "[PC00000000] 请补充理赔材料")])
    assert out == []


async def test_a_closed_case_gets_no_answer(plan: Timetable, tmp_path: Path) -> None:
    out: list[Sending] = []
    await answered(customers(plan, tmp_path, out), [asks(plan, f"[{CASE}] 您的工单已关闭")] * 30)
    assert out == []


async def test_late_in_the_evening_nobody_answers(
    plan: Timetable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LAST_ANSWER", timedelta(hours=17))
    out: list[Sending] = []
    await answered(customers(plan, tmp_path, out), [asks(plan)] * 5)
    assert out == []
