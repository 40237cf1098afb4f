"""From a contact of any channel to the messages of an accepted delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from services.intake.delivery import Accepted, Delivery, ToKeep
from services.intake.extraction import filled
from services.intake.raw import raw_messages
from shared.contracts.base import derived_id
from shared.contracts.interactions import INTERACTION_RECEIVED, Interaction
from shared.contracts.topics import INTERACTIONS
from shared.messaging.message import Outgoing

PLACE = "interaction"
_INTERACTION = TypeAdapter(Interaction)


def interaction_id_of(cause: str) -> str:
    """The same delivery, sent again, has the same id: a duplicate needs no database (IN-6)."""
    return derived_id(cause, PLACE)


def interaction_message(interaction: Interaction, now: datetime, traceparent: str | None) -> Outgoing:
    """With what its text says (IN-7). Its ce_id equals the interaction's id, which follows from the delivery."""
    return Outgoing(
        topic=INTERACTIONS.name,
        key=interaction.customer.customer_id,
        id=interaction.interaction_id,
        type=INTERACTION_RECEIVED,
        time=now,
        value=_INTERACTION.dump_json(filled(interaction), exclude_none=True),
        source="intake",
        traceparent=traceparent,
    )


def accept_contact(
    delivery: Delivery, cause: str, interaction: Interaction, files: tuple[ToKeep, ...] = ()
) -> Accepted:
    traceparent = delivery.traceparent
    message = interaction_message(interaction, delivery.received_at, traceparent)
    return Accepted(
        id=interaction.interaction_id,
        messages=(*originals(delivery, interaction.interaction_id, traceparent), message),
        answer={"id": interaction.interaction_id},
        files=files,
    )


def originals(
    delivery: Delivery,
    interaction_id: str,
    traceparent: str | None = None,
    body: bytes | None = None,
    unknown_codes: Sequence[str] = (),
) -> tuple[Outgoing, ...]:
    """The delivery as it came, for the archive, where its gateway keeps originals."""
    if not delivery.gateway.keep_raw:
        return ()
    headers: Mapping[str, str] = delivery.headers
    return raw_messages(
        interaction_id, delivery.gateway.name, headers, delivery.body, delivery.received_at, traceparent, unknown_codes
    )
