"""Phone (电话): the call centre's webhook, once at the end of a call, or at each of its stages (IN-1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.intake.adapters.contact import accept_contact, interaction_id_of
from services.intake.adapters.edge import Edge, EdgeInstant, Word, read_json, require_media_type
from services.intake.adapters.signed import verify_signature
from services.intake.adapters.stages import Said, accept_stages
from services.intake.calls.rules import call_rules
from services.intake.credentials import Credentials
from services.intake.customers import customer_of, e164
from services.intake.delivery import Accepted, Adapter, Delivery, Verified
from services.intake.extraction import numbers_in
from services.intake.gateways import Gateway
from services.intake.language import language_of
from services.intake.media.naming import Named, platform_media
from shared.contracts.calls import CallStep
from shared.contracts.interactions import Call, Interaction
from shared.contracts.media import MediaKind, PlatformMedia
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

Seconds = Annotated[int, Field(ge=0, le=86_400)]


class PhoneCall(Edge):
    """A call that ended. `from` is the caller's number as the exchange saw it ("anonymous" where withheld)."""

    call_id: Annotated[str, Field(min_length=1, max_length=128)]
    caller: Annotated[str, Field(alias="from", max_length=64)]
    rings: Annotated[int, Field(ge=0, le=1000)]
    wait_seconds: Seconds
    talk_seconds: Seconds
    answered: bool
    started_at: EdgeInstant
    ended_at: EdgeInstant
    transcript: Annotated[str, Field(max_length=100_000)] | None = None
    language: Word | None = None
    recording_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2000)] | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ended_at < self.started_at:
            raise ValueError("ended_at lies before started_at")
        return self


class PhoneDelivery(Edge):
    """The whole call in one webhook, at its end."""

    type: Literal["call.ended"]
    timestamp: EdgeInstant
    data: PhoneCall


class StageData(Edge):
    """One stage of a call: what this stage does not know, another may say. `at` is that of the webhook by default."""

    call_id: Annotated[str, Field(min_length=1, max_length=128)]
    at: EdgeInstant | None = None
    caller: str | None = Field(None, alias="from", max_length=64)
    rings: Annotated[int, Field(ge=0, le=1000)] | None = None
    wait_seconds: Seconds | None = None
    talk_seconds: Seconds | None = None
    answered: bool | None = None
    transcript: Annotated[str, Field(min_length=1, max_length=100_000)] | None = None
    recording_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2000)] | None = None
    language: Word | None = None


class StageDelivery(Edge):
    """A webhook of a gateway with `stages: true`; they may come in any order, and again."""

    type: Literal["call.started", "call.answered", "call.ended", "recording.ready", "transcript.ready"]
    timestamp: EdgeInstant
    data: StageData

    @model_validator(mode="after")
    def _brings_what_it_names(self) -> Self:
        for kind, field in (("recording.ready", "recording_url"), ("transcript.ready", "transcript")):
            if self.type == kind and getattr(self.data, field) is None:
                raise ValueError(f"{kind} needs data.{field}")
        return self


STEPS: Mapping[str, CallStep] = {
    "call.started": CallStep.RINGING,
    "call.answered": CallStep.ANSWERED,
    "call.ended": CallStep.ENDED,
    "recording.ready": CallStep.RECORDING,
    "transcript.ready": CallStep.TRANSCRIPT,
}


def to_interaction(
    call: PhoneCall, gateway: Gateway, interaction_id: str, received_at: datetime, identity: IdentityKey
) -> Interaction:
    spoken = (call.transcript or "").strip()
    found = numbers_in(spoken)
    language = language_of(spoken, call.language)
    media = _recorded(call.recording_url, gateway, interaction_id)
    missed = "" if call.answered else call_rules().missed.fill(language, call.rings, call.wait_seconds)
    return Interaction(
        interaction_id=interaction_id,
        channel=Channel.PHONE,
        gateway=gateway.name,
        customer=customer_of(
            identity,
            unknown=interaction_id,
            phone=e164(call.caller),
            language=language,
        ),
        text=Personal("\n".join(filter(None, (missed, spoken)))),
        occurred_at=call.started_at,
        received_at=received_at,
        tracking_numbers=found.tracking,
        order_numbers=found.orders,
        call=Call(
            call_id=call.call_id,
            rings=call.rings,
            wait_seconds=call.wait_seconds,
            talk_seconds=call.talk_seconds,
            answered=call.answered,
            recording_ref=media[0].ref if media else None,
        ),
        media=media,
    )


def _recorded(url: str | None, gateway: Gateway, interaction_id: str) -> tuple[PlatformMedia, ...]:
    return (platform_media(Named(MediaKind.RECORDING, url=url), gateway.name, interaction_id),) if url else ()


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_media_type(delivery.headers, "application/json")
    return verify_signature(delivery, credentials)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    if delivery.gateway.stages:
        return _staged(delivery, verified, identity)
    sent = read_json(PhoneDelivery, verified.payload)
    interaction_id = interaction_id_of(verified.cause)
    interaction = to_interaction(sent.data, delivery.gateway, interaction_id, delivery.received_at, identity)
    return accept_contact(delivery, verified.cause, interaction)


def _staged(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    sent = read_json(StageDelivery, verified.payload)
    data, step = sent.data, STEPS[sent.type]
    stage = Said(
        call=data.call_id,
        step=step,
        cause=verified.cause,
        at=data.at or sent.timestamp,
        caller=data.caller,
        # Here a person speaks of persons: who picks up, answers.
        answered=True if step is CallStep.ANSWERED and data.answered is None else data.answered,
        rings=data.rings,
        wait_seconds=data.wait_seconds,
        talk_seconds=data.talk_seconds,
        recording=data.recording_url,
        text=data.transcript,
        language=data.language,
    )
    return accept_stages(delivery, verified.cause, [stage], identity)


ADAPTER = Adapter(verify, normalise)
