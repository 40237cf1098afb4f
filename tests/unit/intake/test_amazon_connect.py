"""Amazon Connect: contact records become the stages of a call, transcripts follow (IN-1)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.delivery import Rejected
from shared.contracts.calls import CallStep
from shared.contracts.people import ContactKind
from tests.unit.intake.calls_given import contact_of, is_taken_or_refused, signed, stages_in, take
from tests.unit.intake.given import SHARED_DATA, recordings_of

SAMPLE = SHARED_DATA / "phone" / "amazon_connect_ctr_voice.json"
RECORD: dict[str, Any] = {
    "ContactId": "c-1",
    "Channel": "VOICE",
    "InitiationMethod": "INBOUND",
    "InitiationTimestamp": "2026-11-20T07:50:00Z",
    "DisconnectTimestamp": "2026-11-20T07:53:21Z",
    "LastUpdateTimestamp": "2026-11-20T07:54:00Z",
    "CustomerEndpoint": {"Address": "+8613912345678", "Type": "TELEPHONE_NUMBER"},
    "Queue": {"Duration": 21, "EnqueueTimestamp": "2026-11-20T07:50:00Z"},
    "Agent": {"ConnectedToAgentTimestamp": "2026-11-20T07:50:21Z", "AgentInteractionDuration": 170}
    | {"CustomerHoldDuration": 10},
}
ABANDONED = RECORD | {"Agent": None}
ANALYSIS = {
    "Channel": "VOICE",
    "CustomerMetadata": {"ContactId": "c-1"},
    "LanguageCode": "zh-CN",
    "Transcript": [
        {"ParticipantId": "AGENT", "Content": "您好"},
        {"ParticipantId": "CUSTOMER", "Content": "包裹 YT1234567890123 破损了"},
    ],
}


@pytest.mark.req("IN-1")
@pytest.mark.skipif(not SAMPLE.exists(), reason="the shared sample is not here")
def test_the_sample_record_is_one_answered_call() -> None:
    accepted = take(signed("amazon-connect", json.loads(SAMPLE.read_text("utf-8"))))
    contact = contact_of(accepted)
    assert contact.call is not None
    assert (contact.call.answered, contact.call.wait_seconds, contact.call.talk_seconds) == (True, 7, 33)
    (recording,) = recordings_of(contact)
    assert recording.startswith("s3://amazon-connect-")
    assert contact.customer.reach(ContactKind.PHONE) == "+17205550103"
    assert contact.occurred_at.isoformat() == "2022-04-08T14:59:38+00:00"


@pytest.mark.req("IN-1")
def test_who_hung_up_in_the_queue_is_to_be_called_back() -> None:
    contact = contact_of(take(signed("amazon-connect", ABANDONED)))
    assert contact.text.reveal() == "未接来电，请回电。振铃 5 次，等待 21 秒。"
    assert contact.call is not None
    assert not contact.call.answered


@pytest.mark.req("IN-1", "IN-6")
def test_the_words_and_a_later_record_belong_to_the_same_call() -> None:
    recorded = RECORD | {"LastUpdateTimestamp": "2026-11-20T07:58:00Z"}
    recorded |= {"Recordings": [{"Location": "bucket/c-1.wav", "Status": "AVAILABLE"}, {"Status": "DELETED"}]}
    sent = [signed("amazon-connect", body, webhook_id=f"m{n}") for n, body in enumerate((ANALYSIS, recorded, RECORD))]
    contact = contact_of(*[take(d) for d in sent])
    assert contact.text.reveal().splitlines()[1] == "customer: 包裹 YT1234567890123 破损了"
    assert contact.call is not None
    assert recordings_of(contact) == ["s3://bucket/c-1.wav"]
    assert contact.call.talk_seconds == 180
    again = [stages_in(take(signed("amazon-connect", RECORD, webhook_id=w))) for w in ("a", "b")]
    assert [s.stage_id for s in again[0]] == [s.stage_id for s in again[1]]


@pytest.mark.req("IN-1")
def test_a_transferred_call_goes_on_under_its_first_contact() -> None:
    first = ABANDONED | {"NextContactId": "c-2"}
    second = RECORD | {"ContactId": "c-2", "InitialContactId": "c-1", "InitiationMethod": "TRANSFER"}
    steps = [s.step for s in stages_in(take(signed("amazon-connect", first)))]
    assert steps == [CallStep.RINGING, CallStep.ROUTED]
    contact = contact_of(*[take(signed("amazon-connect", body)) for body in (first, second)])
    assert contact.call is not None
    assert (contact.call.call_id, contact.call.answered) == ("c-1", True)


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    "body",
    [RECORD | {"Channel": "CHAT"}, RECORD | {"InitiationMethod": "OUTBOUND"}, ANALYSIS | {"Transcript": []}],
)
def test_what_is_no_call_of_a_customer_is_counted_and_kept(body: dict[str, Any]) -> None:
    accepted = take(signed("amazon-connect", body))
    assert accepted.suppressed
    assert [m.topic for m in accepted.messages] == ["raw.v1"]


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"ContactId": "a b"}, "/ContactId"),
        ({"Queue": {"Duration": -1}}, "/Queue/Duration"),
        ({"DisconnectTimestamp": "yesterday"}, "/DisconnectTimestamp"),
        ({"Agent": {"AgentInteractionDuration": "33"}}, "/Agent/AgentInteractionDuration"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        take(signed("amazon-connect", RECORD | change))
    assert [e.pointer for e in refusal.value.errors] == [pointer]


ANY = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.dictionaries(st.text(max_size=4), st.none())


@pytest.mark.req("IN-8")
@given(st.dictionaries(st.sampled_from([*RECORD, "Transcript", "Recordings", "CustomerMetadata"]), ANY, max_size=4))
def test_any_record_is_taken_or_refused(change: dict[str, Any]) -> None:
    for body in (RECORD | change, ANALYSIS | change, change):
        assert is_taken_or_refused(signed("amazon-connect", body))


@pytest.mark.req("IN-8")
@given(st.binary(max_size=60))
def test_any_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(Rejected):
        take(signed("amazon-connect", body + b"\xff"))
