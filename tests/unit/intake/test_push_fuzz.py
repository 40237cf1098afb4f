"""Whatever a carrier or a shop sends, rightly signed, is taken or refused with a reason; nothing else comes (IN-8)."""

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.delivery import Accepted, Delivery, Rejected
from tests.unit.intake.given import GATEWAYS, NOW, REAL, SALT, accept
from tests.unit.intake.pushes import aftership, easypost, iftsta, pushed, sf_form, sf_json, sf_push, shopify
from tests.unit.intake.test_aftership import checkpoint, update
from tests.unit.intake.test_easypost import detail, event
from tests.unit.intake.test_iftsta import ONE
from tests.unit.intake.test_kuaidi100 import LINES, push
from tests.unit.intake.test_sf import XML
from tests.unit.intake.test_shopify import order, refund

pytestmark = pytest.mark.req("IN-2", "IN-8")
Make = Callable[[bytes], Delivery]


def kuaidi100(param: bytes) -> Delivery:
    sign = hashlib.md5(param + SALT.encode()).hexdigest()
    body = urlencode({"param": param, "sign": sign}).encode()
    return Delivery(GATEWAYS["kuaidi100"], {"content-type": "application/x-www-form-urlencoded"}, body, NOW, REAL)


KINDS: dict[str, tuple[Make, Any]] = {
    "sf": (sf_json, sf_push()),
    "easypost": (easypost, event(detail(), detail("delivered", "unknown"), signed_by="A")),
    "aftership": (aftership, update(checkpoint(), checkpoint("Exception", "Exception_099"))),
    "order": (lambda body: shopify("orders/updated", body), order(updated_at="2026-11-21T16:00:00+08:00")),
    "refund": (lambda body: shopify("refunds/create", body), refund()),
    "kuaidi100": (kuaidi100, json.loads(push(LINES))),
}
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(
        ["2026-11-20 15:00:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "SF1234567890123", "80", "-0"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def taken_or_refused(delivery: Delivery) -> Accepted | None:
    """Twice the same. Anything but `Rejected` fails the test."""
    try:
        first = accept(delivery)
    except Rejected as refusal:
        if refusal.reason.status >= 500:
            raise
        return None
    again = accept(delivery)
    assert [m.id for m in first.messages] == [m.id for m in again.messages]
    assert len({m.id for m in first.messages if m.topic == "raw.v1"}) >= 1
    return first


@st.composite
def mutated(draw: st.DrawFn, sound: Any) -> Any:
    """A sound body in which some places hold something else, or nothing."""
    body = json.loads(json.dumps(sound))
    for _ in range(draw(st.integers(1, 3))):
        _mutate(draw, body)
    return body


def _mutate(draw: st.DrawFn, node: Any) -> None:
    while isinstance(node, dict | list) and node:
        place = draw(st.sampled_from(list(node) if isinstance(node, dict) else list(range(len(node)))))
        inner = node[place]
        if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 3)) == 0:
            if draw(st.booleans()):
                node[place] = draw(JSON_VALUES)
            else:
                del node[place]
            return
        node = inner


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_mutated_body(kind: str, data: st.DataObject) -> None:
    make, sound = KINDS[kind]
    assert taken_or_refused(make(json.dumps(sound).encode())) is not None
    taken_or_refused(make(json.dumps(data.draw(mutated(sound))).encode()))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(body=st.binary(max_size=200) | JSON_VALUES.map(lambda v: json.dumps(v).encode()))
def test_any_bytes(kind: str, body: bytes) -> None:
    taken_or_refused(KINDS[kind][0](body))


@settings(max_examples=80)
@given(st.data())
def test_a_mutated_interchange(data: st.DataObject) -> None:
    text = list(ONE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.text("+:'?0A签 \n", max_size=3))
    taken_or_refused(iftsta("".join(text)))


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_as_an_interchange(body: bytes) -> None:
    taken_or_refused(iftsta(body))


@settings(max_examples=50)
@given(st.data())
def test_mutated_xml_of_sf(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(XML)))
    taken_or_refused(sf_form(XML[:at] + data.draw(st.text(max_size=4)) + XML[at + data.draw(st.integers(0, 3)) :]))


@pytest.mark.parametrize("gateway", ["sf", "easypost", "aftership", "iftsta", "shopify"])
@settings(max_examples=50)
@given(
    headers=st.dictionaries(st.sampled_from(["x-hmac-signature", "msgdigest", "timestamp", "webhook-id"]), st.text())
)
def test_any_headers(gateway: str, headers: dict[str, str]) -> None:
    for content_type in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        taken_or_refused(pushed(gateway, b"{}", {**headers, "content-type": content_type}, headers))
