"""The HTTP edge: 202 after Kafka, problem details for what is wrong, and a time to come again (IN-6, IN-8)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.delivery import Delivery, Reason
from services.intake.rate import Rate
from shared.security.webhooks import sign
from tests.unit.intake.edge import Answer, Edge
from tests.unit.intake.given import GATEWAYS, SECRET, json_delivery
from tests.unit.intake.test_carrier import BATCH, STRUCTURED, event
from tests.unit.intake.test_kuaidi100 import LINES, delivery, push
from tests.unit.intake.test_phone import ended
from tests.unit.intake.test_web import chat


def signed(gateway: str = "web", body: Any = None, **how: Any) -> Delivery:
    """Signed now, as the edge looks at the real time."""
    return json_delivery(gateway, chat() if body is None else body, signed_at=datetime.now(UTC), **how)


def assert_problem(answer: Answer, reason: Reason) -> None:
    assert answer.status == reason.status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["type"] == f"urn:parcelcare:problem:{reason.slug}"
    assert problem["status"] == reason.status
    assert problem["title"] == reason.english


@pytest.mark.req("IN-6")
async def test_the_same_webhook_gets_the_same_answer() -> None:
    edge = Edge()
    first, again = [await edge.post(signed(webhook_id="m1")) for _ in range(2)]
    assert (first.status, first.body) == (again.status, again.body)
    assert first.status == 202
    ids = {m.id for m in edge.publisher.of("interactions.v1")}
    assert ids == {first.json["id"]}
    assert edge.counted("web", "accepted") == 2


@pytest.mark.req("IN-8")
async def test_without_kafka_there_is_no_yes() -> None:
    edge = Edge()
    edge.publisher.away = True
    answer = await edge.post(signed())
    assert_problem(answer, Reason.OVERLOADED)
    assert answer.headers["retry-after"] == "2"
    edge.publisher.away = False
    assert (await edge.post(signed())).status == 202


@pytest.mark.req("IN-8")
async def test_overload_is_told_before_the_body_is_read() -> None:
    edge = Edge()
    edge.publisher.pending = 100
    answer = await edge.post(signed())
    assert_problem(answer, Reason.OVERLOADED)
    assert answer.unread == 1
    assert edge.publisher.published == []


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("coding", [b"gzip", b"br", b"Deflate", b"identity, gzip"])
async def test_a_compressed_body_is_refused_unread(coding: bytes) -> None:
    answer = await Edge().request("POST", "/gateways/web", {"content-encoding": coding}, [b"\x1f\x8b"])
    assert_problem(answer, Reason.MEDIA_TYPE)
    assert answer.headers["accept-encoding"] == "identity"
    assert answer.unread == 1


@pytest.mark.req("IN-8")
async def test_a_host_can_not_choose_the_gateway() -> None:
    for host in (b"[", b"x/gateways/phone?", b"\xff"):
        answer = await Edge().post(signed(), host=host.decode("latin-1"))
        assert answer.status == 202


@pytest.mark.req("IN-8")
async def test_bodies_beyond_the_memory_set_aside_are_told_to_wait() -> None:
    edge = Edge(max_bytes=1024)
    path = GATEWAYS["web"].path
    assert path
    answer = await edge.request("POST", path, {"content-length": b"1025"}, [b"x"])
    assert_problem(answer, Reason.OVERLOADED)


@pytest.mark.req("IN-8")
async def test_beyond_its_rate_a_gateway_waits_and_strangers_do_not_use_it_up() -> None:
    edge = Edge([GATEWAYS["web"].model_copy(update={"rate": Rate(per_second=0.1, burst=1)})])
    for _ in range(5):
        assert_problem(await edge.post(signed(secret="whsec_AAAA")), Reason.SIGNATURE)
    assert (await edge.post(signed(webhook_id="m1"))).status == 202
    answer = await edge.post(signed(webhook_id="m2"))
    assert_problem(answer, Reason.RATE)
    assert answer.headers["retry-after"] == "10"
    edge.now = 10.1
    assert (await edge.post(signed(webhook_id="m2"))).status == 202


@pytest.mark.req("IN-8")
async def test_a_body_is_cut_off_while_it_is_read() -> None:
    edge = Edge([GATEWAYS["web"].model_copy(update={"body_limit_bytes": 4096})])
    chunks = [b"x" * 1024] * 50
    answer = await edge.request("POST", "/gateways/web", {"content-type": b"application/json"}, chunks)
    assert_problem(answer, Reason.TOO_LARGE)
    assert answer.unread == 45


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("length", [b"-1", b"1e3", b"\xb2", b"9" * 5000, b""])
async def test_a_length_that_is_no_number_is_refused(length: bytes) -> None:
    answer = await Edge().request("POST", "/gateways/web", {"content-length": length}, [b"{}"])
    assert_problem(answer, Reason.MALFORMED)


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/gateways/nobody", Reason.UNKNOWN_GATEWAY),
        ("/gateways/web/x", Reason.UNKNOWN_GATEWAY),
        ("/gateways/web", Reason.METHOD),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PURGE"])
async def test_wrong_paths_and_methods_are_told(path: str, reason: Reason, method: str) -> None:
    answer = await Edge().request(method, path, {})
    assert_problem(answer, reason)
    assert answer.headers.get("allow") == ("POST" if reason is Reason.METHOD else None)


@pytest.mark.req("IN-8")
async def test_the_title_is_in_the_senders_language_and_fields_are_named() -> None:
    answer = await Edge().post(signed(body=chat(text=7)), **{"accept-language": "zh-CN,zh;q=0.9"})
    assert answer.json["title"] == Reason.INVALID.chinese
    assert answer.json["errors"][0]["pointer"] == "/data/text"


@pytest.mark.req("IN-2")
async def test_kuaidi100_reads_yes_and_no_in_its_own_words() -> None:
    edge = Edge()
    yes, no = await edge.post(delivery(push(LINES))), await edge.post(delivery(push(LINES), sign="0" * 32))
    assert (yes.status, yes.json) == (200, {"result": True, "returnCode": "200", "message": "成功"})
    assert_problem(no, Reason.SIGNATURE)
    assert (no.json["result"], no.json["returnCode"]) == (False, "401")


async def test_unknown_carrier_codes_are_counted() -> None:
    edge = Edge()
    await edge.post(delivery(push([{"ftime": "2026-11-20 15:00:00", "context": "x", "statusCode": "7777"}])))
    assert edge.registry.get_sample_value("parcelcare_intake_unknown_codes_total", {"gateway": "kuaidi100"}) == 1


GOOD = {
    "web": (chat(), {}),
    "phone": (ended(), {}),
    "carrier": (event(), STRUCTURED),
    "shop": ([event()], BATCH),
    "kuaidi100": (push(LINES), {"content-type": "application/x-www-form-urlencoded"}),
}
HEADER_NAMES = st.sampled_from(
    [
        "content-type",
        "content-length",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "ce-id",
        "ce-time",
        "ce-source",
        "ce-type",
        "ce-specversion",
        "accept-language",
        "traceparent",
        "x",
    ]
)
EDGE = Edge()
FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_told(answer: Answer) -> None:
    assert answer.status < 500
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["type"].startswith("urn:parcelcare:problem:")


@pytest.mark.req("IN-8")
@FUZZ
@given(
    st.sampled_from(sorted(GOOD)),
    st.binary(max_size=400),
    st.dictionaries(HEADER_NAMES, st.binary(max_size=40)),
    st.booleans(),
)
async def test_no_bytes_and_no_headers_give_a_server_error(
    gateway: str, body: bytes, headers: dict[str, bytes], is_signed: bool
) -> None:
    given_headers = {"content-type": b"application/json"} | headers
    if is_signed:
        proof = sign(SECRET, "m", datetime.now(UTC), body)
        given_headers |= {name: value.encode() for name, value in proof.items()}
    assert_told(await EDGE.request("POST", f"/gateways/{gateway}", given_headers, [body]))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(p for key, inner in pairs for p in places(inner, (*place, key)))]


def changed(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(value[place[0]], place[1:], other)
    return copy


@pytest.mark.req("IN-8")
@FUZZ
@given(st.data(), st.sampled_from(["web", "phone", "carrier", "shop"]), JSON)
async def test_a_good_delivery_with_any_value_anywhere_gives_no_server_error(
    data: st.DataObject, gateway: str, other: Any
) -> None:
    body, headers = GOOD[gateway]
    place = data.draw(st.sampled_from(places(body)))
    try:
        one = signed(gateway, changed(body, place, other), headers=headers)
    except TypeError:
        return  # a number that JSON's writer refuses
    assert_told(await EDGE.post(one))
