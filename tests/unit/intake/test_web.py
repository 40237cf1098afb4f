"""Web chat and forms, from a signed webhook to an interaction (IN-1, IN-3, IN-6)."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from services.intake.delivery import Reason, Rejected
from shared.contracts.interactions import ClaimKind, Interaction
from shared.contracts.people import Channel, ContactKind
from tests.unit.intake.given import NOW, OLD_SECRET, REAL, accept, json_delivery, of_topic, read

PHOTO = b"\xff\xd8\xff a photo"


def chat(**data: Any) -> dict[str, Any]:
    base = {
        "customer": {"name": "李雷", "phone": "138 0013 8000", "email": "Li@Mail.Example"},
        "text": "我的快递SF1234567890123三天没动了，订单号：20261101-7788",
        "occurred_at": "2026-11-20T15:59:00+08:00",
    }
    return {"type": "chat.message", "timestamp": "2026-11-20T16:00:00+08:00", "data": base | data}


def interaction_of(body: dict[str, Any], **how: Any) -> Interaction:
    return read(of_topic(accept(json_delivery("web", body, **how)), "interactions.v1")[0], Interaction)


@pytest.mark.req("IN-3")
def test_a_chat_message_becomes_one_interaction() -> None:
    interaction = interaction_of(chat())
    assert interaction.channel is Channel.WEB
    assert interaction.gateway == "web"
    assert interaction.customer.reach(ContactKind.PHONE) == "+8613800138000"
    assert interaction.customer.reach(ContactKind.EMAIL) == "li@mail.example"
    assert interaction.customer.language == "zh"
    assert interaction.tracking_numbers == ("SF1234567890123",)
    assert interaction.order_numbers == ("20261101-7788",)
    assert interaction.occurred_at == NOW - timedelta(minutes=1)
    assert interaction.received_at == NOW


@pytest.mark.req("IN-3")
def test_key_and_ids_are_opaque_and_agree() -> None:
    accepted = accept(json_delivery("web", chat()))
    message = of_topic(accepted, "interactions.v1")[0]
    interaction = read(message, Interaction)
    assert message.id == interaction.interaction_id == accepted.id == accepted.answer["id"]
    assert message.key == interaction.customer.customer_id
    for clear in ("13800138000", "mail.example"):
        assert clear not in message.key + message.id


@pytest.mark.req("IN-3")
def test_the_original_goes_along_byte_for_byte() -> None:
    delivery = json_delivery("web", chat())
    accepted = accept(delivery)
    raw = of_topic(accepted, "raw.v1")
    assert [(m.id, m.key, m.value) for m in raw] == [(accepted.id, accepted.id, delivery.body)]
    assert raw[0].content_type == "application/json"
    assert dict(raw[0].extra)["orig_webhook-id"] == b"msg_1"


@pytest.mark.req("IN-6")
def test_the_same_webhook_id_gives_the_same_answer_and_ids() -> None:
    first = accept(json_delivery("web", chat(), webhook_id="msg_7"))
    again = accept(json_delivery("web", chat(), webhook_id="msg_7", signed_at=REAL + timedelta(seconds=30)))
    other = accept(json_delivery("web", chat(), webhook_id="msg_8"))
    assert first.answer == again.answer
    assert [m.id for m in first.messages] == [m.id for m in again.messages]
    assert other.answer != first.answer


@pytest.mark.req("IN-1")
def test_a_claim_form_brings_claim_and_evidence() -> None:
    form = {
        "kind": "damage",
        "tracking_number": "yt1234567890123",
        "claimed": "199.05",
        "goods": "茶具",
        "payee": "李雷",
    }
    file = {
        "name": "碎了.jpg",
        "content_type": "image/jpeg",
        "content_base64": base64.b64encode(PHOTO).decode(),
        "evidence": "damage_photo",
    }
    interaction = interaction_of(chat(text="", form=form, attachments=[file]) | {"type": "form.submitted"})
    assert interaction.claim is not None
    assert interaction.claim.kind is ClaimKind.DAMAGE
    assert interaction.claim.claimed_fen == 19905
    assert interaction.tracking_numbers == ("YT1234567890123",)
    attachment = interaction.attachments[0]
    assert attachment.ref == f"object:{attachment.sha256}"
    assert attachment.size == len(PHOTO)
    assert attachment.sha256 == hashlib.sha256(PHOTO).hexdigest()


@pytest.mark.parametrize(
    ("claimed", "fen"), [("0", 0), ("199", 19900), ("199.9", 19990), ("0.01", 1), ("9999999999.99", 999999999999)]
)
def test_yuan_become_fen_exactly(claimed: str, fen: int) -> None:
    form = {"kind": "loss", "tracking_number": "SF1234567890", "claimed": claimed}
    claim = interaction_of(chat(form=form)).claim
    assert claim is not None
    assert claim.claimed_fen == fen


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [("where is my parcel?", None, "en"), ("包裹 iPhone 17 Pro Max 还没到", None, "zh"), ("hello", "zh-CN", "zh")],
)
def test_language_is_declared_or_read_from_the_text(text: str, declared: str | None, language: str) -> None:
    customer = {"phone": "13800138000"} | ({"language": declared} if declared else {})
    assert interaction_of(chat(text=text, customer=customer)).customer.language == language


def test_without_a_handle_contacts_never_share_a_customer() -> None:
    one = interaction_of(chat(customer={"name": "李雷"}), webhook_id="a").customer
    two = interaction_of(chat(customer={"name": "李雷"}), webhook_id="b").customer
    assert one.customer_id.startswith("unknown-")
    assert one.customer_id != two.customer_id
    assert one.contacts == ()


def test_the_case_number_is_taken_from_the_text_too() -> None:
    assert interaction_of(chat(text="关于【pc0a1b2c3d】的进展？")).case_number == "PC0A1B2C3D"
    assert interaction_of(chat(case_number="pc0a1b2c3d")).case_number == "PC0A1B2C3D"


def test_the_older_secret_still_counts_while_a_key_is_rotated() -> None:
    assert accept(json_delivery("web", chat(), secret=OLD_SECRET)).id


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"customer": {"phone": "98765"}}, "/data/customer/phone"),
        ({"customer": {"email": "98765 at home"}}, "/data/customer/email"),
        ({"text": 5}, "/data/text"),
        ({"text": " "}, "/data"),
        ({"occurred_at": "2026-11-20 15:59"}, "/data/occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-12:00"}, "/data/occurred_at"),
        ({"tracking_numbers": ["SF 12"]}, "/data/tracking_numbers/0"),
        ({"form": {"kind": "loss", "tracking_number": "SF12345", "claimed": "-1"}}, "/data/form/claimed"),
        ({"form": {"kind": "loss", "tracking_number": "SF12345", "claimed": "1.005"}}, "/data/form/claimed"),
        ({"form": {"kind": "theft", "tracking_number": "SF12345", "claimed": "1"}}, "/data/form/kind"),
        (
            {"attachments": [{"name": "a", "content_type": "image/png", "content_base64": "%%%"}]},
            "/data/attachments/0/content_base64",
        ),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("web", chat(**change)))
    assert refusal.value.reason is Reason.INVALID
    assert [e.pointer for e in refusal.value.errors] == [pointer]
    assert "98765" not in str(refusal.value)


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        '{"type":"你好"}'.encode("gbk"),
        b'{"a":"\\ud800"}',
        b"[" * 100_000,
        b'{"a":1' + b"0" * 9000 + b"}",
    ],
    ids=["empty", "cut", "not UTF-8", "GBK", "lone surrogate", "deep", "huge number"],
)
def test_bytes_that_are_no_json_are_malformed(body: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("web", body))
    assert refusal.value.reason in (Reason.MALFORMED, Reason.INVALID)


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-id": "another"},
        {"webhook-timestamp": str(int(REAL.timestamp()) - 301)},
        {"webhook-timestamp": "yesterday"},
        {"webhook-signature": ""},
    ],
    ids=["signature", "id", "old", "no time", "none"],
)
def test_what_is_not_signed_by_the_gateway_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("web", chat(), headers=headers))
    assert refusal.value.reason is Reason.SIGNATURE


@pytest.mark.req("IN-8")
def test_an_old_timestamp_is_refused_although_its_signature_is_right() -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("web", chat(), signed_at=REAL - timedelta(seconds=301)))
    assert refusal.value.reason is Reason.SIGNATURE


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("content_type", ["text/plain", "", "application/json; charset=gbk"])
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("web", chat(), headers={"content-type": content_type}))
    assert refusal.value.reason is Reason.MEDIA_TYPE
