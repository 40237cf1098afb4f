"""From what a platform says about a call to the messages of an accepted delivery: its stages, one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.adapters.contact import interaction_id_of, originals
from services.intake.customers import customer_of, e164
from services.intake.delivery import Accepted, Answer, Delivery
from shared.contracts.base import derived_id
from shared.contracts.calls import CALL_STAGE_REACHED, CallStage, CallStep
from shared.contracts.people import Customer
from shared.contracts.personal import Personal
from shared.contracts.topics import CALL_STAGES
from shared.messaging.message import Outgoing
from shared.security.identity import IdentityKey

_CHINESE_SPEAKING = ("+86", "+852", "+853", "+886")


@dataclass(frozen=True, slots=True)
class Said:
    """One stage in the words that all platforms share. `cause` names it among the platform's messages; `caller` is the
    number as the exchange saw it ("" where it was withheld), None where this stage does not speak of it."""

    call: str
    step: CallStep
    cause: str
    at: datetime | None = None
    caller: str | None = None
    answered: bool | None = None
    rings: int | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    lasted_seconds: int | None = None
    recording: str | None = None
    text: str | None = None
    language: str | None = None


def call_id_of(gateway: str, platform_call_id: str) -> str:
    """The key of a call: opaque, for some exchanges put numbers into theirs."""
    return derived_id(f"gateway/{gateway}/{platform_call_id}", "call")


def accept_stages(
    delivery: Delivery,
    cause: str,
    said: Sequence[Said],
    identity: IdentityKey,
    *,
    because: str = "",
    answer: Mapping[str, Any] | Answer | None = None,
    status: int = 202,
    also: Sequence[Outgoing] = (),
) -> Accepted:
    """The stages of a delivery; `because` says why there are none, `also` is what else came of it."""
    delivery_id = interaction_id_of(cause)
    traceparent = delivery.traceparent
    stages = tuple(_message(_stage(delivery, delivery_id, s, identity), traceparent) for s in said)
    return Accepted(
        id=delivery_id,
        messages=(*originals(delivery, delivery_id, traceparent), *stages, *also),
        answer={"id": delivery_id} if answer is None else answer,
        suppressed=None if stages or also else because,
        status=status,
    )


def _stage(delivery: Delivery, delivery_id: str, said: Said, identity: IdentityKey) -> CallStage:
    gateway = delivery.gateway.name
    call_id = call_id_of(gateway, said.call)
    return CallStage(
        stage_id=derived_id(f"gateway/{gateway}/{said.cause}", f"stage/{said.step}"),
        call_id=call_id,
        gateway=gateway,
        platform_call_id=said.call,
        delivery_id=delivery_id,
        step=said.step,
        at=said.at or delivery.received_at,
        received_at=delivery.received_at,
        customer=None if said.caller is None else caller_of(said.caller, call_id, identity),
        answered=said.answered,
        rings=said.rings,
        wait_seconds=said.wait_seconds,
        talk_seconds=said.talk_seconds,
        lasted_seconds=said.lasted_seconds,
        recording_ref=said.recording,
        text=Personal(said.text) if said.text else None,
        language=said.language and ("zh" if said.language.lower().startswith("zh") else "en"),
    )


def caller_of(number: str, call_id: str, identity: IdentityKey) -> Customer:
    """Who calls; until something is said, they are taken to speak as people do where the number is from."""
    phone = e164(number)
    language = "zh" if phone is None or phone.startswith(_CHINESE_SPEAKING) else "en"
    return customer_of(identity, unknown=call_id, phone=phone, language=language)


def _message(stage: CallStage, traceparent: str | None) -> Outgoing:
    return Outgoing(
        topic=CALL_STAGES.name,
        key=stage.call_id,
        id=stage.stage_id,
        type=CALL_STAGE_REACHED,
        time=stage.received_at,
        value=stage.model_dump_json(exclude_none=True).encode(),
        source="intake",
        traceparent=traceparent,
    )
