"""Twilio: signatures over address and fields, calls in pieces, messages, and its event stream (IN-1, IN-8)."""

import hashlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.twilio import verify
from services.intake.adapters.twilio_message import MessageFields
from services.intake.adapters.twilio_voice import VoiceFields
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Answer, Delivery, Reason, Rejected
from shared.contracts.calls import CallStep
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, ContactKind
from shared.security.twilio_signature import addresses, is_valid_form, sign
from tests.unit.intake.calls_given import (
    ADDRESS,
    TOKEN,
    contact_of,
    is_taken_or_refused,
    stages_in,
    take,
    twilio_delivery,
    twilio_form,
)
from tests.unit.intake.given import SHARED_DATA, of_topic, read, recordings_of

VECTORS = SHARED_DATA / "signatures" / "vectors_dev.jsonl"
LINE = {"CallSid": "CA1", "From": "+14158675309", "To": "+18005551212", "Direction": "inbound"}


def vectors() -> list[dict[str, Any]]:
    if not VECTORS.exists():
        return []
    found = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
    return [v for v in found if v["scheme"].startswith("X-Twilio-Signature")]


def delivery_of(vector: dict[str, Any]) -> Delivery:
    assert vector["secret"] == TOKEN
    signature = vector["header"]["X-Twilio-Signature"]
    if "form" in vector:
        return twilio_delivery(
            urlencode(vector["form"]).encode(), vector["url"], signature, "application/x-www-form-urlencoded"
        )
    return twilio_delivery(vector["body"].encode(), vector["url"], signature, "application/json")


def other(character: str) -> str:
    return "b" if character != "b" else "c"


def changed(vector: dict[str, Any]) -> list[dict[str, Any]]:
    """The vector with each single character of address, fields, body and signature changed."""

    def each(text: str) -> list[str]:
        return [text[:i] + other(c) + text[i + 1 :] for i, c in enumerate(text)]

    found = [vector | {"url": url} for url in each(vector["url"])]
    found += [vector | {"header": {"X-Twilio-Signature": s}} for s in each(vector["header"]["X-Twilio-Signature"])]
    found += [vector | {"body": body} for body in each(vector.get("body", ""))]
    for name, value in vector.get("form", {}).items():
        rest = {n: v for n, v in vector["form"].items() if n != name}
        found += [vector | {"form": rest | {name: v}} for v in each(value)]
        found += [vector | {"form": rest | {n: value}} for n in each(name)]
    return found


@pytest.mark.req("IN-1")
@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not here")
@pytest.mark.parametrize("vector", vectors(), ids=lambda v: str(v["id"]))
def test_vectors_pass_and_none_with_a_character_changed(vector: dict[str, Any]) -> None:
    accepted = take(delivery_of(vector))
    assert accepted.status == 200
    assert accepted.suppressed
    wrong = changed(vector)
    assert len(wrong) > 100
    for one in wrong:
        with pytest.raises(Rejected) as refusal:
            take(delivery_of(one))
        assert refusal.value.reason is Reason.SIGNATURE


@pytest.mark.parametrize(
    ("signed", "asked"),
    [
        ("https://care.example/t?a=1", "https://care.example:443/t?a=1"),
        ("https://care.example:443/t?a=1", "https://care.example/t?a=1"),
        ("http://care.example/t", "http://care.example:80/t"),
        ("http://care.example:80/t", "http://care.example/t"),
        ("https://care.example/t", "https://care.example:8443/t"),
        ("https://care.example", "https://care.example:443"),
    ],
)
def test_the_port_may_stand_there_or_not(signed: str, asked: str) -> None:
    assert is_valid_form(TOKEN, asked, {"a": ["1"]}, sign(TOKEN, signed, {"a": ["1"]}))


@pytest.mark.parametrize("asked", ["https://care.example:444/t", "http://care.example/t", "https://care.example/t?"])
def test_another_port_or_scheme_is_another_address(asked: str) -> None:
    assert not is_valid_form(TOKEN, asked, {}, sign(TOKEN, "https://care.example:443/t", {}))


@given(st.text())
def test_any_address_has_its_ways_of_writing(url: str) -> None:
    assert 1 <= len(addresses(url)) <= 2


