"""Mails read back with the standard library: old character sets, attachments, threads, CRLF."""

import random
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from demo.letters import File, Thread, answering, charset_for, mail
from demo.schedule import Timetable
from demo.sending import Route

pytestmark = pytest.mark.req("IN-1")
AT = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)
TEXT = "您好，\n快件七天未到，请处理。\n\n王磊"


def made(charset: str, seed: int = 1, **more: object) -> EmailMessage:
    raw = mail(
        random.Random(seed),
        sender=("王磊", "k0001@example.cn"),
        subject="快件严重延误",
        text=TEXT,
        at=AT,
        message_id="<m1@mail.example.com>",
        charset=charset,
        **more,  # type: ignore[arg-type]
    )
    assert b"\r\n" in raw
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("charset", ["utf-8", "gbk", "gb2312", "gb18030"])
@pytest.mark.parametrize("seed", range(6))
def test_text_and_subject_survive(charset: str, seed: int) -> None:
    message = made(charset, seed)
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == TEXT
    assert message["Subject"] == "快件严重延误"
    assert message["From"].addresses[0].display_name == "王磊"
    assert body.get_content_charset() == charset


def test_attachments_keep_name_type_and_bytes() -> None:
    files = [File("破损照片.jpg", "image/jpeg", b"\xff\xd8x"), File("发票.pdf", "application/pdf", b"%PDF-1.4")]
    attached = list(made("utf-8", files=files).iter_attachments())
    assert [part.get_filename() for part in attached] == ["破损照片.jpg", "发票.pdf"]
    assert [part.get_content_type() for part in attached] == ["image/jpeg", "application/pdf"]
    assert [part.get_content() for part in attached] == [b"\xff\xd8x", b"%PDF-1.4"]


def test_an_answer_names_what_it_answers() -> None:
    message = made("gbk", answers=Thread("<n1.PC12345678@parcelcare.example>", "[PC12345678] 请补充理赔材料"))
    assert message["In-Reply-To"] == message["References"] == "<n1.PC12345678@parcelcare.example>"


def test_what_does_not_fit_the_old_set_goes_in_utf8() -> None:
    chosen = {charset_for(random.Random(n), "zh", "急😭") for n in range(40)}
    assert chosen <= {"utf-8", "gb18030"}
    assert {charset_for(random.Random(n), "zh", "急") for n in range(60)} >= {"utf-8", "gbk"}
    assert charset_for(random.Random(1), "en", "hi") == "utf-8"


@pytest.mark.parametrize(
    ("subject", "answer"), [("查件", "Re: 查件"), ("Re: 查件", "Re: 查件"), ("回复: 好", "回复: 好")]
)
def test_subjects_get_one_re(subject: str, answer: str) -> None:
    assert answering(subject) == answer


def test_a_day_has_mails_in_several_character_sets(plan: Timetable) -> None:
    raws = [sending.body.lower() for sending in plan.contacts if sending.route is Route.MAIL]
    sets = {name for name in (b"utf-8", b"gbk", b"gb18030", b"gb2312") if any(b'charset="' + name in r for r in raws)}
    assert sets == {b"utf-8", b"gbk", b"gb18030", b"gb2312"}
