"""The timetable: as many contacts by as many people as wanted, over the day as in a real centre, with all faults."""

from collections import Counter
from datetime import datetime, timedelta

import orjson
import pytest

from demo.corpus import Intent
from demo.parcels import CHINA, Day
from demo.scans import MEMORY
from demo.schedule import Sizes, Timetable, timetable
from demo.sending import Purpose, Route, Sending

pytestmark = pytest.mark.req("SY-9")


def of_purpose(plan: Timetable, purpose: Purpose) -> list[Sending]:
    return [sending for sending in plan.today if sending.purpose is purpose]


def test_every_customer_contacts_us_and_some_again(plan: Timetable) -> None:
    who = Counter(sending.contact.person.number for sending in plan.contacts if sending.contact)
    assert sum(who.values()) == 600
    assert len(who) == 450
    assert max(who.values()) > 1


def test_all_channels_all_matters_both_languages(plan: Timetable) -> None:
    contacts = [sending.contact for sending in plan.contacts if sending.contact]
    assert {contact.channel for contact in contacts} == {"phone", "web", "email", "wechat", "weibo", "sms"}
    assert {c.person.language for c in contacts if c.channel in ("wechat", "weibo")} == {"zh"}
    assert {contact.intent for contact in contacts} == set(Intent)
    english = sum(contact.person.language == "en" for contact in contacts) / len(contacts)
    assert 0.09 < english < 0.22
    assert sum(contact.claim_kind is not None for contact in contacts) > 15


def test_everything_happens_during_the_day_in_order(plan: Timetable) -> None:
    assert [s for s in plan.today if not plan.day.holds(s.at)] == []
    assert list(plan.today) == sorted(plan.today, key=lambda sending: sending.at)
    assert all(sending.at < plan.day.opens for sending in plan.history)


def test_mornings_are_busier_than_nights(plan: Timetable) -> None:
    hours = Counter(sending.at.astimezone(CHINA).hour for sending in plan.contacts)
    assert hours[10] > 3 * hours[7]
    assert hours[10] + hours[11] > hours[21] + hours[22]


@pytest.mark.req("RO-5")
def test_a_merchant_without_a_contract_ships_more_than_fifty_parcels(plan: Timetable) -> None:
    events = [orjson.loads(sending.body)["data"] for sending in of_purpose(plan, Purpose.ORDERS)]
    numbers = {number for event in events for number in event["tracking_numbers"]}
    assert (len(events), len(numbers)) == (3, 54)
    (phone,) = {event["customer"]["phone"] for event in events}
    wrote = [s.contact.person for s in plan.contacts if s.contact and s.contact.person.phone == phone]
    assert len(wrote) > 1
    assert wrote[0].tier == "standard"


def test_ids_are_unique(plan: Timetable) -> None:
    ids = Counter((sending.route, sending.id) for sending in (*plan.history, *plan.today))
    assert [key for key, count in ids.items() if count > 1] == []


def test_gateways_repeat_some_deliveries(plan: Timetable) -> None:
    repeated = Counter(sending.deliveries for sending in plan.contacts)
    assert set(repeated) == {1, 2, 3}
    assert any(sending.deliveries > 1 for sending in of_purpose(plan, Purpose.SCANS))


def test_one_in_a_hundred_is_garbage_on_every_way(plan: Timetable) -> None:
    garbage = of_purpose(plan, Purpose.GARBAGE)
    assert 0.008 < len(garbage) / len(plan.today) < 0.02
    assert {Route.MAIL, Route.PARCELS_TOPIC, Route.CONTACTS_TOPIC} <= {sending.route for sending in garbage}
    notes = {sending.note for sending in garbage}
    assert {"bad JSON", "wrong types", "not UTF-8", "oversize", "header missing", "unknown domain"} <= notes


def test_garbage_really_is_garbage(plan: Timetable) -> None:
    for sending in of_purpose(plan, Purpose.GARBAGE):
        if sending.note in ("bad JSON", "not UTF-8", "no JSON") and sending.route is not Route.MAIL:
            with pytest.raises(orjson.JSONDecodeError):
                orjson.loads(sending.body)


def test_forged_deliveries_are_good_but_for_the_signature(plan: Timetable) -> None:
    forged = of_purpose(plan, Purpose.FORGED)
    assert forged
    for sending in forged:
        assert sending.route not in (Route.MAIL, Route.PARCELS_TOPIC, Route.CONTACTS_TOPIC)
        if sending.route not in (Route.WECHAT, Route.TWILIO):
            orjson.loads(sending.body)


def test_the_same_seed_draws_the_same_day(plan: Timetable, day: Day) -> None:
    again = timetable(7, "t", day, Sizes(customers=450, contacts=600, scans=6000))
    assert [s.body for s in again.today] == [s.body for s in plan.today]
    other = timetable(8, "t", day, Sizes(customers=30, contacts=40, scans=200))
    assert not {s.id for s in other.today} & {s.id for s in plan.today}


def test_scans_come_by_topic_by_http_by_kuaidi100_and_by_sf(plan: Timetable) -> None:
    routes = Counter(sending.route for sending in of_purpose(plan, Purpose.SCANS))
    assert set(routes) == {Route.PARCELS_TOPIC, Route.CARRIER, Route.KUAIDI100, Route.SF}
    assert routes[Route.PARCELS_TOPIC] > 0.7 * sum(routes.values())
    history = {sending.route for sending in plan.history}
    assert history == {Route.PARCELS_TOPIC, Route.CARRIER, Route.KUAIDI100, Route.SF}


def test_what_is_loaded_before_the_day_is_not_yet_a_delay(plan: Timetable) -> None:
    by_parcel: dict[str, list[datetime]] = {}
    for sending in plan.history:
        for number, at in sending.scans:
            by_parcel.setdefault(number, []).append(at)
    for number, times in by_parcel.items():
        assert len(times) == 1 or min(times) > plan.day.opens - MEMORY, number
    assert any(max(times) < plan.day.opens - timedelta(hours=30) for times in by_parcel.values()), "some are silent"


def test_the_first_scan_that_is_loaded_carries_the_terms_of_carriage(plan: Timetable) -> None:
    first: dict[str, bytes] = {}
    for sending in plan.history:
        if sending.route is Route.PARCELS_TOPIC:
            first.setdefault(sending.scans[0][0], sending.body)
    assert first
    assert all("shipment" in orjson.loads(body) for body in first.values())
