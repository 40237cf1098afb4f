"""The message by hand reads, for the standard library, as what was meant."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.mime import BadAddress, Sender, build, envelope_address
from shared.contracts.notices import NoticeKind, NoticeRequested
from shared.contracts.personal import Personal

SENDER = Sender("ParcelCare 包裹关怀", "service@parcelcare.example", "parcelcare.example")
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NOTICE_ID = "0b0a3c3e-3f6f-5c35-9d7e-1f3f1c2f4e55"


def made(html: str | None = "<p>您好</p>", **fields: object) -> EmailMessage:
    """A notice with these fields, built and read again."""
    raw = build(noticed(**fields), html, "zhou@example.cn", SENDER, AT)
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def noticed(**fields: object) -> NoticeRequested:
    base = {
        "notice_id": NOTICE_ID,
        "kind": NoticeKind.STAGE,
        "case_id": "c1",
        "case_number": "PC7K2M9Q4D",
        "customer_id": "k1",
        "language": "zh",
        "channel": "email",
        "address": "zhou@example.cn",
        "subject": "[PC7K2M9Q4D] 已转交理赔组处理",
        "text": "您好：\n\n.已转交。\n",
        "caused_at": AT,
    }
    return NoticeRequested.model_validate(base | fields)


@pytest.mark.req("NO-2")
def test_both_parts_and_all_headers_are_read_back() -> None:
    message = made()
    assert message["Subject"] == "[PC7K2M9Q4D] 已转交理赔组处理"
    assert str(message["From"]) == "ParcelCare 包裹关怀 <service@parcelcare.example>"
    assert message["To"] == "zhou@example.cn"
    assert message["Message-ID"] == f"<{NOTICE_ID}.PC7K2M9Q4D@parcelcare.example>"
    assert message["Date"].datetime == AT
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "您好：\n\n.已转交。\n"
    assert html.get_content() == "<p>您好</p>"


@pytest.mark.req("NO-2")
def test_it_joins_the_customers_thread_and_the_cases_own() -> None:
    message = made(in_reply_to="<abc@mail.example.cn>")
    assert message["In-Reply-To"] == "<abc@mail.example.cn>"
    assert message["References"].split() == ["<case.PC7K2M9Q4D@parcelcare.example>", "<abc@mail.example.cn>"]
    assert made()["In-Reply-To"] == "<case.PC7K2M9Q4D@parcelcare.example>"


@pytest.mark.req("NO-2")
@pytest.mark.parametrize(
    "hostile", ["<a@b>\r\nBcc: x@y.z", "no-brackets@x", "<a b@c>", "<" + "a" * 400 + "@b>", "", "<é@b>"]
)
def test_a_hostile_message_id_is_left_out(hostile: str) -> None:
    message = made(in_reply_to=hostile)
    assert message["In-Reply-To"] == "<case.PC7K2M9Q4D@parcelcare.example>"
    assert message["Bcc"] is None


@pytest.mark.req("NO-2")
@given(st.text(max_size=200))
def test_any_subject_is_one_header(subject: str) -> None:
    readable = "".join(c for c in subject if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF)
    message = made(subject="[PC7K2M9Q4D] " + subject)
    assert message["Bcc"] is None
    assert message["Message-ID"] is not None
    if readable == subject:
        assert message["Subject"] == " ".join(("[PC7K2M9Q4D] " + subject).split())


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3000))
def test_any_text_survives_and_no_line_is_too_long(text: str) -> None:
    raw = build(noticed(text=text), text, "zhou@example.cn", SENDER, AT)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    for part in made(text, text=text).iter_parts():
        assert part.get_payload(decode=True) == text.encode()


@pytest.mark.req("NO-2")
@pytest.mark.parametrize(
    ("given_address", "envelope"),
    [
        ("zhou.xm+tag@example.cn", "zhou.xm+tag@example.cn"),
        (" zhou@example.cn ", "zhou@example.cn"),
        ("li@例子.中国", "li@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_addresses_as_smtp_takes_them(given_address: str, envelope: str) -> None:
    assert envelope_address(given_address) == envelope


@pytest.mark.parametrize(
    "address",
    ["", "zhou", "a@b", "a b@example.cn", "x@example.cn>\r\nRCPT TO:<y@z.cn", "张@example.cn", "a@-x.cn", "a@x..cn"],
)
def test_impossible_addresses_are_refused_without_being_named(address: str) -> None:
    with pytest.raises(BadAddress) as caught:
        envelope_address(address)
    assert not address or address not in str(caught.value)


@pytest.mark.parametrize("name", ["Parcel, Care", "ParcelCare", "包裹关怀"])
def test_any_sender_name_is_read_back(name: str) -> None:
    raw = build(noticed(), None, "zhou@example.cn", Sender(name, "s@example.cn", "example.cn"), AT)
    sender = message_from_bytes(raw, policy=policy.default)["From"]
    assert sender.addresses[0].display_name == name


def test_no_html_means_one_part() -> None:
    message = made(html=None)
    assert message.get_content_type() == "text/plain"


def test_a_subject_with_many_characters_is_folded_at_character_borders() -> None:
    subject = "[PC7K2M9Q4D] " + "理赔已有决定，" * 20
    raw = build(noticed(subject=subject), None, "zhou@example.cn", SENDER, AT)
    words = [line for line in raw.split(b"\r\n") if b"=?utf-8?b?" in line]
    assert len(words) > 3
    assert all(len(word.split(b": ", 1)[-1].strip()) <= 75 for word in words)
    assert made(subject=subject)["Subject"] == subject


def test_personal_data_is_masked_in_representations() -> None:
    shown = repr(noticed(address=Personal("zhou.xiaomin@example.cn")))
    assert "xiaomin" not in shown
