"""Mail that nobody wrote opens no case; a delivery report says which address failed (IN-1, IN-8, RFC 3834, 3464)."""

import orjson
import pytest

from services.intake.delivery import Accepted
from shared.messaging.message import Outgoing
from tests.unit.intake.edge import Edge
from tests.unit.intake.given import accept, mail_delivery, of_topic
from tests.unit.intake.test_mail import raw

pytestmark = [pytest.mark.req("IN-1"), pytest.mark.req("IN-8")]


def kept_of(accepted: Accepted) -> dict[str, str]:
    """What is noted beside the original."""
    messages: list[Outgoing] = of_topic(accepted, "raw.v1")
    assert len(messages) == 1
    return {name.removeprefix("orig_"): value.decode() for name, value in messages[0].extra}


@pytest.mark.parametrize(
    ("header", "because"),
    [
        (b"Auto-Submitted: auto-replied", "automatic reply"),
        (b"Auto-Submitted: auto-generated (by a robot)", "automatic reply"),
        (b"X-Autoreply: yes", "automatic reply"),
        (b"X-Autorespond: away", "automatic reply"),
        (b"Precedence: auto_reply", "bulk mail"),
        (b"Precedence: bulk", "bulk mail"),
        (b"List-Id: <news.shop.example>", "mailing list"),
        (b"X-BeenThere: list@mail.example", "mailing list"),
        (b"\r\n".join([b"Received: from a by b"] * 51), "loop"),
        (b"Content-Type: multipart/report; report-type=disposition-notification", "read receipt"),
        (b"Content-Type: multipart/report; report-type=feedback-report", "complaint report"),
        (b"X-Failed-Recipients: li@mail.example", "delivery report"),
    ],
)
def test_what_nobody_wrote_is_kept_with_the_reason_but_is_no_interaction(header: bytes, because: str) -> None:
    accepted = accept(mail_delivery(raw(b"I am away", more=header)))
    assert accepted.suppressed == because
    assert of_topic(accepted, "interactions.v1") == []
    assert kept_of(accepted)["suppressed"] == because


@pytest.mark.parametrize(
    ("subject", "suppressed"),
    [
        ("自动回复: 休假中", True),
        ("自动答复：您的包裹", True),
        ("Automatic reply: parcel", True),
        ("Out of office: x", True),
        ("Re: 自动回复: 休假中", False),
        ("你们的自动回复没有用", False),
        ("Autoreply", True),
    ],
)
def test_an_automatic_reply_by_its_subject(subject: str, suppressed: bool) -> None:
    accepted = accept(mail_delivery(raw(b"hello", subject=subject.encode())))
    assert accepted.suppressed == ("automatic reply" if suppressed else None)


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: no",
        b"X-Auto-Response-Suppress: All",
        b"X-Autoreply: no",
        b"List-Unsubscribe: <mailto:x@y.example>",
        b"\r\n".join([b"Received: from a by b"] * 12),
    ],
)
def test_a_person_is_no_machine(header: bytes) -> None:
    assert accept(mail_delivery(raw(b"hello", more=header))).suppressed is None


def test_our_own_mail_coming_back_is_no_interaction() -> None:
    from_us = raw(b"Dear customer").replace(b"Li@Mail.Example", b"notice@parcelcare.example")
    assert accept(mail_delivery(from_us)).suppressed == "our own mail"
    our_id = raw(b"Dear").replace(b"<m1@mail.example>", b"<n1.PC0A1B2C3D@parcelcare.example>")
    assert accept(mail_delivery(our_id)).suppressed == "our own mail"


DSN = b"""From: Mail Delivery System <MAILER-DAEMON@mail.example>
Subject: Undelivered Mail
Message-ID: <dsn1@mail.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"

--=_r
Content-Type: text/plain

Your mail could not be delivered.
--=_r
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Original-Recipient: rfc822;Li.Lei@mail.example
Final-Recipient: rfc822; li.lei@mail.example
Action: failed
Status: 5.1.1 (unknown user)
Diagnostic-Code: smtp; 550 no such user

Final-Recipient: rfc822; han@mail.example
Action: delayed
Status: 4.4.1
--=_r
Content-Type: message/rfc822

Message-ID: <n7.PC0A1B2C3D@parcelcare.example>
Subject: your parcel

Dear
--=_r--
"""


def test_a_delivery_report_says_which_address_failed_and_of_which_case() -> None:
    accepted = accept(mail_delivery(DSN, ""))
    assert accepted.suppressed == "delivery report"
    assert of_topic(accepted, "interactions.v1") == []
    assert orjson.loads(kept_of(accepted)["delivery-report"]) == {
        "failed": [["li.lei@mail.example", "failed", "5.1.1"], ["han@mail.example", "delayed", "4.4.1"]],
        "message_id": "n7.PC0A1B2C3D@parcelcare.example",
        "case_number": "PC0A1B2C3D",
    }


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        (raw(b"Hi. This is the qmail-send program.\r\n\r\n<li@mail.example>:\r\nno such user"), ["li@mail.example"]),
        (raw(b"no report at all"), []),
        (raw(b"x", more=b"X-Failed-Recipients: a@b.example, c@d.example"), ["a@b.example", "c@d.example"]),
    ],
)
def test_bounces_without_a_report_tell_what_they_can(body: bytes, failed: list[str]) -> None:
    report = orjson.loads(kept_of(accept(mail_delivery(body, "")))["delivery-report"])
    assert [address for address, _, _ in report["failed"]] == failed


def test_a_report_with_nothing_in_it_is_a_report() -> None:
    for cut in range(0, len(DSN), 37):
        if (accepted := accept_or_none(DSN[:cut])) is not None:
            assert accepted.suppressed is not None


def accept_or_none(body: bytes) -> Accepted | None:
    return accept(mail_delivery(body, "")) if body.count(b"\n") else None


async def test_suppressed_mails_are_counted_with_their_reason() -> None:
    edge = Edge()
    await edge.reception.receive(mail_delivery(DSN, ""))
    await edge.reception.receive(mail_delivery(raw(b"away", more=b"Auto-Submitted: auto-replied")))
    for because in ("delivery report", "automatic reply"):
        labels = {"gateway": "mail", "because": because}
        assert edge.registry.get_sample_value("parcelcare_intake_suppressed_total", labels) == 1
