"""Whatever comes rightly signed, at whatever kind of gateway, is taken or refused; nothing is raised (IN-8)."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.adapters.registry import ADAPTERS
from services.intake.delivery import Accepted, Delivery, Rejected
from services.intake.gateways import Kind
from services.intake.stream import contacts_handler, contacts_parser
from shared.messaging.message import Incoming
from shared.messaging.record import Malformed
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW
from tests.unit.intake.records import record
from tests.unit.intake.samples import OTHERS_CREDENTIALS, SAMPLES, judged
from tests.unit.intake.spoiling import CONTENT_TYPES, FAULTS, spoilt
from tests.unit.intake.test_web import chat

pytestmark = pytest.mark.req("IN-8", "IN-1", "IN-2")
BY_KAFKA_ONLY = {Kind.CONTACTS}
CONTACTS = GATEWAYS["contacts-topic"]
ATTRIBUTES = [("ce_id", b"e-1"), ("ce_source", b"/web"), ("ce_type", b"chat.message")]


def stands(delivery: Delivery) -> None:
    """Twice the same outcome; what is taken has messages that can be sent; what is refused, words that can be."""
    first, again = judged(delivery), judged(delivery)
    if isinstance(first, Accepted):
        assert isinstance(again, Accepted)
        assert [m.id for m in first.messages] == [m.id for m in again.messages]
        assert first.messages or first.suppressed
        assert all(m.key.encode() and m.headers() for m in first.messages)
    else:
        assert f"{first}".encode()
        assert len(f"{first}") < 10_000


def test_every_kind_has_a_sample() -> None:
    """Fails for a new kind of gateway until it stands in the table."""
    assert {sample.kind for sample in SAMPLES.values()} == set(ADAPTERS)
    assert set(Kind) - set(ADAPTERS) == BY_KAFKA_ONLY


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sound_body_is_taken(name: str) -> None:
    sample = SAMPLES[name]
    delivery = sample.deliver(sample.body)
    assert delivery.gateway.kind is sample.kind
    taken = judged(delivery)
    assert isinstance(taken, Accepted), taken
    assert not taken.suppressed


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_spoilt_body(name: str, fault: str) -> None:
    sample = SAMPLES[name]
    stands(sample.deliver(FAULTS[fault](sample.body)))


@pytest.mark.parametrize("name", SAMPLES)
def test_no_body_is_no_contact_and_no_scan(name: str) -> None:
    sample = SAMPLES[name]
    outcome = judged(sample.deliver(b""))
    assert isinstance(outcome, Rejected) or outcome.suppressed


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("name", SAMPLES)
def test_another_content_type(name: str, content_type: str) -> None:
    sample = SAMPLES[name]
    delivery = sample.deliver(sample.body)
    stands(replace(delivery, headers={**delivery.headers, "content-type": content_type}))


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.kind is not Kind.MAIL])
def test_with_the_secrets_of_another_nothing_is_taken(name: str) -> None:
    """Mail has no signature; every other kind refuses before it reads what was sent."""
    sample = SAMPLES[name]
    outcome = judged(sample.deliver(sample.body), OTHERS_CREDENTIALS)
    assert isinstance(outcome, Rejected)
    assert outcome.reason.status == 401


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_faults_on_faults(name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    stands(sample.deliver(data.draw(spoilt(sample.body))))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_spoilt_contact_by_kafka(fault: str) -> None:
    """Read or a dead letter with its reason."""
    value = FAULTS[fault](orjson.dumps(chat()["data"]))
    parsed = contacts_parser(CONTACTS, "g")(record(value, ATTRIBUTES))
    if isinstance(parsed, Incoming):
        assert contacts_handler(CONTACTS, IDENTITY, lambda: NOW)(parsed).messages
    else:
        assert isinstance(parsed, Malformed)
        assert parsed.reason
