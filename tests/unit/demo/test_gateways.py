"""The gateways against a small local server: signatures, retries under one id, repeats, refusals."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from demo.crew import HTTP
from demo.gateways.answer import Answer, Later, Place, Refused, Taken
from demo.gateways.backoff import LONGEST_S, pause_s
from demo.gateways.fleet import Fleet, deliver_all
from demo.gateways.http import HttpGateway
from demo.ledger import Ledger
from demo.schedule import Timetable
from demo.sending import Purpose, Route, Sending
from shared.http_client import HttpClient
from tests.unit.demo.gateway_server import CREDENTIALS, SECRETS, Received, listening

pytestmark = pytest.mark.req("IN-1", "IN-6")
AT = datetime(2026, 11, 24, 1, tzinfo=UTC)
NOBODY = "http://127.0.0.1:1"


def contact_of(plan: Timetable, route: Route = Route.WEB) -> Sending:
    return next(replace(s, deliveries=1) for s in plan.contacts if s.route is route)


def never() -> bool:
    return False


def always() -> bool:
    return True


@asynccontextmanager
async def http_client() -> AsyncIterator[HttpClient]:
    client = HttpClient(HTTP, "test")
    yield client
    await client.close()


async def sent(
    sending: Sending, received: Received, patience: Callable[[], bool] = never, urls_before: tuple[str, ...] = ()
) -> Ledger:
    ledger = Ledger()
    async with listening(received) as url, http_client() as client:
        gateway = HttpGateway(sending.route, client, [*urls_before, url], CREDENTIALS, random.Random(1))
        await deliver_all(sending, gateway, ledger, random.Random(1), patience)
    return ledger


async def test_a_signed_delivery_is_taken_and_its_id_kept(plan: Timetable) -> None:
    sending, received = contact_of(plan), Received()
    ledger = await sent(sending, received)
    assert received.accepted == {sending.id: sending.body}
    assert ledger.contacts[sending.id].interaction_id == f"i-{sending.id}"


async def test_an_overloaded_service_gets_the_same_id_again_until_it_takes_it(plan: Timetable) -> None:
    sending, received = contact_of(plan), Received(failures=[503, 429, 502])
    ledger = await sent(sending, received)
    assert received.ids == [sending.id] * 4
    assert ledger.counts["retries"] == 3
    assert list(ledger.contacts) == [sending.id]


async def test_a_dead_instance_is_passed_over(plan: Timetable) -> None:
    sending, received = contact_of(plan, Route.PHONE), Received()
    ledger = await sent(sending, received, urls_before=(NOBODY,))
    assert list(ledger.contacts) == [sending.id]


async def test_a_repeated_delivery_is_the_same_delivery(plan: Timetable) -> None:
    sending, received = replace(contact_of(plan), deliveries=3), Received()
    ledger = await sent(sending, received)
    assert received.ids == [sending.id] * 3
    assert ledger.counts == {"delivered": 1, "repeated": 2}
    assert ledger.other_answers == []


async def test_another_answer_to_the_same_delivery_is_noted(plan: Timetable) -> None:
    sending, ledger = contact_of(plan), Ledger()
    ledger.taken(sending, Taken(202, "a"))
    ledger.taken(sending, Taken(202, "b"))
    assert ledger.other_answers == [sending.id]


async def test_a_forged_signature_is_refused(plan: Timetable) -> None:
    forged, received = replace(contact_of(plan), purpose=Purpose.FORGED), Received()
    ledger = await sent(forged, received)
    assert received.accepted == {}
    assert [(o.status, o.refused) for o in ledger.offences] == [(401, True)]


async def test_good_that_is_refused_is_noted(plan: Timetable) -> None:
    ledger = await sent(contact_of(plan), Received(failures=[422]))
    assert [answer.status for _, answer in ledger.refused] == [422]
    assert ledger.contacts == {}


async def test_nobody_there_is_given_up_only_when_told_to(plan: Timetable) -> None:
    ledger, sending = Ledger(), contact_of(plan)
    async with http_client() as client:
        gateway = HttpGateway(Route.WEB, client, [NOBODY], CREDENTIALS, random.Random(1))
        await deliver_all(sending, gateway, ledger, random.Random(1), always)
    assert ledger.given_up == [sending]


async def test_kuaidi100_is_a_form_with_an_md5_sign(plan: Timetable) -> None:
    push = next(s for s in plan.today if s.route is Route.KUAIDI100 and s.purpose is Purpose.SCANS)
    received = Received()
    ledger = await sent(replace(push, deliveries=1), received)
    assert orjson.loads(received.accepted["push"])["lastResult"]["nu"] == push.scans[0][0]
    assert ledger.scans == set(push.scans)
    forged = await sent(replace(push, purpose=Purpose.FORGED, deliveries=1), Received())
    assert [o.status for o in forged.offences] == [401]


async def test_cloudevents_travel_in_headers_or_in_the_body(plan: Timetable) -> None:
    scans = [s for s in plan.today if s.route is Route.CARRIER and s.purpose is Purpose.SCANS]
    binary = next(s for s in scans if ("content-type", "application/json") in s.headers)
    received = Received()
    await sent(replace(binary, deliveries=1), received)
    assert received.headers[0]["ce-type"] == "parcel.scan"
    assert received.headers[0]["ce-source"].startswith("/carriers/")
    structured = next(s for s in scans if ("content-type", "application/cloudevents+json") in s.headers)
    event = orjson.loads(structured.body)
    assert event["specversion"] == "1.0"
    assert event["data"]["tracking_number"] == structured.scans[0][0]


def test_a_rotation_is_lived(plan: Timetable) -> None:
    gateway = HttpGateway(Route.WEB, HttpClient(HTTP, "test"), ["http://x"], CREDENTIALS, random.Random(3))
    chosen = [tuple(gateway.chosen(forged=False)) for _ in range(400)]
    assert set(chosen) == {(SECRETS[0],), (SECRETS[1],), (SECRETS[0], SECRETS[1])}
    assert chosen.count((SECRETS[0],)) > 250
    assert gateway.chosen(forged=True)[0] not in SECRETS


@pytest.mark.parametrize("attempt", range(12))
def test_pauses_grow_and_end(attempt: int) -> None:
    pause = pause_s(random.Random(attempt), attempt, None)
    assert 0.1 < pause <= LONGEST_S * 1.34
    assert pause_s(random.Random(attempt), attempt, 30.0) == 30.0


class Scripted:
    """A gateway that gives the answers of a list in turn."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.seen: list[str] = []

    async def deliver(self, sending: Sending) -> Answer:
        self.seen.append(sending.id)
        return self.answers.pop(0) if self.answers else Taken(200)


