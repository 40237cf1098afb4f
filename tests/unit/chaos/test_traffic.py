"""The load is what gateways send: well-formed throughout, seeded, with claims, losses and twins in it."""

from datetime import UTC, datetime

import orjson
import pytest

from demo.sending import Route
from services.intake.adapters.web import WebContact, WebDelivery
from shared.contracts.parcels import ParcelScan
from tools.chaos.traffic import Author, Traffic, traffic

NOON = datetime(2026, 11, 11, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def offered() -> Traffic:
    return traffic(Author(7, "t", NOON), 20, 20)


@pytest.mark.req("SY-2")
def test_intake_takes_every_contact(offered: Traffic) -> None:
    contacts = [s for s in offered.during if s.contact is not None]
    assert len(contacts) >= 20 * 20
    for sending in contacts:
        model = WebDelivery if sending.route is Route.WEB else WebContact
        model.model_validate_json(sending.body)


def test_scans_are_of_the_contract(offered: Traffic) -> None:
    scans = [s for s in (*offered.before, *offered.during) if s.route is Route.PARCELS_TOPIC]
    told = [orjson.loads(s.body) for s in scans]
    for scan in told:
        scan.pop("shipment", None)  # its consignee is a person with handles, not yet a customer with an id
        ParcelScan.model_validate(scan)
    lost = {scan["tracking_number"] for scan in told if scan.get("exception") == "loss"}
    assert lost == {number for number, _ in offered.losses}
    assert len(lost) == 20


def test_ids_are_distinct(offered: Traffic) -> None:
    ids = [s.id for s in (*offered.before, *offered.during)]
    assert len(ids) == len(set(ids))


def test_twins_say_the_same_under_another_id_and_print(offered: Traffic) -> None:
    by_id = {s.id: s for s in offered.during}
    assert offered.twins
    for one, other in offered.twins:
        first, second = by_id[one], by_id[other]
        assert first.contact
        assert second.contact
        assert first.contact.person == second.contact.person
        assert first.contact.print != second.contact.print
        assert first.contact.print.partition(" ")[2] == second.contact.print.partition(" ")[2]


def test_forms_ask_for_the_freight_of_a_late_parcel(offered: Traffic) -> None:
    forms = [s for s in offered.during if s.id in offered.forms]
    assert len(forms) == len(offered.forms) == 40
    for sending in forms:
        form = WebDelivery.model_validate_json(sending.body).data.form
        assert form
        assert form.kind == "delay"
        assert form.payee
        assert form.payee[-4:] > "0003"


def test_everything_is_offered_in_order(offered: Traffic) -> None:
    moments = [s.at for s in offered.during]
    assert moments == sorted(moments)
    assert offered == traffic(Author(7, "t", NOON), 20, 20)