def test_a_field_that_comes_several_times_counts_once_for_each_value() -> None:
    body = urlencode([("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "b"), ("Digits", "")]).encode()
    proof = sign(TOKEN, ADDRESS, {"Digits": [""], "MediaUrl": ["a", "b"]})
    assert proof == sign(TOKEN, ADDRESS + "Digits" + "MediaUrlaMediaUrlb", {})
    assert take(twilio_delivery(body, ADDRESS, proof, "application/x-www-form-urlencoded")).suppressed


def streamed(*events: dict[str, Any]) -> Delivery:
    body = json.dumps(list(events)).encode()
    url = f"{ADDRESS}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    return twilio_delivery(body, url, sign(TOKEN, url, {}), "application/json")


@pytest.mark.req("IN-8")
def test_a_body_that_the_address_does_not_bind_is_refused() -> None:
    bare = twilio_delivery(b"{}", ADDRESS, sign(TOKEN, ADDRESS, {}), "application/json")
    for delivery in (bare, replace(streamed({"type": "x"}), body=b"[]")):
        with pytest.raises(Rejected) as refusal:
            take(delivery)
        assert refusal.value.reason is Reason.SIGNATURE


def test_without_a_token_nothing_is_valid() -> None:
    with pytest.raises(Rejected):
        verify(twilio_form(LINE, token=""), Credentials({}))


def callback(at: str, **fields: str) -> Accepted:
    return take(twilio_form({**LINE, "CallbackSource": "call-progress-events", "Timestamp": at, **fields}))


RINGS = callback("Fri, 20 Nov 2026 07:50:00 +0000", CallStatus="ringing")
LEG = {"CallSid": "CA2", "ParentCallSid": "CA1", "From": "+18005551212", "Direction": "outbound-dial"}
TAKEN = callback("Fri, 20 Nov 2026 07:50:21 +0000", **LEG, CallStatus="in-progress")
ENDED = callback("Fri, 20 Nov 2026 07:53:21 +0000", CallStatus="completed", CallDuration="201")
RECORDED = take(
    twilio_form(
        {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingUrl": "https://api.twilio.com/r/RE1"}
        | {"RecordingStatus": "completed", "RecordingDuration": "180"}
    )
)
WRITTEN = take(
    twilio_form(
        {"CallSid": "CA1", "TranscriptionSid": "TR1", "TranscriptionStatus": "completed"}
        | {"TranscriptionText": "My parcel YT1234567890123 is damaged", "RecordingSid": "RE1"}
        | {"RecordingUrl": "https://api.twilio.com/r/RE1"}
    )
)


@pytest.mark.req("IN-1", "IN-6")
@given(st.permutations([RINGS, TAKEN, ENDED, RECORDED, WRITTEN] * 2))
def test_a_call_in_any_order_is_one_contact(order: list[Accepted]) -> None:
    contact = contact_of(*order)
    assert contact.call is not None
    assert (contact.call.call_id, contact.call.answered) == ("CA1", True)
    assert (contact.call.rings, contact.call.wait_seconds, contact.call.talk_seconds) == (5, 21, 180)
    assert recordings_of(contact) == ["https://api.twilio.com/r/RE1"]
    assert contact.customer.reach(ContactKind.PHONE) == "+14158675309"
    assert (contact.tracking_numbers, contact.customer.language) == (("YT1234567890123",), "en")


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("fields", "answered", "wait", "talk"),
    [
        ([{"CallStatus": "no-answer"}], False, 201, 0),
        ([{"CallStatus": "completed", "CallDuration": "201"}], True, 0, 201),
        (
            [{"CallStatus": "completed", "CallDuration": "201"}, {"QueueResult": "hangup", "QueueTime": "150"}],
            False,
            150,
            0,
        ),
        (
            [{"CallStatus": "completed", "CallDuration": "201"}, {"QueueResult": "bridged", "QueueTime": "50"}],
            True,
            50,
            151,
        ),
        ([{"CallStatus": "completed", "CallDuration": "201"}, {"DialCallStatus": "no-answer"}], False, 201, 0),
        (
            [
                {"CallStatus": "completed", "CallDuration": "201"},
                {"DialCallStatus": "no-answer"},
                {"DialCallStatus": "completed", "DialCallDuration": "100"},
            ],
            True,
            101,
            100,
        ),
    ],
)
def test_a_menu_is_no_person_but_a_line_without_one_is(
    fields: list[dict[str, str]], answered: bool, wait: int, talk: int
) -> None:
    ended = [callback("Fri, 20 Nov 2026 07:53:21 +0000", **f) for f in fields]
    picked_up = callback("Fri, 20 Nov 2026 07:50:00 +0000", CallStatus="in-progress")
    said = [RINGS, *ended] if fields[0]["CallStatus"] == "no-answer" else [RINGS, picked_up, *ended]
    call = contact_of(*said).call
    assert call is not None
    assert (call.answered, call.wait_seconds, call.talk_seconds) == (answered, wait, talk)


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    "fields",
    [
        LINE | {"CallStatus": "in-progress", "Digits": "1"},
        LINE | {"CallStatus": "completed", "Direction": "outbound-api"},
        LINE | LEG | {"CallStatus": "ringing"},
        {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingUrl": "https://a/b", "RecordingStatus": "in-progress"},
        {"CallSid": "CA1", "TranscriptionSid": "TR1", "TranscriptionStatus": "failed"},
        {"MessageSid": "SM1", "From": "+18005551212", "MessageStatus": "delivered"},
        {"CallSid": "CA1", "QueueResult": "redirected"},
        {"CallSid": "CA1", "DialCallStatus": "initiated"},
        {"AccountSid": "AC1"},
    ],
)
def test_what_is_no_news_of_a_customer_is_counted_and_kept(fields: dict[str, str]) -> None:
    accepted = take(twilio_form(fields))
    assert accepted.suppressed
    assert [m.topic for m in accepted.messages] == ["raw.v1"]
    assert isinstance(accepted.answer, Answer)
    assert accepted.answer.media_type == "text/xml"


@pytest.mark.req("IN-1")
@pytest.mark.parametrize("number", ["+266696687", "+86282452253", "anonymous", "sip:a@b.example"])
def test_a_withheld_number_is_an_unknown_customer(number: str) -> None:
    ringing = callback("Fri, 20 Nov 2026 07:50:00 +0000", CallStatus="ringing", From=number)
    customer = stages_in(ringing)[0].customer
    assert customer is not None
    assert customer.contacts == ()


def message_in(accepted: Accepted) -> Interaction:
    return read(of_topic(accepted, "interactions.v1")[0], Interaction)


SMS = {
    "MessageSid": "SM1",
    "SmsStatus": "received",
    "From": "+8613912345678",
    "Body": "运单 YT1234567890123 破损 😡",
    "NumMedia": "1",
    "MediaUrl0": "https://api.twilio.com/m/ME1",
    "MediaContentType0": "image/jpeg",
}


@pytest.mark.req("IN-1", "IN-6")
def test_a_message_is_a_contact_under_its_own_id() -> None:
    first, again = take(twilio_form(SMS)), take(twilio_form(SMS | {"ApiVersion": "2010-04-01"}))
    message = message_in(first)
    assert message.channel is Channel.PHONE
    assert message.text.reveal().splitlines() == ["运单 YT1234567890123 破损 😡", "[图片]"]
    assert [(m.kind, m.url and m.url.reveal()) for m in message.media] == [("image", "https://api.twilio.com/m/ME1")]
    assert message.tracking_numbers == ("YT1234567890123",)
    assert message.customer.reach(ContactKind.PHONE) == "+8613912345678"
    assert first.id == again.id == message.interaction_id
    assert message_in(take(twilio_form(SMS | {"From": "whatsapp:+8613912345678"}))).customer == message.customer


@pytest.mark.req("IN-1", "IN-6")
def test_the_event_stream_says_the_same_as_the_webhooks() -> None:
    parameters = {**LINE, "CallStatus": "completed", "CallDuration": "201"}
    call = {"id": "EV1", "type": "com.twilio.voice.status-callback.call.completed"}
    message = {"id": "EV2", "type": "com.twilio.messaging.inbound-message.received"}
    data = {"messageSid": "SM1", "from": "+8613912345678", "body": SMS["Body"], "timestamp": "2026-11-20T07:50:00.000Z"}
    events = [
        call | {"data": {"request": {"method": "POST", "parameters": parameters}}},
        message | {"data": data},
        {"id": "EV3", "type": "com.twilio.error-logs.error.logged", "data": {}},
    ]
    accepted = take(streamed(*events))
    (stage,) = stages_in(accepted)
    assert (stage.step, stage.platform_call_id) == (CallStep.ENDED, "CA1")
    assert message_in(accepted).interaction_id == message_in(take(twilio_form(SMS))).interaction_id
    assert message_in(accepted).originals == (accepted.id,)
    assert accepted.messages == take(streamed(*events)).messages


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"CallSid": "CA 1"}, "/CallSid"),
        ({**LINE, "CallStatus": "completed", "CallDuration": "soon"}, "/CallDuration"),
        ({"CallSid": "CA1", "RecordingUrl": "file:///etc/passwd"}, "/RecordingUrl"),
        ({"MessageSid": "SM1"}, "/From"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, str], pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        take(twilio_form(fields))
    assert [e.pointer for e in refusal.value.errors] == [pointer]


NAMES = st.sampled_from([name for name in (*VoiceFields.model_fields, *MessageFields.model_fields) if name != "Media"])
VALUES = st.text(max_size=30) | st.sampled_from(
    ["CA1", "completed", "in-progress", "+8613912345678", "9" * 9, "https://a"]
)


@pytest.mark.req("IN-8")
@given(st.dictionaries(NAMES | st.text(max_size=8), VALUES, max_size=8))
def test_any_form_is_taken_or_refused(fields: dict[str, str]) -> None:
    assert is_taken_or_refused(twilio_form(fields))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["request", "parameters", "from"]), inner)
    ),
    max_leaves=8,
)


@pytest.mark.req("IN-8")
@given(st.lists(st.dictionaries(st.sampled_from(["id", "type", "data", "x"]), JSON), max_size=3))
def test_any_events_are_taken_or_refused(events: list[dict[str, Any]]) -> None:
    assert is_taken_or_refused(streamed(*events))
    assert is_taken_or_refused(streamed({"type": "com.twilio.voice.status-callback.x", "data": {"request": events}}))


@pytest.mark.req("IN-8")
@given(st.binary(max_size=80), st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/xml"]))
def test_any_bytes_are_refused(body: bytes, content_type: str) -> None:
    assert is_taken_or_refused(twilio_delivery(body, ADDRESS, sign(TOKEN, ADDRESS, {}), content_type))