async def test_a_fleet_works_its_queues_and_knows_when_it_is_done(plan: Timetable) -> None:
    ledger, gateway = Ledger(), Scripted(Later("busy"), Taken(202, "i1"))
    fleet = Fleet({Route.WEB: [gateway, gateway]}, ledger, random.Random(1))
    sendings = [s for s in plan.contacts if s.route is Route.WEB][:5]
    for sending in sendings:
        fleet.submit(replace(sending, deliveries=1))
    await fleet.delivered()
    assert fleet.waiting == 0
    assert set(ledger.contacts) == {s.id for s in sendings}
    assert len(gateway.seen) == 6
    await fleet.close()


async def test_a_gateway_that_breaks_does_not_take_the_others_along(plan: Timetable) -> None:
    class Broken:
        async def deliver(self, sending: Sending) -> Answer:
            raise RuntimeError("a mistake of ours")

    ledger = Ledger()
    fleet = Fleet({Route.WEB: [Broken()]}, ledger, random.Random(1))
    fleet.submit(contact_of(plan))
    await fleet.delivered()
    assert len(ledger.given_up) == 1
    await fleet.close()


def test_garbage_that_got_a_place_in_kafka_is_remembered_with_it(plan: Timetable) -> None:
    piece = next(s for s in plan.today if s.purpose is Purpose.GARBAGE and s.route is Route.PARCELS_TOPIC)
    ledger = Ledger()
    ledger.taken(piece, Taken(200, place=Place("gateway-parcels.v1", 1, 7)))
    ledger.refusal(piece, Refused(413))
    assert [(o.refused, o.place) for o in ledger.offences] == [
        (False, Place("gateway-parcels.v1", 1, 7)),
        (True, None),
    ]
