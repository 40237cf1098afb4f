"""Twilio: voice and message webhooks as forms, and the events of its stream as JSON (IN-1)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.intake.adapters import twilio_message
from services.intake.adapters.contact import accept_contact, interaction_id_of, interaction_message
from services.intake.adapters.edge import Edge, rejected, require_media_type
from services.intake.adapters.form import form_fields
from services.intake.adapters.stages import Said, accept_stages
from services.intake.adapters.twilio_message import MessageFields
from services.intake.adapters.twilio_voice import Nothing, VoiceFields, stage_of, time_of
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Answer, Delivery, Reason, Rejected, Verified
from shared.contracts.interactions import Interaction
from shared.messaging.message import Outgoing
from shared.security.identity import IdentityKey
from shared.security.twilio_signature import MAX_FIELDS, is_valid_body, is_valid_form

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
STREAM = "application/cloudevents+json"
NOTHING_TO_DO = Answer(b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")
"""TwiML without a verb. To a webhook that asks what to do with a call it means: hang up (docs/gateways/phone.md)."""

MAX_EVENTS = 500
VOICE_EVENT = "com.twilio.voice.status-callback."
MESSAGE_EVENT = "com.twilio.messaging.inbound-message.received"


class StreamEvent(Edge):
    """A CloudEvent of Twilio's event stream; what stands in `data` depends on its type."""

    id: Annotated[str, StringConstraints(max_length=128)] = ""
    type: Annotated[str, StringConstraints(max_length=200)] = ""
    data: Mapping[str, Any] = Field(default_factory=dict)


_EVENTS: TypeAdapter[StreamEvent | tuple[StreamEvent, ...]] = TypeAdapter(
    StreamEvent | Annotated[tuple[StreamEvent, ...], Field(max_length=MAX_EVENTS)]
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook's fields, from a form or out of an event, and what names it."""

    fields: Mapping[str, str]
    cause: str


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    """The delivery is caused by what it says: Twilio's repeats are the same, letter by letter."""
    found = require_media_type(delivery.headers, FORM, JSON, STREAM)
    token = credentials.of(delivery.gateway).auth_token or ""
    signature = delivery.headers.get("x-twilio-signature", "")
    form = _form(delivery.body) if found == FORM else None
    if form is None:
        valid = is_valid_body(token, delivery.url, delivery.body, signature)
    else:
        valid = is_valid_form(token, delivery.url, form, signature)
    if not (token and signature and valid):
        raise Rejected(Reason.SIGNATURE, "X-Twilio-Signature is not that of this address, token and body")
    digest = hashlib.sha256(delivery.body).hexdigest()
    return Verified(f"gateway/{delivery.gateway.name}/{digest}", delivery.body, form)


def _form(body: bytes) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    try:
        for name, value in form_fields(body, MAX_FIELDS):
            fields.setdefault(name, []).append(value)
    except ValueError:
        raise Rejected(Reason.MALFORMED, "the body is not a form in UTF-8") from None
    return fields


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    if verified.parsed is None:
        webhooks = [w for event in _events(verified.payload) if (w := _webhook(event, verified.cause))]
    else:
        webhooks = [Webhook({name: values[-1] for name, values in verified.parsed.items()}, verified.cause)]
    said: list[Said] = []
    messages: list[Interaction] = []
    reasons = ["no event of a call or a message"]
    for webhook in webhooks:
        match _read(webhook, delivery, identity):
            case Said() as stage:
                said.append(stage)
            case Interaction() as message:
                messages.append(message)
            case Nothing(because):
                reasons.append(because)
    if len(webhooks) == len(messages) == 1:
        # Its original is kept under the contact's own id.
        taken = accept_contact(delivery, verified.cause, messages[0])
        return replace(taken, answer=NOTHING_TO_DO, status=200)
    return accept_stages(
        delivery,
        verified.cause,
        said,
        identity,
        because=reasons[-1],
        answer=NOTHING_TO_DO,
        status=200,
        also=_contacts(messages, delivery, verified.cause),
    )


def _events(body: bytes) -> Sequence[StreamEvent]:
    try:
        found = _EVENTS.validate_json(body)
    except ValidationError as error:
        raise rejected(error) from None
    return found if isinstance(found, tuple) else (found,)


def _webhook(event: StreamEvent, cause: str) -> Webhook | None:
    """An event as the webhook that would have said the same."""
    named = f"{cause}/{event.id}"
    if event.type == MESSAGE_EVENT:
        names = {"messageSid": "MessageSid", "from": "From", "body": "Body", "timestamp": "Timestamp"}
        return Webhook(
            {ours: v for theirs, ours in names.items() if isinstance(v := event.data.get(theirs), str)}, named
        )
    request = event.data.get("request")
    parameters = request.get("parameters") if isinstance(request, Mapping) else None
    if not event.type.startswith(VOICE_EVENT) or not isinstance(parameters, Mapping):
        return None
    return Webhook({str(n): v for n, v in parameters.items() if isinstance(v, str)}, named)


def _read(webhook: Webhook, delivery: Delivery, identity: IdentityKey) -> Said | Interaction | Nothing:
    fields = {name: value for name, value in webhook.fields.items() if value.strip()}
    try:
        if "MessageSid" in fields:
            return _message(fields, delivery, identity)
        if "CallSid" in fields:
            return stage_of(VoiceFields.model_validate(fields), webhook.cause)
    except ValidationError as error:
        raise rejected(error) from None
    return Nothing("no call and no message")


def _message(fields: Mapping[str, str], delivery: Delivery, identity: IdentityKey) -> Interaction | Nothing:
    numbers = [i for i in range(twilio_message.MAX_MEDIA) if f"MediaUrl{i}" in fields]
    media = tuple((fields[f"MediaUrl{i}"], fields.get(f"MediaContentType{i}", "")) for i in numbers)
    message = MessageFields.model_validate({**fields, "Media": media})
    if not message.is_inbound:
        return Nothing("the status of a message that we sent")
    gateway = delivery.gateway.name
    at = time_of(fields.get("Timestamp")) or delivery.received_at
    cause = f"gateway/{gateway}/{message.MessageSid}"
    return twilio_message.to_interaction(message, gateway, cause, at, delivery.received_at, identity)


def _contacts(messages: Sequence[Interaction], delivery: Delivery, cause: str) -> tuple[Outgoing, ...]:
    """Messages of a batch: their common original is kept under the delivery's id."""
    kept = {"originals": (interaction_id_of(cause),)}
    return tuple(
        interaction_message(m.model_copy(update=kept), delivery.received_at, delivery.traceparent) for m in messages
    )


ADAPTER = Adapter(verify, normalise)
