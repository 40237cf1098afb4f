"""What the tests of calls begin with: stages, a run through the pure decisions, deliveries of phone platforms."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from services.intake.adapters.registry import ADAPTERS
from services.intake.adapters.stages import call_id_of
from services.intake.calls.call import CallFile, due_at
from services.intake.calls.decide import stage_reached, time_passed
from services.intake.calls.rules import call_rules
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.customers import customer_of
from services.intake.delivery import Accepted, Delivery, Rejected
from shared.contracts.base import derived_id
from shared.contracts.calls import CallStage, CallStep
from shared.contracts.interactions import Interaction
from shared.contracts.personal import Personal
from shared.contracts.topics import CALL_STAGES
from shared.security.twilio_signature import sign as twilio_sign
from shared.security.webhooks import sign
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW, REAL, SECRET, of_topic, read

RULES = call_rules()
TOKEN = "12345"
PHONE_CREDENTIALS = Credentials(
    {name: GatewaySecrets(secrets=(SECRET,)) for name in ("call-centre", "amazon-connect", "asterisk")}
    | {"twilio": GatewaySecrets(auth_token=TOKEN)}
)
ADDRESS = "https://care.example/gateways/twilio"
CALL = call_id_of("call-centre", "c-1")
CALLER = customer_of(IDENTITY, unknown=CALL, phone="+8613912345678")


def stage(step: CallStep, after_s: int, **said: Any) -> CallStage:
    """A stage of one call, `after_s` seconds after it began to ring; its id follows from what it says."""
    text = said.pop("text", None)
    return CallStage(
        stage_id=derived_id(f"{step}/{after_s}/{sorted(said)}/{text}", "stage"),
        call_id=CALL,
        gateway="call-centre",
        platform_call_id="c-1",
        delivery_id=derived_id(f"{step}/{after_s}/{text}", "delivery"),
        step=step,
        at=NOW + timedelta(seconds=after_s),
        received_at=NOW + timedelta(seconds=after_s + 1),
        text=Personal(text) if text else None,
        **said,
    )


def told_of(stages: Iterable[CallStage], file: CallFile | None = None) -> tuple[CallFile, list[Interaction]]:
    """The call after these stages, in this order, and the contacts that it gave on the way."""
    told: list[Interaction] = []
    for one in stages:
        decision = stage_reached(file, one, RULES, NOW)
        file = decision.file
        told += [decision.contact] if decision.contact else []
    assert file is not None, "a call has at least one stage"
    return file, told


def until_told(stages: Iterable[CallStage], file: CallFile | None = None) -> tuple[CallFile, list[Interaction]]:
    """The same, and then its time is up."""
    file, told = told_of(stages, file)
    due = due_at(file, RULES)
    if due is None:
        return file, told
    assert time_passed(file, RULES, due - timedelta(microseconds=1)).contact is None
    last = time_passed(file, RULES, due)
    return last.file, told + ([last.contact] if last.contact else [])


def twilio_form(fields: Mapping[str, str], url: str = ADDRESS, token: str = TOKEN) -> Delivery:
    proof = twilio_sign(token, url, {name: [value] for name, value in fields.items()})
    return twilio_delivery(urlencode(fields).encode(), url, proof, "application/x-www-form-urlencoded")


def twilio_delivery(body: bytes, url: str, signature: str, content_type: str) -> Delivery:
    headers = {"content-type": content_type, "x-twilio-signature": signature}
    return Delivery(GATEWAYS["twilio"], headers, body, NOW, REAL, url=url)


def signed(gateway: str, body: Any, content_type: str = "application/json", webhook_id: str = "msg_1") -> Delivery:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": content_type, **sign(SECRET, webhook_id, REAL, content)}
    return Delivery(GATEWAYS[gateway], headers, content, NOW, REAL)


def take(delivery: Delivery) -> Accepted:
    adapter = ADAPTERS[delivery.gateway.kind]
    return adapter.normalise(delivery, adapter.verify(delivery, PHONE_CREDENTIALS), IDENTITY)


def judged(delivery: Delivery) -> Accepted | Rejected:
    """Taken or refused: anything else that happens is a fault of ours."""
    try:
        return take(delivery)
    except Rejected as refusal:
        return refusal


def is_taken_or_refused(delivery: Delivery) -> bool:
    """Nothing taken is dropped, and a refusal is the sender's fault."""
    found = judged(delivery)
    return bool(found.messages) if isinstance(found, Accepted) else 400 <= found.reason.status < 500


def stages_in(*accepted: Accepted) -> list[CallStage]:
    return [read(m, CallStage) for a in accepted for m in of_topic(a, CALL_STAGES.name)]


def contact_of(*accepted: Accepted) -> Interaction:
    """The one contact that these deliveries become."""
    told = until_told(stages_in(*accepted))[1]
    assert len(told) == 1
    return told[0]
