"""From a contact in interactions.v1 to the files that it names: one wish to fetch for each.

Read from the log and not published beside the contact: so whoever acknowledged the contact has acknowledged the wish,
and no news of a file can ever stand before its contact (docs/decisions/0017).
"""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.base import Contract, Instant
from shared.contracts.interactions import INTERACTION_RECEIVED
from shared.contracts.media import MEDIA_REQUESTED, MediaRequested, PlatformMedia
from shared.contracts.topics import MEDIA_REQUESTS
from shared.messaging.message import Incoming, outgoing
from shared.messaging.outcome import Done, Ignored

SOURCE = "intake"


class Naming(Contract):
    """What of a contact concerns its media."""

    interaction_id: str
    gateway: str
    received_at: Instant
    media: tuple[PlatformMedia, ...] = ()

    @classmethod
    def read(cls, value: bytes) -> Contract:
        """Nearly all contacts say themselves that they name none; their own words can't look so, for a quotation mark
        in a text is escaped."""
        return _NAMES_NONE if b'"media":[]' in value else cls.model_validate_json(value)


_NAMES_NONE = Naming(interaction_id="", gateway="", received_at=datetime(1970, 1, 1, tzinfo=UTC))
TYPES: dict[str, type[Contract]] = {INTERACTION_RECEIVED: Naming}


def wishes_of(incoming: Incoming[Any]) -> Done | Ignored:
    contact: Naming = incoming.event
    if not contact.media:
        return Ignored()
    return Done(
        tuple(
            outgoing(
                MEDIA_REQUESTS,
                MediaRequested(
                    media=media,
                    interaction_id=contact.interaction_id,
                    customer_id=incoming.key,
                    gateway=contact.gateway,
                    named_at=contact.received_at,
                ),
                type=MEDIA_REQUESTED,
                key=contact.interaction_id,
                cause=incoming.id,
                place=media.ref,
                time=incoming.time,
                source=SOURCE,
                traceparent=incoming.traceparent,
            )
            for media in contact.media
        )
    )
