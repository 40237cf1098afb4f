"""Mail in every character set, its attachments, its thread, and the mails that nobody wrote (IN-1, IN-3, IN-6)."""

import base64
import hashlib
from email.header import Header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.delivery import Accepted, Reason, Rejected
from services.intake.parts import PartNotFound, part_of
from services.intake.raw import Original
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, ContactKind
from tests.unit.intake.given import NOW, accept, mail_delivery, of_topic, read

CHINESE = "您好，我的快递 SF1234567890123 到了但是杯子碎了，怎么赔？"


def raw(text: bytes, charset: str = "utf-8", subject: bytes = b"Help", more: bytes = b"") -> bytes:
    """A mail as bytes, so that nothing of the library under test builds it."""
    return b"\r\n".join(
        [
            b"From: Li Lei <Li@Mail.Example>",
            b"To: care@parcelcare.example",
            b"Subject: " + subject,
            b"Date: Fri, 20 Nov 2026 15:30:00 +0800",
            b"Message-ID: <m1@mail.example>",
            b"MIME-Version: 1.0",
            f"Content-Type: text/plain; charset={charset}".encode(),
            b"Content-Transfer-Encoding: 8bit",
            *([more] if more else []),
            b"",
            text,
        ]
    )


def interaction_of(body: bytes) -> Interaction:
    return read(of_topic(accept(mail_delivery(body)), "interactions.v1")[0], Interaction)


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("utf-8", "utf-8"),
        ("gb18030", "gb18030"),
        ("gbk", "GBK"),
        ("gbk", "gb2312"),
        ("gbk", "us-ascii"),
        ("gb18030", "no-such-charset"),
        ("utf-8", "gb2312x"),
    ],
)
def test_text_and_subject_are_read_in_any_character_set(charset: str, declared: str) -> None:
    interaction = interaction_of(raw(CHINESE.encode(charset), declared, "杯子碎了".encode(charset)))
    assert interaction.text.reveal() == CHINESE
    assert interaction.subject is not None
    assert interaction.subject.reveal() == "杯子碎了"
    assert interaction.customer.language == "zh"
    assert interaction.tracking_numbers == ("SF1234567890123",)


@pytest.mark.req("IN-1")
def test_big5_is_read() -> None:
    text = "您好，包裹還沒有收到"
    interaction = interaction_of(raw(text.encode("big5"), "big5", str(Header("包裹", "big5")).encode("big5")))
    assert interaction.text.reveal() == text


@pytest.mark.req("IN-1")
@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "gb18030", "big5"])
@pytest.mark.parametrize("encoding", ["b", "q"])
def test_encoded_words_of_a_header_are_joined_before_they_are_decoded(charset: str, encoding: str) -> None:
    text = "快件破損理賠申請" if charset == "big5" else "快件破损理赔申请"
    content = text.encode(charset)
    middle = 5  # in the middle of a character
    words = []
    for piece in (content[:middle], content[middle:]):
        coded = base64.b64encode(piece).decode() if encoding == "b" else "".join(f"={byte:02X}" for byte in piece)
        words.append(f"=?{charset}?{encoding}?{coded}?=")
    interaction = interaction_of(raw(b"hi there friend", subject="\r\n ".join(words).encode()))
    assert interaction.subject is not None
    assert interaction.subject.reveal() == text


@pytest.mark.req("IN-3")
def test_a_mail_becomes_one_interaction_with_its_original() -> None:
    body = raw(CHINESE.encode())
    accepted = accept(mail_delivery(body))
    interaction = read(of_topic(accepted, "interactions.v1")[0], Interaction)
    assert interaction.channel is Channel.EMAIL
    assert interaction.customer.reach(ContactKind.EMAIL) == "li@mail.example"
    assert interaction.customer.name is not None
    assert interaction.customer.name.reveal() == "Li Lei"
    assert interaction.message_id == "<m1@mail.example>"
    assert interaction.occurred_at.isoformat() == "2026-11-20T07:30:00+00:00"
    assert interaction.received_at == NOW
    assert [m.value for m in of_topic(accepted, "raw.v1")] == [body]


@pytest.mark.req("IN-6")
def test_the_same_mail_again_has_the_same_id() -> None:
    first = accept(mail_delivery(raw(CHINESE.encode())))
    again = accept(mail_delivery(b"Received: by another relay\r\n" + raw(CHINESE.encode())))
    assert first.id == again.id


