"""The playbook on WeChat: a click on a node is answered at once, from what routing published last (RO-10)."""

from dataclasses import replace
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from services.intake.adapters import wechat_xml
from services.intake.adapters.social_table import table
from services.intake.delivery import Accepted, Delivery
from services.intake.handbook.reader import HandbookReader
from services.intake.handbook.reply import MOST_BYTES, told
from services.intake.handbook.shelf import Shelf
from shared.contracts.parcels import Node
from shared.contracts.playbook import PLAYBOOK_PUBLISHED, NodeTold, PlaybookPublished, Told, menu_key
from shared.contracts.topics import PLAYBOOK
from shared.messaging.following import Followed
from shared.messaging.message import outgoing
from tests.unit.intake.given import NOW, of_topic
from tests.unit.intake.social import CIPHER, HEAD, PLAIN, TEXT, accept, body_of, interactions, later, plain, sealed

pytestmark = pytest.mark.req("RO-10", "IN-1")
CLICK = HEAD | {"MsgType": "event", "Event": "CLICK", "EventKey": menu_key(Node.CUSTOMS)}
LOST = Told(symptom="lost", question="丢了怎么办？", answer="分拨中心24小时内给出结果。")


def published(language: str = "zh", version: str = "1", told: tuple[Told, ...] = (LOST,)) -> PlaybookPublished:
    titles = {"zh": "清关", "en": "Customs"}
    nodes = (NodeTold(node=Node.CUSTOMS, title=titles[language], told=told),)
    return PlaybookPublished(version=version, language=language, nodes=nodes, at=NOW)


def shelf(*events: PlaybookPublished) -> Shelf:
    made = Shelf()
    for event in events or (published(), published("en")):
        made.put(event)
    return made


def with_book(it: Delivery, books: Shelf | None = None) -> Delivery:
    return replace(it, handbook=books or shelf())


def reply(accepted: Accepted) -> str:
    fields = wechat_xml.read(body_of(accepted))
    return wechat_xml.read(CIPHER.decrypt(fields["Encrypt"]))["Content"] if "Encrypt" in fields else fields["Content"]


@pytest.mark.parametrize("gateway", ["wechat", "wecom"])
def test_a_click_is_answered_at_once_and_opens_no_case(gateway: str) -> None:
    accepted = accept(with_book(sealed(CLICK, gateway)))
    said = reply(accepted)
    assert "【清关】" in said
    assert f"{LOST.question}\n{LOST.answer}" in said
    assert said.endswith(table().handbook.foot.zh)
    assert interactions(accepted) == []
    assert (accepted.status, accepted.suppressed) == (200, "event playbook")
    assert len(of_topic(accepted, "raw.v1")) == 1


def test_each_attempt_of_a_click_gets_the_same_answer() -> None:
    first, again = (accept(with_book(it)) for it in (sealed(CLICK), later(sealed(CLICK), 5)))
    assert (first.id, body_of(first)) == (again.id, body_of(again))


def test_in_the_plain_mode_too() -> None:
    assert LOST.answer in reply(accept(with_book(plain(CLICK)), PLAIN))


@pytest.mark.parametrize("books", [Shelf(), shelf(published("en"))])
def test_before_anything_is_published_one_is_asked_to_write(books: Shelf) -> None:
    assert reply(accept(with_book(sealed(CLICK), books))) == table().handbook.not_yet.zh


def test_a_key_that_is_no_node_stays_silent() -> None:
    accepted = accept(with_book(sealed(CLICK | {"EventKey": "playbook/moon"})))
    assert (body_of(accepted), accepted.suppressed) == (b"success", "event click")


@pytest.mark.parametrize(("text", "said"), [(" 清关 ", "【清关】"), ("customs", "Customs: what customers ask")])
def test_a_nodes_name_is_answered_and_goes_on_as_a_contact(text: str, said: str) -> None:
    accepted = accept(with_book(sealed(TEXT | {"Content": text})))
    assert said in reply(accepted)
    assert len(interactions(accepted)) == 1


def test_any_other_text_gets_the_receipt() -> None:
    assert reply(accept(with_book(sealed(TEXT | {"Content": "清关怎么还没好"})))) == table().receipt.zh


def test_a_long_node_ends_between_two_answers_before_the_platform_refuses_it() -> None:
    many = tuple(Told(symptom=f"s{n}", question=f"问题{n}？", answer="很长的回答" * 20) for n in range(30))
    node = published(told=many).nodes[0]
    said = told(node, table().handbook, "zh")
    assert MOST_BYTES - 400 < len(said.encode()) <= MOST_BYTES
    assert said.endswith(table().handbook.foot.zh)
    assert said.count("很长的回答") % 20 == 0


def record(value: bytes, **headers: bytes) -> Any:
    message = outgoing(PLAYBOOK, published(), type=PLAYBOOK_PUBLISHED, key="zh", cause="c", time=NOW, source="routing")
    names = dict(message.headers()) | headers
    return ConsumerRecord("playbook.v1", 0, 1, 0, 0, b"zh", value, None, 0, 0, tuple(names.items()))


def test_what_came_last_counts_and_what_cannot_be_read_changes_nothing() -> None:
    books = Shelf()
    reader = HandbookReader(Followed("kafka", "playbook.v1", 1), books)
    for event in (published(version="1"), published(version="2", told=(LOST, LOST))):
        reader.take(record(event.model_dump_json().encode()))
    reader.take(record(b"{}"))
    reader.take(record(b"{}", ce_type=b"parcelcare.something.newer"))
    found = books.at(Node.CUSTOMS, "zh")
    assert found is not None
    assert len(found.told) == 2
    assert books.at(Node.SIGNED, "zh") is None
