"""From a change on Kafka to a mail or webhook at the customer, through the real broker and database."""

import random
import re
from email.message import EmailMessage

import pytest

from services.notify.example import story
from tests.integration.notify.harness import Bench, of_case
from tests.integration.polling import poll

TOLD = ["received", "stage", "reply", "evidence_needed", "stage", "decided", "paid", "closed"]
"""The notices of the example's story; the pause and the arrival of evidence are shown on the page alone."""
OF_THE_CASE = [
    "已受理您的投诉",
    "已转交理赔组处理",
    "关于您的投诉，我们的回复",
    "已收到您的回复，继续处理",
    "您的工单已关闭",
]


@pytest.mark.req("NO-1", "NO-2")
async def test_a_whole_case_is_mailed_threaded_and_in_the_customers_language(bench: Bench) -> None:
    await bench.start()
    await bench.publish(story("zh"))
    sent = await bench.notices(len(TOLD))
    assert {notice["ce_type"] for notice in sent} == {"parcelcare.notice.sent"}
    assert sorted(notice["kind"] for notice in sent) == sorted(TOLD)
    assert len(bench.catcher.taken) == len(TOLD)
    for recipient, mail in bench.catcher.taken:
        assert recipient == "zhou.xm@example.cn"
        _check_mail(mail)
    assert {mail["In-Reply-To"] for _, mail in bench.catcher.taken} >= {"<20261120.0912.4f1b@mail.example.cn>"}


def _check_mail(mail: EmailMessage) -> None:
    assert re.fullmatch(r"<[0-9a-f-]{36}\.PC7K2M9Q4D@parcelcare\.example>", mail["Message-ID"])
    assert "<case.PC7K2M9Q4D@parcelcare.example>" in mail["References"]
    assert mail["Subject"].startswith("[PC7K2M9Q4D] ")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "尊敬的周晓敏：" in body.get_content()


@pytest.mark.req("NO-3", "SY-2")
async def test_events_that_come_again_and_in_any_order_are_told_once(bench: Bench) -> None:
    await bench.start()
    events = [event for number in range(5) for event in of_case(list(story("zh")), number)]
    shuffled = events * 3
    random.Random(7).shuffle(shuffled)
    await bench.publish(shuffled)
    await bench.notices(len(TOLD) * 5)
    await bench.publish(of_case(list(story("zh")), 99)[:1])
    await poll(lambda: bench.catcher.subjects_to("c99@example.cn"), what="the mail after all repeats")
    assert len(bench.catcher.ids()) == len(set(bench.catcher.ids())) == len(TOLD) * 5 + 1


@pytest.mark.req("NO-2", "NO-3")
async def test_a_passing_refusal_holds_back_that_customer_alone_and_keeps_the_order(bench: Bench) -> None:
    tries: list[str] = []

    def judge(recipient: str) -> str | None:
        tries.append(recipient)
        return "451 try later" if recipient == "c1@example.cn" and tries.count(recipient) < 3 else None

    bench.catcher.judge = judge
    await bench.start()
    cases = [[e for e in of_case(list(story("zh")), number) if hasattr(e, "case")] for number in (1, 2)]
    await bench.publish([event for pair in zip(*cases, strict=True) for event in pair])
    await poll(lambda: len(bench.catcher.subjects_to("c2@example.cn")) == len(OF_THE_CASE), what="the other's mails")
    await poll(lambda: len(bench.catcher.subjects_to("c1@example.cn")) == len(OF_THE_CASE), 30, what="the held mails")
    for recipient in ("c1@example.cn", "c2@example.cn"):
        subjects = bench.catcher.subjects_to(recipient)
        assert [expected in subject for expected, subject in zip(OF_THE_CASE, subjects, strict=True)] == [True] * 5
    assert bench.catcher.refused == 2


@pytest.mark.req("NO-2")
async def test_a_final_refusal_becomes_an_event_without_the_address(bench: Bench) -> None:
    bench.catcher.judge = lambda recipient: "550 no such user zhou.xm@example.cn"
    await bench.start()
    await bench.publish(list(story("en"))[:1])
    (failed,) = await bench.notices(1)
    assert (failed["ce_type"], failed["reason"]) == ("parcelcare.notice.failed", "mail server: 550")
    assert "example.cn" not in str(failed)


@pytest.mark.req("NO-2", "SY-3")
async def test_what_could_not_be_sent_while_the_mail_server_was_down_is_sent_when_it_is_back(bench: Bench) -> None:
    await bench.mail.stop()
    process = await bench.start()
    await bench.publish(event for number in range(3) for event in of_case(list(story("en")), number)[:2])
    await poll(lambda: b"notice_delayed" in process.log.read_bytes(), what="a delayed notice in the log")
    await bench.mail.start()
    await bench.notices(6)
    assert len(set(bench.catcher.ids())) == 6
    assert b"@example.cn" not in process.log.read_bytes()


@pytest.mark.req("NO-2", "NO-3")
async def test_a_merchant_gets_signed_webhooks_and_knows_a_repeat_by_its_id(bench: Bench) -> None:
    bench.merchant.answers = [503, 204, 410]
    await bench.start()
    await bench.publish(list(story("zh", "webhook"))[:3])
    results = {notice["kind"]: notice for notice in await bench.notices(3)}
    assert results["received"]["ce_type"] == "parcelcare.notice.sent"
    first, again = bench.merchant.tries[:2]
    assert first[0] == again[0] == results["received"]["notice_id"]
    assert results["stage"]["reason"] == "webhook: 410"
    assert [payload["type"] for payload in bench.merchant.taken] == ["notice.received", "notice.reply"]
    assert not bench.catcher.taken
