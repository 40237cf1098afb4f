"""Intake on a real Kafka and MongoDB: a yes means Kafka has it, a repeat changes nothing, the original is kept."""

import asyncio
import signal
from typing import Any

import orjson
import pytest

from shared.contracts.interactions import Interaction
from shared.contracts.parcels import Node, ParcelScan
from shared.contracts.people import Channel, ContactKind
from shared.contracts.topics import (
    DEAD_LETTERS,
    GATEWAY_CONTACTS,
    GATEWAY_PARCELS,
    INTERACTIONS,
    ORDER_EVENTS,
    PARCEL_EVENTS,
    RAW,
)
from tests.integration.intake.harness import Bench, ids
from tests.integration.polling import poll
from tests.unit.intake.test_carrier import BATCH, SCAN, event, order
from tests.unit.intake.test_kuaidi100 import LINES
from tests.unit.intake.test_mail import CHINESE, raw, with_files
from tests.unit.intake.test_phone import ended
from tests.unit.intake.test_web import chat


def attributes(kind: str, event_id: str = "e-1") -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", b"/carrier"),
        ("ce_type", kind.encode()),
        ("ce_time", b"2026-11-20T07:00:00Z"),
    ]


@pytest.mark.req("IN-6", "IN-8")
async def test_a_yes_means_that_kafka_has_it_and_a_repeat_gets_the_same(bench: Bench) -> None:
    intake = await bench.intake()
    first = await bench.webhook(intake, "web", chat(), "m1")
    assert first.status_code == 202
    # Without waiting: what was said yes to is readable at once.
    assert ids(await bench.records(INTERACTIONS)) == ids(await bench.records(RAW)) == {first.json()["id"]}
    again = await bench.webhook(intake, "web", chat(), "m1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    records = await bench.records(INTERACTIONS)
    assert ids(records) == {first.json()["id"]}
    interaction = Interaction.model_validate_json(records[0].value or b"")
    assert (records[0].key or b"").decode() == interaction.customer.customer_id
    assert interaction.customer.reach(ContactKind.PHONE) == "+8613800138000"


@pytest.mark.req("IN-1", "IN-3")
async def test_mail_phone_and_web_arrive_and_their_originals_can_be_fetched(bench: Bench) -> None:
    intake = await bench.intake()
    mail = raw(CHINESE.encode("gbk"), "gb2312") + b"\r\n"
    by_mail = await bench.mail(intake, mail)
    assert await bench.mail(intake, b"Received: by a second relay\r\n" + mail) == by_mail
    by_phone = (await bench.webhook(intake, "phone", ended(), "p1")).json()["id"]
    by_web = (await bench.webhook(intake, "web", chat(), "w1")).json()["id"]
    found = await bench.contacts()
    assert {i.interaction_id: i.channel for i in found} == {
        by_mail: Channel.EMAIL,
        by_phone: Channel.PHONE,
        by_web: Channel.WEB,
    }
    assert {i.text.reveal() for i in found if i.channel is Channel.EMAIL} == {CHINESE}

    async def archived() -> bool:
        return (await bench.original(intake, f"{by_mail}/raw", "archivist")).status_code == 200

    await poll(archived, 30, what="the archive")
    original = await bench.original(intake, f"{by_mail}/raw", "archivist")
    assert original.content == mail
    assert original.headers["x-original-content-type"] == "message/rfc822"
    assert original.headers["content-type"] == "application/octet-stream"


@pytest.mark.req("IN-3", "SY-4")
async def test_only_an_archivist_sees_an_original(bench: Bench) -> None:
    intake = await bench.intake()
    photo = bytes(range(256)) * 8_000
    by_mail = await bench.mail(intake, with_files(("碎了.jpg", "image/jpeg", photo)))
    records = await bench.records(RAW)
    assert len(records) > 1, "larger than a record, so it goes in pieces"

    async def part() -> Any:
        answer = await bench.original(intake, f"{by_mail}/raw/2", "adjudicator")
        return answer if answer.status_code == 200 else None

    answer = await poll(part, 30, what="the attachment")
    assert answer.content == photo
    assert "%E7%A2%8E%E4%BA%86.jpg" in answer.headers["content-disposition"]
    statuses = {
        roles: (await bench.original(intake, f"{by_mail}/raw", *roles)).status_code
        for roles in ((), ("agent",), ("adjudicator",), ("archivist",))
    }
    assert statuses == {(): 401, ("agent",): 403, ("adjudicator",): 403, ("archivist",): 200}
    unknown = await bench.original(intake, "0f8fad5b-d9cb-469f-a165-70867728950e/raw", "archivist")
    assert unknown.status_code == 404
    assert unknown.headers["content-type"] == "application/problem+json"


@pytest.mark.req("IN-2")
async def test_scans_and_orders_arrive_under_their_keys(bench: Bench) -> None:
    intake = await bench.intake()
    batch = [event("e-1"), event("e-2", data=SCAN | {"node": "sorted"})]
    taken = await bench.webhook(intake, "carrier", batch, "c1", BATCH["content-type"])
    assert taken.json()["events"] == 2
    assert (await bench.webhook(intake, "shop", order(), "s1", "application/cloudevents+json")).status_code == 202
    pushed = {
        "status": "polling",
        "lastResult": {"nu": "YT1234567890123", "com": "yuantong", "state": "0", "data": LINES},
    }
    assert (await bench.kuaidi100(intake, pushed)).json()["result"] is True
    assert (await bench.kuaidi100(intake, pushed)).json()["result"] is True
    scans = await bench.records(PARCEL_EVENTS)
    assert len(ids(scans)) == 4
    by_key = {(r.key or b"").decode(): ParcelScan.model_validate_json(r.value or b"") for r in scans}
    assert by_key["YT1234567890123"].node in (Node.HUB_IN, Node.PICKED_UP)
    assert {r.key for r in await bench.records(ORDER_EVENTS)} == {b"TB20261101"}


@pytest.mark.req("IN-1", "IN-6", "IN-8")
async def test_gateways_on_kafka_and_their_garbage(bench: Bench) -> None:
    await bench.intake()
    good = orjson.dumps(SCAN)
    for value in (good, b"\xff{", None, orjson.dumps(SCAN | {"node": "moon"}), good):
        await bench.publish(GATEWAY_PARCELS, value, attributes("parcel.scan"))
    await bench.publish(GATEWAY_PARCELS, good, attributes("parcel.scan")[1:], b"x")
    await bench.publish(GATEWAY_PARCELS, good, [("ce_id", b"\xff")], b"y")
    await bench.publish(GATEWAY_CONTACTS, orjson.dumps(chat()["data"]), attributes("chat.message"))
    await bench.publish(GATEWAY_CONTACTS, orjson.dumps(chat()["data"]), attributes("chat.message"))
    await bench.publish(GATEWAY_CONTACTS, b"[]", attributes("chat.message", "e-2"))
    # A record without ce_specversion is still a scan; the good one came twice.
    scans = await bench.until_records(PARCEL_EVENTS, 3)
    assert len(ids(scans)) == 1
    contacts = await bench.until_records(INTERACTIONS, 2)
    assert len(ids(contacts)) == 1
    assert ids(await bench.until_records(RAW, 2)) == ids(contacts)
    letters = await bench.until_records(DEAD_LETTERS, 5)
    reasons = {dict(r.headers)["dl_reason"].decode() for r in letters}
    assert reasons == {
        "value: json_invalid",
        "value is null",
        "node: enum",
        "header ce_id is not UTF-8",
        "value: model_type",
    }
    assert {r.value for r in letters if dict(r.headers)["dl_reason"] == b"value: json_invalid"} == {b"\xff{"}


@pytest.mark.req("IN-8", "SY-2")
async def test_nothing_that_got_a_yes_is_lost_when_intake_is_killed(bench: Bench) -> None:
    first, second = await bench.intake("intake-0"), await bench.intake("intake-1")
    said_yes: set[str] = set()
    refused = 0

    async def send(number: int) -> None:
        nonlocal refused
        process = first if number % 2 else second
        try:
            answer = await bench.webhook(process, "web", chat(), f"m{number}")
        except Exception:  # the process was killed: no answer is no yes
            refused += 1
            return
        if answer.status_code == 202:
            said_yes.add(answer.json()["id"])

    sending = [asyncio.create_task(send(n)) for n in range(300)]
    await poll(lambda: len(said_yes) > 20, what="the first answers")
    await first.end(signal.SIGKILL)
    await asyncio.gather(*sending)
    assert refused > 0
    assert said_yes <= ids(await bench.records(INTERACTIONS))

    async def archived() -> bool:
        stored = bench.mongo[bench.names.database("intake")]["originals"]
        return await stored.count_documents({"_id": {"$in": sorted(said_yes)}}) == len(said_yes)

    # The partitions of the killed process come to the other one after its session has run out.
    await poll(archived, 60, what="all originals in the archive")
