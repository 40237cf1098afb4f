"""Gateways that publish straight to Kafka: the same events as by HTTP, and a reason for what can't be read."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.stream import contacts_handler, contacts_parser, parcels_parser
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done
from shared.messaging.record import Malformed, Parsed, Skipped
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW, read
from tests.unit.intake.records import record
from tests.unit.intake.test_carrier import SCAN
from tests.unit.intake.test_phone import ended
from tests.unit.intake.test_web import chat

CONTACTS, PARCELS = GATEWAYS["contacts-topic"], GATEWAYS["parcels-topic"]
parse_contact = contacts_parser(CONTACTS, "g")
parse_scan = parcels_parser(PARCELS, "g", IDENTITY)


def handle_contact(contact: Incoming[Any]) -> Done:
    done = contacts_handler(CONTACTS, IDENTITY, lambda: NOW)(contact)
    assert isinstance(done, Done), done
    return done


def headers(kind: str, **change: bytes) -> list[tuple[str, bytes]]:
    named = {
        "ce_specversion": b"1.0",
        "ce_id": b"e-1",
        "ce_source": b"/crm",
        "ce_type": kind.encode(),
        "ce_time": b"2026-11-20T07:00:00Z",
    }
    return list((named | change).items())


def incoming(parsed: Parsed) -> Incoming[Any]:
    assert isinstance(parsed, Incoming), parsed
    return parsed


@pytest.mark.req("IN-1")
def test_a_chat_by_kafka_is_a_chat() -> None:
    body = orjson.dumps(chat()["data"])
    raw, message = handle_contact(incoming(parse_contact(record(body, headers("chat.message"))))).messages
    interaction = read(message, Interaction)
    assert interaction.channel is Channel.WEB
    assert interaction.gateway == "contacts-topic"
    assert message.id == interaction.interaction_id == raw.id
    assert raw.value == body
    assert dict(raw.extra)["orig_ce_source"] == b"/crm"


@pytest.mark.req("IN-1")
def test_a_call_by_kafka_is_a_call() -> None:
    body = orjson.dumps(ended()["data"])
    done = handle_contact(incoming(parse_contact(record(body, headers("call.ended")))))
    assert read(done.messages[-1], Interaction).channel is Channel.PHONE


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("value", "given_headers", "reason"),
    [
        (b"{", headers("parcel.scan"), "json_invalid"),
        (b"\xff\xfe", headers("parcel.scan"), "json_invalid"),
        (None, headers("parcel.scan"), "value is null"),
        (orjson.dumps(SCAN | {"node": "moon"}), headers("parcel.scan"), "node: enum"),
        (orjson.dumps(SCAN), headers("parcel.eaten"), "ce_type is none of parcel.scan"),
        (orjson.dumps(SCAN), headers("parcel.scan")[2:], "header missing: ce_id"),
        (orjson.dumps(SCAN), headers("parcel.scan", ce_source=b""), "header missing: ce_source"),
        (orjson.dumps(SCAN), headers("parcel.scan", ce_id=b"x" * 300), "ce_id is longer"),
        (orjson.dumps(SCAN), headers("parcel.scan", ce_id=b"\xff"), "not UTF-8"),
        (orjson.dumps(SCAN), headers("parcel.scan", ce_time=b"noon"), "ce_time"),
        (b" " * 2_000_000, headers("parcel.scan"), "larger than"),
    ],
)
def test_what_cannot_be_read_has_a_reason(
    value: bytes | None, given_headers: list[tuple[str, bytes]], reason: str
) -> None:
    parsed = parse_scan(record(value, given_headers))
    assert isinstance(parsed, Malformed)
    assert reason in parsed.reason


def test_a_replay_for_another_group_is_skipped() -> None:
    assert isinstance(parse_scan(record(b"{}", headers("parcel.scan", pc_replay_group=b"other"))), Skipped)


def test_an_event_without_a_time_has_its_records() -> None:
    without = [h for h in headers("parcel.scan") if h[0] != "ce_time"]
    assert incoming(parse_scan(record(orjson.dumps(SCAN), without))).time.year == 2026


@pytest.mark.req("IN-8")
@given(
    st.one_of(st.none(), st.binary(max_size=300), st.just(orjson.dumps(SCAN)), st.just(orjson.dumps(chat()["data"]))),
    st.lists(st.tuples(st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_time", "x"]), st.binary(max_size=20))),
    st.sampled_from(["parcel.scan", "chat.message", "call.ended"]),
)
def test_no_bytes_break_the_readers(value: bytes | None, more: list[tuple[str, bytes]], kind: str) -> None:
    one = record(value, [*headers(kind), *more])
    for parse in (parse_scan, parse_contact):
        assert isinstance(parse(one), Incoming | Malformed | Skipped)
