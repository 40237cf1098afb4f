"""What the demo's platforms sign intake's adapters believe: two sides, written apart from the same documents."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from demo.crew import HTTP
from demo.gateways.http import HttpGateway
from demo.schedule import Timetable
from demo.sending import Purpose, Route, Sending
from services.intake.adapters.registry import ADAPTERS
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.delivery import Accepted, Delivery, Rejected
from services.intake.gateways import load
from shared.contracts.interactions import Interaction
from shared.http_client import HttpClient
from shared.security.identity import IdentityKey
from tools.secret_files import proofs

pytestmark = pytest.mark.req("IN-1", "IN-2", "IN-6")
GATEWAYS = {gateway.name: gateway for gateway in load().gateways}
IDENTITY = IdentityKey(b"0123456789abcdef")
BASE = "http://127.0.0.1:8001"
PLATFORMS = (Route.WECHAT, Route.WEIBO, Route.TWILIO, Route.SF, Route.KUAIDI100)


def first_of(plan: Timetable, route: Route, purpose: Purpose | None = None) -> Sending:
    found = next(s for s in plan.today if s.route is route and s.purpose in (Purpose.CONTACT, Purpose.SCANS))
    return replace(found, purpose=purpose or found.purpose)


def received(sending: Sending, seed: int = 1) -> Accepted:
    secrets = {sending.route.value: proofs()}
    rng = random.Random(seed)
    gateway = HttpGateway(sending.route, HttpClient(HTTP, "test"), [BASE], secrets, rng)
    url = gateway.urls[0]
    push = gateway.request(sending, url)
    now = datetime.now(UTC)
    delivery = Delivery(
        GATEWAYS[sending.route.value], dict(push.headers), push.body, now, now, query=dict(push.query), url=url
    )
    adapter = ADAPTERS[delivery.gateway.kind]
    own = GatewaySecrets.model_validate(secrets[sending.route.value])
    verified = adapter.verify(delivery, Credentials({sending.route.value: own}))
    return adapter.normalise(delivery, verified, IDENTITY)


@pytest.mark.parametrize("route", PLATFORMS)
def test_a_push_is_believed_and_its_repeat_is_the_same(plan: Timetable, route: Route) -> None:
    sending = first_of(plan, route)
    accepted, again = received(sending), received(sending, seed=2)
    assert accepted.id == again.id
    assert accepted.suppressed is None
    assert [m.id for m in accepted.messages] == [m.id for m in again.messages]


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("route", PLATFORMS)
def test_a_forged_one_is_not(plan: Timetable, route: Route) -> None:
    with pytest.raises(Rejected) as refused:
        received(first_of(plan, route, Purpose.FORGED))
    assert refused.value.reason.status == 401


@pytest.mark.parametrize("route", [Route.WECHAT, Route.WEIBO, Route.TWILIO])
def test_a_contact_says_what_the_person_wrote(plan: Timetable, route: Route) -> None:
    sending = first_of(plan, route)
    assert sending.contact
    message = next(m for m in received(sending).messages if m.topic == "interactions.v1")
    interaction = Interaction.model_validate_json(message.value)
    assert sending.contact.print.endswith(interaction.text.reveal())
    if route is not Route.TWILIO:
        assert sending.contact.print.startswith(interaction.occurred_at.astimezone(UTC).isoformat())


def test_every_node_and_exception_of_a_journey_has_a_code_of_sf(plan: Timetable) -> None:
    """None of them is an unknown code."""
    pushes = [s for s in (*plan.history, *plan.today) if s.route is Route.SF and s.purpose is Purpose.SCANS]
    assert len(pushes) > 20
    assert {code for push in pushes for code in received(push).unknown_codes} == set()
