"""Phone (电话): the call centre's webhook at the end of a call, answered or missed, with transcript and recording."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.intake.adapters.contact import accept_contact, interaction_id_of
from services.intake.adapters.edge import Edge, EdgeInstant, Word, read_json, require_media_type
from services.intake.adapters.signed import verify_signature
from services.intake.credentials import Credentials
from services.intake.customers import customer_of, e164
from services.intake.delivery import Accepted, Adapter, Delivery, Verified
from services.intake.extraction import numbers_in
from services.intake.gateways import Gateway
from services.intake.language import language_of
from shared.contracts.interactions import Call, Interaction
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
    """The body of a webhook of the phone gateway."""

    type: Literal["call.ended"]
    timestamp: EdgeInstant
    data: PhoneCall


def to_interaction(
    call: PhoneCall, gateway: Gateway, interaction_id: str, received_at: datetime, identity: IdentityKey
) -> Interaction:
    text = (call.transcript or "").strip()
    found = numbers_in(text)
    return Interaction(
        interaction_id=interaction_id,
        channel=Channel.PHONE,
        gateway=gateway.name,
        customer=customer_of(
            identity,
            unknown=interaction_id,
            phone=e164(call.caller),
            language=language_of(text, call.language),
        ),
        text=Personal(text),
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
            recording_ref=call.recording_url,
        ),
    )


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_media_type(delivery.headers, "application/json")
    return verify_signature(delivery, credentials)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    sent = read_json(PhoneDelivery, verified.payload)
    interaction_id = interaction_id_of(verified.cause)
    interaction = to_interaction(sent.data, delivery.gateway, interaction_id, delivery.received_at, identity)
    return accept_contact(delivery, verified.cause, interaction)


ADAPTER = Adapter(verify, normalise)
