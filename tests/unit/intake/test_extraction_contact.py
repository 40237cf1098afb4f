"""What a contact's text says stands in its interaction, whatever channel it came by (IN-7)."""

from typing import Any

import pytest

from services.intake.extraction.numbers import number_marks
from shared.contracts.interactions import FindingKind, Interaction, Solution
from shared.contracts.parcels import Node
from tests.unit.intake.given import accept, json_delivery, mail_delivery, of_topic, read

TEXT = "手机昨天下午3点显示签收，可我没收到，SF1234567890123，要求赔偿1200元，打13800138000，送到杭州市西湖区文三路90号"
pytestmark = pytest.mark.req("IN-7")


def web(text: str, **data: Any) -> Interaction:
    contact = {"text": text, "occurred_at": "2026-11-20T15:59:00+08:00"} | data
    body = {"type": "chat.message", "timestamp": "2026-11-20T16:00:00+08:00", "data": contact}
    return read(of_topic(accept(json_delivery("web", body)), "interactions.v1")[0], Interaction)


def phone(text: str) -> Interaction:
    call = {
        "call_id": "c-1",
        "from": "13800138000",
        "rings": 2,
        "wait_seconds": 5,
        "talk_seconds": 60,
        "answered": True,
    }
    call |= {"started_at": "2026-11-20T15:00:00+08:00", "ended_at": "2026-11-20T15:01:00+08:00", "transcript": text}
    body = {"type": "call.ended", "timestamp": "2026-11-20T16:00:00+08:00", "data": call}
    return read(of_topic(accept(json_delivery("phone", body)), "interactions.v1")[0], Interaction)


def mail(text: str, subject: str = "hello") -> Interaction:
    head = (
        f"From: li@mail.example\nSubject: {subject}\nMessage-ID: <a@b.example>\nDate: Fri, 20 Nov 2026 07:59:00 +0000\n"
    )
    body = f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}".encode()
    return read(of_topic(accept(mail_delivery(body)), "interactions.v1")[0], Interaction)


@pytest.mark.parametrize("by", [web, phone, mail])
def test_every_channel_says_what_was_found(by: Any) -> None:
    contact = by(TEXT)
    text = contact.text.reveal()
    found = {finding.kind: finding for finding in contact.found}
    assert set(found) == set(FindingKind) - {FindingKind.ORDER_NUMBER}
    assert text[found[FindingKind.DATE].start : found[FindingKind.DATE].end] == "昨天下午3点"
    assert found[FindingKind.DATE].value == "2026-11-19T15:00+08:00"
    assert (found[FindingKind.AMOUNT].value, found[FindingKind.AMOUNT].currency) == ("120000", "CNY")
    assert contact.goods_type == "electronics"
    assert contact.exception_node is Node.SIGNED
    assert contact.wished_solution is Solution.COMPENSATION


def test_phones_and_addresses_are_personal() -> None:
    found = {finding.kind: finding for finding in web(TEXT).found}
    for kind, value in ((FindingKind.PHONE, "+8613800138000"), (FindingKind.ADDRESS, "杭州市西湖区文三路90号")):
        assert found[kind].value is None
        personal = found[kind].personal
        assert personal is not None
        assert personal.reveal() == value
        assert value not in repr(found[kind])


def test_what_only_the_subject_says_has_no_place() -> None:
    contact = mail("昨天寄的", subject="=?utf-8?B?" + "6YCA5qy+" + "?=")
    assert contact.subject is not None
    assert contact.subject.reveal() == "退款"
    assert contact.wished_solution is Solution.REFUND
    assert [(f.kind, contact.text.reveal()[f.start : f.end]) for f in contact.found] == [(FindingKind.DATE, "昨天")]


def test_a_forms_goods_count_before_those_of_the_text() -> None:
    form = {"kind": "damage", "tracking_number": "SF1234567890123", "claimed": "199.05", "goods": "茶具一套"}
    assert web("和手机一起寄的", form=form).goods_type == "household"
    assert web("", form=form).goods_type == "household"


def test_a_text_that_says_nothing_leaves_the_fields_open() -> None:
    contact = web("你好，在吗")
    assert contact.found == ()
    assert (contact.goods_type, contact.exception_node, contact.wished_solution) == (None, None, None)


@pytest.mark.parametrize("subject", [{}, {"subject": "查件"}], ids=["without a subject", "with one"])
def test_numbers_are_looked_for_once(subject: dict[str, str]) -> None:
    number_marks.cache_clear()
    assert web(f"SF1234567890123 没收到 {subject}", **subject).tracking_numbers == ("SF1234567890123",)
    assert number_marks.cache_info().misses == 1
