"""Whatever the social platforms' addresses are sent, it is taken or refused with 4xx, and never an error (IN-8)."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters import wechat_xml
from services.intake.delivery import Accepted, Delivery, Rejected
from tests.unit.intake.given import GATEWAYS
from tests.unit.intake.social import (
    HEAD,
    PLAIN,
    PRIVATE,
    SEALED,
    TEXT,
    accept,
    delivery,
    greet,
    interactions,
    plain,
    sealed,
    weibo,
)

pytestmark = pytest.mark.req("IN-8")

TYPES = ("text", "image", "voice", "video", "shortvideo", "location", "link", "file", "event", "new_type")
NAMES = (
    "MsgId",
    "Event",
    "EventKey",
    "Content",
    "Recognition",
    "MediaId",
    "PicUrl",
    "Title",
    "Label",
    "Url",
    "Location_X",
)
# What XML can carry; surrogates and control characters can't be written in it.
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def outcome(it: Delivery, credentials: Any = SEALED) -> Accepted | Rejected:
    """Any other exception fails the test; all reasons of a `Rejected` that an adapter gives are 4xx."""
    try:
        accepted = accept(it, credentials)
    except Rejected as refusal:
        return refusal
    assert interactions(accepted) or accepted.suppressed
    assert accepted.status == 200
    return accepted


def mutated(body: bytes, at: int, bit: int, cut: int) -> bytes:
    content = bytearray(body)
    content[at % len(content)] ^= 1 << bit
    return bytes(content[: len(content) - cut % 40])


MUTATION = (st.integers(0, 5000), st.integers(0, 7), st.integers(0, 200))


@given(st.binary(max_size=400))
def test_bytes(body: bytes) -> None:
    outcome(plain(body), PLAIN)
    outcome(sealed(body))
    outcome(replace(sealed(TEXT), body=body))
    outcome(weibo(body))


@given(*MUTATION)
def test_bytes_of_a_message_that_were_changed(at: int, bit: int, cut: int) -> None:
    outcome(plain(mutated(wechat_xml.write(TEXT), at, bit, cut)), PLAIN)
    outcome(sealed(mutated(wechat_xml.write(TEXT), at, bit, cut)))
    outcome(weibo(mutated(orjson.dumps(PRIVATE), at, bit, cut)))
    good = sealed(TEXT)
    changed = mutated(good.body, at, bit, cut)
    # Only white space and the names of elements are outside of what is signed.
    if isinstance(outcome(replace(good, body=changed)), Accepted):
        assert wechat_xml.read(changed)["Encrypt"] == wechat_xml.read(good.body)["Encrypt"]


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(NAMES), TEXTS))
def test_a_message_of_any_type_with_any_fields(kind: str, fields: dict[str, str]) -> None:
    sent: dict[str, Any] = {**HEAD, "MsgType": kind, **fields}
    first, again = outcome(sealed(sent)), outcome(sealed(sent))
    if isinstance(first, Accepted) and isinstance(again, Accepted):
        assert [m.id for m in first.messages] == [m.id for m in again.messages]
        assert first.answer == again.answer
    outcome(sealed(sent, "wecom"))


@given(st.dictionaries(st.sampled_from([*PRIVATE, "subtype", "key"]), JSON))
def test_a_push_of_weibo_with_any_fields(fields: dict[str, Any]) -> None:
    outcome(weibo(PRIVATE | fields))
    outcome(weibo(PRIVATE | {"data": fields}))
    outcome(weibo(PRIVATE | {"text": fields}))
    outcome(weibo({"text": {"type": "comment", "event": "add", "comment": fields}}))


@given(
    st.sampled_from(["wechat", "wecom", "weibo"]),
    st.dictionaries(
        st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "echostr", "encrypt_type"]),
        st.text(max_size=30) | st.integers().map(str),
    ),
)
def test_any_query(gateway: str, query: dict[str, str]) -> None:
    it = delivery(GATEWAYS[gateway], query, sealed(TEXT).body)
    assert isinstance(outcome(it), Rejected)
    with pytest.raises(Rejected):
        greet(it)