@pytest.mark.req("IN-6")
def test_without_a_message_id_the_content_tells() -> None:
    def without(text: bytes) -> Accepted:
        body = raw(text).replace(b"Message-ID: <m1@mail.example>\r\n", b"")
        return accept(mail_delivery(b"Received: now\r\n" + body))

    assert without(b"one").id == without(b"one").id
    assert without(b"one").id != without(b"two").id
    other = raw(b"one").replace(b"Message-ID: <m1@mail.example>\r\n", b"").replace(b"Li@", b"Han@")
    assert accept(mail_delivery(other)).id != without(b"one").id
    assert read(of_topic(without(b"one"), "interactions.v1")[0], Interaction).message_id is None


def with_files(*files: tuple[str, str, bytes]) -> bytes:
    message = EmailMessage()
    message["From"] = "li@mail.example"
    message["Message-ID"] = "<m2@mail.example>"
    message["Subject"] = "照片"
    message.set_content("见附件")
    message.add_alternative("<p>见附件</p>", subtype="html")
    for name, content_type, content in files:
        maintype, subtype = content_type.split("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


@pytest.mark.req("IN-3")
def test_attachments_are_referred_to_and_can_be_fetched() -> None:
    photo = b"\xff\xd8\xff photo"
    body = with_files(("碎了.jpg", "image/jpeg", photo), ("发票.pdf", "application/pdf", b"%PDF"))
    interaction = interaction_of(body)
    assert [a.name.reveal() for a in interaction.attachments] == ["碎了.jpg", "发票.pdf"]
    first = interaction.attachments[0]
    assert (first.content_type, first.size, first.sha256) == (
        "image/jpeg",
        len(photo),
        hashlib.sha256(photo).hexdigest(),
    )
    assert first.ref == f"object:{first.sha256}"
    assert [file.content for file in accept(mail_delivery(body)).files] == [photo, b"%PDF"]


@pytest.mark.req("IN-3", "IN-4")
def test_a_file_that_is_not_taken_is_kept_within_the_original_and_the_mail_all_the_same() -> None:
    program = b"MZ\x90 a program"
    body = with_files(("update.exe", "image/jpeg", program))
    accepted = accept(mail_delivery(body))
    interaction = read(of_topic(accepted, "interactions.v1")[0], Interaction)
    (attachment,) = interaction.attachments
    assert (attachment.refused, accepted.files) == ("type", ())
    interaction_id, _, number = attachment.ref.removeprefix("raw:").partition("#")
    assert interaction_id == interaction.interaction_id
    original = Original("mail", "message/rfc822", {}, NOW, body)
    part = part_of(original, int(number))
    assert (part.name, part.content) == ("update.exe", program)
    with pytest.raises(PartNotFound):
        part_of(original, 99)


INLINE = b"""From: li@mail.example
Content-Type: multipart/related; boundary=r

--r
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes

%s
--a
Content-Type: text/html

<p>ignored <img src="cid:p1"></p>
--a--
--r
Content-Type: image/jpeg; name="=?gbk?B?y+nByy5qcGc=?="
Content-Transfer-Encoding: base64
Content-Disposition: inline
Content-ID: <p1>

/9j/4AAQSkZJRg==
--r
Content-Type: text/calendar; method=REQUEST
Content-Disposition: attachment; filename=invite.ics

BEGIN:VCALENDAR
--r--
""" % "我的快递 \n碎了".encode()


@pytest.mark.req("IN-3")
def test_a_photo_within_the_text_and_an_invitation_are_files() -> None:
    interaction = interaction_of(INLINE)
    assert interaction.text.reveal() == "我的快递碎了"
    assert [(a.name.reveal(), a.content_type) for a in interaction.attachments] == [
        ("碎了.jpg", "image/jpeg"),
        ("invite.ics", "text/calendar"),
    ]


@pytest.mark.req("IN-3")
def test_an_invitation_without_words_says_what_it_is_for() -> None:
    body = raw("BEGIN:VEVENT\r\nSUMMARY:上门取件\r\nEND:VEVENT".encode()).replace(b"text/plain", b"text/calendar")
    assert interaction_of(body).text.reveal() == "上门取件"


@pytest.mark.req("IN-4")
def test_a_file_that_is_not_what_it_is_called_is_noted_beside_the_original() -> None:
    body = with_files(("photo.jpg", "image/jpeg", b"MZ\x90 a program"), ("ok.png", "image/png", b"\x89PNG\r\n\x1a\n"))
    accepted = accept(mail_delivery(body))
    interaction = read(of_topic(accepted, "interactions.v1")[0], Interaction)
    program = "application/vnd.microsoft.portable-executable"
    assert [(a.content_type, a.declared_type, a.refused) for a in interaction.attachments] == [
        (program, "image/jpeg", "type"),
        ("image/png", None, None),
    ]
    kept = dict(of_topic(accepted, "raw.v1")[0].extra)
    assert kept["orig_mismatched-files"] == f"2 image/jpeg {program}".encode()


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("header", "number"),
    [
        (b"In-Reply-To: <0198-aa.PC0A1B2C3D@parcelcare.example>", "PC0A1B2C3D"),
        (b"References: <x@y.example>\r\n <0198-aa.pc0a1b2c3d@PARCELCARE.example>", "PC0A1B2C3D"),
        (b"References: <1.PC00000001@parcelcare.example> <2.PC00000002@parcelcare.example>", "PC00000002"),
        (b"In-Reply-To: <0198-aa.PC0A1B2C3D@elsewhere.example>", None),
        (b"In-Reply-To: <0198-aa.PC0A1B2C3D@evil.example.parcelcare.example>", None),
        (b"In-Reply-To: no id at all", None),
    ],
)
def test_a_reply_names_its_case_by_our_message_id(header: bytes, number: str | None) -> None:
    assert interaction_of(raw(b"and now?", more=header)).case_number == number


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Re: [PC0A1B2C3D] 您的包裹", "PC0A1B2C3D"),
        ("回复：【pc0a1b2c3d】", "PC0A1B2C3D"),
        ("PC computers", None),
        ("[PCILOU1234]", None),
    ],
)
def test_a_reply_names_its_case_in_the_subject(subject: str, number: str | None) -> None:
    assert interaction_of(raw(b"and now?", subject=subject.encode())).case_number == number


