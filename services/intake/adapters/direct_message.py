"""A private message of a social platform as a contact, and what the platform is answered."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.adapters.contact import accept_contact, interaction_id_of, originals
from services.intake.delivery import Accepted, Answer, Delivery
from services.intake.extraction import case_number_in, numbers_in
from services.intake.language import language_of
from services.intake.media.naming import Named, platform_media
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey


@dataclass(frozen=True, slots=True)
class DirectMessage:
    """`written` is the customer's own words, in which numbers are looked for; `marker` says what else came (a
    picture, a place), in which none are; `media` are the files that the platform keeps of it."""

    channel: Channel
    handle: str
    written: str
    marker: str
    sent_at: datetime
    name: str | None = None
    media: tuple[Named, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(filter(None, (self.written, self.marker)))

    @property
    def language(self) -> str:
        return language_of(self.written)


def accept_message(
    delivery: Delivery,
    cause: str,
    message: DirectMessage,
    identity: IdentityKey,
    answer: Answer,
    unknown_codes: tuple[str, ...] = (),
) -> Accepted:
    interaction = _interaction(delivery, interaction_id_of(cause), message, identity)
    accepted = accept_contact(delivery, cause, interaction)
    return replace(accepted, answer=answer, status=200, unknown_codes=unknown_codes)


def accept_event(delivery: Delivery, cause: str, event: str, answer: Answer) -> Accepted:
    """Nobody asked for anything: it is kept and counted, and opens no case."""
    event_id = interaction_id_of(cause)
    messages = originals(delivery, event_id, delivery.traceparent)
    return Accepted(event_id, messages, answer, suppressed=f"event {event}", status=200)


def _interaction(delivery: Delivery, interaction_id: str, message: DirectMessage, identity: IdentityKey) -> Interaction:
    found = numbers_in(message.written)
    return Interaction(
        interaction_id=interaction_id,
        channel=message.channel,
        gateway=delivery.gateway.name,
        customer=_customer(message, identity),
        text=Personal(message.text),
        occurred_at=message.sent_at,
        received_at=delivery.received_at,
        case_number=case_number_in(message.written),
        tracking_numbers=found.tracking,
        order_numbers=found.orders,
        media=tuple(platform_media(named, delivery.gateway.name, interaction_id) for named in message.media),
    )


def _customer(message: DirectMessage, identity: IdentityKey) -> Customer:
    return Customer(
        customer_id=identity.customer_id(openid=message.handle),
        name=Personal(message.name) if message.name else None,
        contacts=(ContactPoint(kind=ContactKind.OPENID, value=Personal(message.handle)),),
        language=message.language,
    )
