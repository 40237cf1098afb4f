"""Calls, from the call centre's webhook to an interaction (IN-1)."""

from typing import Any

import pytest

from services.intake.delivery import Reason, Rejected
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, ContactKind
from tests.unit.intake.calls_given import contact_of, signed, take
from tests.unit.intake.given import accept, json_delivery, of_topic, read, recordings_of


def ended(**data: Any) -> dict[str, Any]:
    base = {
        "call_id": "c-1",
        "from": "13912345678",
        "rings": 4,
        "wait_seconds": 21,
        "talk_seconds": 180,
        "answered": True,
        "started_at": "2026-11-20T07:50:00Z",
        "ended_at": "2026-11-20T07:53:21Z",
    }
    return {"type": "call.ended", "timestamp": "2026-11-20T07:53:22Z", "data": base | data}


def interaction_of(**data: Any) -> Interaction:
    return read(of_topic(accept(json_delivery("phone", ended(**data))), "interactions.v1")[0], Interaction)


@pytest.mark.req("IN-1")
def test_rings_and_waiting_are_kept() -> None:
    interaction = interaction_of(transcript="包裹破损，运单 YT1234567890123", recording_url="https://pbx.example/r/1")
    assert interaction.channel is Channel.PHONE
    assert interaction.call is not None
    assert (interaction.call.rings, interaction.call.wait_seconds, interaction.call.talk_seconds) == (4, 21, 180)
    assert recordings_of(interaction) == ["https://pbx.example/r/1"]
    assert interaction.customer.reach(ContactKind.PHONE) == "+8613912345678"
    assert interaction.tracking_numbers == ("YT1234567890123",)


@pytest.mark.req("IN-1")
def test_a_missed_call_is_a_contact_too() -> None:
    interaction = interaction_of(answered=False, talk_seconds=0)
    assert interaction.call is not None
    assert not interaction.call.answered
    assert interaction.text.reveal() == "未接来电，请回电。振铃 4 次，等待 21 秒。"
    english = interaction_of(answered=False, talk_seconds=0, language="en").text.reveal()
    assert english == "Missed call: please ring the caller. Rings: 4, waited 21 s."


@pytest.mark.parametrize("caller", ["anonymous", "", "Restricted"])
def test_a_withheld_number_is_an_unknown_customer(caller: str) -> None:
    customer = interaction_of(**{"from": caller}).customer
    assert customer.contacts == ()
    assert customer.customer_id.startswith("unknown-")


def test_web_and_phone_recognise_the_same_person() -> None:
    chat = {
        "type": "chat.message",
        "timestamp": "2026-11-20T07:00:00Z",
        "data": {"customer": {"phone": "+86 139-1234-5678"}, "text": "在吗", "occurred_at": "2026-11-20T07:00:00Z"},
    }
    by_web = read(of_topic(accept(json_delivery("web", chat)), "interactions.v1")[0], Interaction)
    assert by_web.customer.customer_id == interaction_of().customer.customer_id


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"rings": "4"}, "/data/rings"),
        ({"rings": -1}, "/data/rings"),
        ({"rings": 2**63}, "/data/rings"),
        ({"answered": "yes"}, "/data/answered"),
        ({"ended_at": "2026-11-20T07:49:59Z"}, "/data"),
        ({"recording_url": "file:///etc/passwd"}, "/data/recording_url"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        interaction_of(**change)
    assert refusal.value.reason is Reason.INVALID
    assert [e.pointer for e in refusal.value.errors] == [pointer]


def reported(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2026-11-20T07:53:22Z", "data": {"call_id": "c-1", **data}}


STAGES = (
    reported("call.started", at="2026-11-20T07:50:00Z", **{"from": "13912345678", "rings": 4}),
    reported("call.answered", at="2026-11-20T07:50:21Z"),
    reported("call.ended", at="2026-11-20T07:53:21Z"),
    reported("recording.ready", recording_url="https://pbx.example/r/1"),
    reported("transcript.ready", transcript="包裹破损，运单 YT1234567890123"),
)


@pytest.mark.req("IN-1", "IN-6")
def test_a_call_centre_may_report_stage_by_stage() -> None:
    deliveries = [signed("call-centre", body, webhook_id=f"m{n}") for n, body in enumerate(STAGES)]
    contact = contact_of(*[take(d) for d in reversed(deliveries)])
    assert contact.call is not None
    assert (contact.call.rings, contact.call.wait_seconds, contact.call.talk_seconds) == (4, 21, 180)
    assert contact.call.call_id == "c-1"
    assert contact.tracking_numbers == ("YT1234567890123",)
    assert [take(d).messages for d in deliveries] == [take(d).messages for d in deliveries]


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (reported("recording.ready"), "/"),
        (reported("transcript.ready"), "/"),
        (reported("call.began"), "/type"),
        (reported("call.ended", answered="no"), "/data/answered"),
        (reported("call.started", rings=-1), "/data/rings"),
    ],
)
def test_a_wrong_stage_is_named(body: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        take(signed("call-centre", body))
    assert [e.pointer or "/" for e in refusal.value.errors] == [pointer]


@pytest.mark.req("IN-8")
def test_a_gateway_that_reports_whole_calls_takes_no_stages() -> None:
    with pytest.raises(Rejected) as refusal:
        accept(json_delivery("phone", STAGES[0]))
    assert refusal.value.reason is Reason.INVALID