def test_a_reply_is_read_without_the_mail_that_it_answers() -> None:
    quoted = "------------------ 原始邮件 ------------------\n发件人: 客服\n您好"
    assert interaction_of(raw(f"还是没有收到\n\n{quoted}".encode())).text.reveal() == "还是没有收到"


def test_what_is_forwarded_counts() -> None:
    body = raw("请看\n\nFrom: shop\nDate: Friday\n运单号 SF1234567890123".encode(), subject=b"Fwd: your parcel")
    assert interaction_of(body).tracking_numbers == ("SF1234567890123",)


def test_an_html_mail_is_read_without_its_markup() -> None:
    html = (
        "<html><head><style>p{}</style></head><body><p>包裹&nbsp;破损</p><script>x()</script>"
        '<div class="gmail_quote">On Friday we wrote</div></body></html>'
    )
    body = raw(html.encode()).replace(b"text/plain", b"text/html")
    assert interaction_of(body).text.reveal() == "包裹 破损"


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"\x00" * 100, Reason.MALFORMED),
        (b"no header at all\r\nreally", Reason.MALFORMED),
        (b"X-A: 1\r\n" * 20_002 + b"\r\nx", Reason.MALFORMED),
        (
            b"From: x@y.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1_500,
            Reason.MALFORMED,
        ),
    ],
    ids=["empty", "zeros", "no header", "headers", "parts"],
)
def test_what_is_no_mail_is_refused_with_a_reason(body: bytes, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(mail_delivery(body))
    assert refusal.value.reason is reason
    assert refusal.value.detail


@pytest.mark.req("IN-8")
def test_a_mail_without_a_sender_is_refused() -> None:
    with pytest.raises(Rejected):
        accept(mail_delivery(b"From: undisclosed\r\nSubject: x\r\n\r\nhello", return_path="also not"))


FRAGMENTS = st.sampled_from(
    [
        b"From: a@b.example\r\n",
        b"From: =?gb2312?B?xOO6ww==?= <a@b.example>\r\n",
        b"Subject: =?utf-8?b?5L2g?= =?x?q?=FF?=\r\n",
        b"Subject: \xc4\xe3\xba\xc3\r\n",
        b"Date: Fri, 31 Feb 9999 25:61:00 +9999\r\n",
        b"Date: Mon, 1 Jan 0001 00:00:00 +2359\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=*''x\r\n",
        b"Content-Type: text/plain; charset=utf-7\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: ;;;\r\n",
        b"Content-Disposition: attachment; filename*=utf-7''%2B2AA-x\r\n",
        b"Content-Type: image/p\xff\r\nContent-Disposition: attachment; filename=\xff\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"Content-Disposition: attachment; filename*0*=gbk''%C4%E3; filename*2=x\r\n",
        b"Message-ID: <<a@b>\r\n",
        b"\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"<p>x<!--",
        b"+AGE-+",
        b"\x00\xff",
    ]
)


@pytest.mark.req("IN-8")
@given(st.lists(FRAGMENTS | st.binary(max_size=30), max_size=30))
def test_no_bytes_break_the_reader_of_mail(pieces: list[bytes]) -> None:
    try:
        accepted = accept(mail_delivery(b"".join(pieces)))
    except Rejected as refusal:
        assert refusal.reason in (Reason.MALFORMED, Reason.INVALID)  # noqa: PT017 either outcome is right
    else:
        assert accepted.messages
