"""Weibo's fans service: greeting, private messages, mentions and comments, events, its answer (IN-1, IN-6, IN-8)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import orjson
import pytest

from services.intake.delivery import Accepted, Reason, Rejected
from shared.contracts.people import Channel, ContactKind
from tests.unit.intake.given import GATEWAYS, IDENTITY, REAL, of_topic
from tests.unit.intake.social import (
    APP_SECRET,
    PRIVATE,
    STAMP,
    TOKEN,
    accept,
    body_of,
    delivery,
    greet,
    interaction,
    interactions,
    signed,
    weibo,
)

WEIBO = GATEWAYS["weibo"]
COMMENT: dict[str, Any] = {
    "id": 1211220000000161,
    "text": {
        "type": "comment",
        "event": "add",
        "comment": {
            "created_at": "Fri Nov 20 16:00:00 +0800 2026",
            "id": 3515170380984186,
            "text": "我的快递呢",
            "user": {"id": 2489518277, "screen_name": "小李"},
            "status": {"id": 3, "user": {"id": 1902538057}},
        },
    },
}


def event(subtype: str, **data: Any) -> dict[str, Any]:
    return PRIVATE | {"type": "event", "text": "事件消息", "data": {"subtype": subtype, **data}}


@pytest.mark.req("IN-1")
def test_the_address_is_greeted() -> None:
    query = {**signed(APP_SECRET, STAMP + "093"), "echostr": "vIuz5ekD"}
    assert greet(delivery(WEIBO, query)).body == b"vIuz5ekD"


@pytest.mark.req("IN-1", "IN-8")
@pytest.mark.parametrize(
    "query",
    [
        {},
        {**signed(TOKEN), "echostr": "1"},
        {**signed(APP_SECRET, "1416794721093"), "echostr": "1"},
        {**signed(APP_SECRET, "-1"), "echostr": "1"},
        {**signed(APP_SECRET, "9" * 14), "echostr": "1"},
    ],
)
def test_a_stranger_or_a_replay_is_not_greeted(query: dict[str, str]) -> None:
    with pytest.raises(Rejected) as refusal:
        greet(delivery(WEIBO, query))
    assert refusal.value.reason is Reason.SIGNATURE


@pytest.mark.req("IN-1", "IN-3", "IN-5")
@pytest.mark.parametrize("ids", [{}, {"receiver_id": "1902538057", "sender_id": "2489518277"}, {"data": ""}])
def test_a_private_message_is_a_contact(ids: dict[str, Any]) -> None:
    accepted = accept(weibo(PRIVATE | ids))
    contact = interaction(accepted)
    assert (contact.channel, contact.gateway) == (Channel.WEIBO, "weibo")
    assert contact.text.reveal() == PRIVATE["text"]
    assert contact.tracking_numbers == ("SF1234567890123",)
    assert contact.occurred_at.isoformat() == "2026-11-20T08:00:00+00:00"
    assert contact.customer.customer_id == IDENTITY.customer_id(openid="weibo:2489518277")
    assert contact.customer.reach(ContactKind.OPENID) == "weibo:2489518277"
    assert len(of_topic(accepted, "raw.v1")) == 1
    assert accepted.id == accept(weibo(PRIVATE)).id


@pytest.mark.req("IN-1")
def test_the_answer_is_as_weibo_reads_it() -> None:
    accepted = accept(weibo(PRIVATE))
    answer = orjson.loads(body_of(accepted))
    assert accepted.status == 200
    assert {n: answer[n] for n in answer if n != "data"} == {
        "result": True,
        "sender_id": "1902538057",
        "receiver_id": "2489518277",
        "type": "text",
    }
    assert orjson.loads(unquote(answer["data"])) == {"text": "您的消息已收到，正在为您处理。"}


@pytest.mark.req("IN-1", "IN-3")
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"type": "text", "text": " "}, "[空消息]"),
        ({"type": "image", "text": "发了一张图片", "data": {"vfid": 82, "tovfid": 83}}, "发了一张图片\n[图片]"),
        ({"type": "voice", "text": "发了一个语音消息", "data": {"vfid": "8"}}, "发了一个语音消息\n[语音]"),
        (
            {"type": "position", "text": "我在这里", "data": {"longitude": "116.3", "latitude": "39.9"}},
            "我在这里\n[位置 39.9 116.3]",
        ),
        ({"type": "event", "data": {"subtype": "click", "key": "转人工"}}, "请求人工客服\n[菜单 转人工]"),
    ],
)
def test_every_kind_of_private_message_is_a_contact_and_answered(fields: dict[str, Any], text: str) -> None:
    accepted = accept(weibo(PRIVATE | fields))
    assert interaction(accepted).text.reveal().strip() == text
    assert body_of(accepted)
    assert accepted.unknown_codes == ()


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("body", "marker"),
    [
        (PRIVATE | {"type": "mention", "data": {"subtype": "comment", "key": "35"}}, "[微博提及 comment 35]"),
        (PRIVATE | {"type": "mention", "data": {"subtype": "status", "key": 35}}, "[微博提及 status 35]"),
        (event("mention", key="35"), "[微博提及 mention 35]"),
        (COMMENT, "[微博评论 3515170380984186]"),
    ],
)
def test_what_is_written_in_public_is_a_contact_whose_one_reply_is_left_to_the_agent(body: Any, marker: str) -> None:
    accepted = accept(weibo(body))
    contact = interaction(accepted)
    assert contact.text.reveal().endswith(f"\n{marker}")
    assert contact.customer.customer_id == IDENTITY.customer_id(openid="weibo:2489518277")
    assert (accepted.status, body_of(accepted)) == (200, b"")


@pytest.mark.req("IN-5")
def test_the_author_of_a_comment_has_a_name() -> None:
    name = interaction(accept(weibo(COMMENT))).customer.name
    assert name is not None
    assert name.reveal() == "小李"


@pytest.mark.req("IN-1")
def test_a_type_that_nobody_knows_is_a_contact_and_counted() -> None:
    accepted = accept(weibo(PRIVATE | {"type": "hologram"}))
    assert accepted.unknown_codes == ("hologram",)
    assert interaction(accepted).text.reveal().endswith("\n[hologram]")


def is_only_counted(accepted: Accepted) -> bool:
    kept = len(of_topic(accepted, "raw.v1")) == 1
    return bool(kept and accepted.suppressed and not interactions(accepted) and body_of(accepted) == b"")


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    "subtype", ["follow", "unfollow", "subscribe", "unsubscribe", "scan", "scan_follow", "menu", "view", "click", "x"]
)
def test_other_events_open_no_case_but_are_kept_and_counted(subtype: str) -> None:
    assert is_only_counted(accept(weibo(event(subtype, key="今日优惠"))))


@pytest.mark.req("IN-1")
def test_a_comment_that_was_deleted_is_only_counted() -> None:
    assert is_only_counted(accept(weibo(COMMENT | {"text": COMMENT["text"] | {"event": "delete"}})))


@pytest.mark.req("IN-6")
def test_the_same_message_again_is_the_same_and_gets_the_same_answer() -> None:
    first, again = accept(weibo(PRIVATE)), accept(weibo(PRIVATE, STAMP + "999"))
    assert [m.id for m in first.messages] == [m.id for m in again.messages]
    assert first.answer == again.answer
    others: list[dict[str, Any]] = [
        {"text": "又一条"},
        {"type": "image"},
        {"sender_id": 1},
        {"created_at": "Fri Nov 20 16:00:01 +0800 2026"},
    ]
    assert len({accept(weibo(PRIVATE | other)).id for other in others} | {first.id}) == 5


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"{", Reason.MALFORMED),
        (b'{"text": "\\ud800"}', Reason.MALFORMED),
        ("{'text': '私信'}".encode("gbk"), Reason.MALFORMED),
        (b"[]", Reason.INVALID),
        ({}, Reason.INVALID),
        (PRIVATE | {"sender_id": "li"}, Reason.INVALID),
        (PRIVATE | {"sender_id": -1}, Reason.INVALID),
        (PRIVATE | {"sender_id": True}, Reason.INVALID),
        (PRIVATE | {"sender_id": 1.0}, Reason.INVALID),
        (PRIVATE | {"created_at": "Fri Nov 31 16:00:00 +0800 2026"}, Reason.INVALID),
        (PRIVATE | {"created_at": "Fri Foo 20 16:00:00 +0800 2026"}, Reason.INVALID),
        (PRIVATE | {"created_at": "Fri Nov 20 16:00:00 +9999 2026"}, Reason.INVALID),
        (PRIVATE | {"created_at": "Fri Nov 20 16:00:00 +0800 0001"}, Reason.INVALID),
        (PRIVATE | {"created_at": 1795334400}, Reason.INVALID),
        (PRIVATE | {"text": 1}, Reason.INVALID),
        (PRIVATE | {"text": {"type": "status"}}, Reason.INVALID),
        (PRIVATE | {"type": "a\nb"}, Reason.INVALID),
        (PRIVATE | {"data": {"key": []}}, Reason.INVALID),
    ],
)
def test_what_is_wrong_is_refused_clearly(body: Any, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(weibo(body))
    assert refusal.value.reason is reason


@pytest.mark.req("IN-8")
def test_a_wrong_signature_or_an_old_delivery_is_refused() -> None:
    good = weibo(PRIVATE)
    bad = replace(good, query={**good.query, "signature": "0" * 40})
    for it in (bad, replace(good, arrived_at=REAL + timedelta(seconds=302))):
        with pytest.raises(Rejected) as refusal:
            accept(it)
        assert refusal.value.reason is Reason.SIGNATURE


@pytest.mark.req("IN-1", "IN-4")
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"type": "image", "data": {"vfid": 82, "tovfid": 83}}, [("image", "83")]),
        ({"type": "voice", "data": {"vfid": "8"}}, [("voice", "8")]),
        ({"type": "image", "data": {}}, []),
        ({"type": "text"}, []),
    ],
)
def test_a_file_is_named_by_the_id_that_opens_it_for_us(fields: dict[str, Any], named: list[tuple[str, str]]) -> None:
    media = interaction(accept(weibo(PRIVATE | fields))).media
    assert [(m.kind, m.media_id and m.media_id.reveal()) for m in media] == named
