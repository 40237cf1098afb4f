"""An SMS or MMS by Twilio as a contact: from the webhook's fields, or from an event of its stream."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from services.intake.adapters.contact import interaction_id_of
from services.intake.adapters.edge import Edge
from services.intake.adapters.stages import caller_of
from services.intake.adapters.twilio_voice import Number, Seconds, Sid, Status
from services.intake.extraction import case_number_in, numbers_in
from services.intake.language import language_of
from services.intake.media.naming import Named, platform_media
from shared.contracts.interactions import Interaction
from shared.contracts.media import MediaKind
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

MAX_MEDIA = 10
RECEIVED = "received"
MessageText = Annotated[str, StringConstraints(max_length=20_000)]


class MessageFields(Edge):
    """`Media` are the addresses of pictures and the like, which open with the account's own login, and their types."""

    MessageSid: Sid
    From: Number
    Body: MessageText = ""
    SmsStatus: Status | None = None
    MessageStatus: Status | None = None
    NumMedia: Seconds = 0
    Media: tuple[tuple[str, str], ...] = ()

    @property
    def is_inbound(self) -> bool:
        """Of a message that we sent, its status comes by the same way."""
        return self.MessageStatus in (None, RECEIVED) and self.SmsStatus in (None, RECEIVED)


def to_interaction(
    message: MessageFields, gateway: str, cause: str, at: datetime, received_at: datetime, identity: IdentityKey
) -> Interaction:
    interaction_id = interaction_id_of(cause)
    found = numbers_in(message.Body)
    media = [(_KINDS.get(kind.partition("/")[0], MediaKind.FILE), url) for url, kind in message.Media[:MAX_MEDIA]]
    # WhatsApp comes by the same way, with its name in front of the number.
    customer = caller_of(message.From.rpartition(":")[2], interaction_id, identity)
    if message.Body.strip():
        customer = customer.model_copy(update={"language": language_of(message.Body)})
    return Interaction(
        interaction_id=interaction_id,
        channel=Channel.PHONE,
        gateway=gateway,
        customer=customer,
        text=Personal("\n".join(filter(None, (message.Body.strip(), *(_marker(kind) for kind, _ in media))))),
        occurred_at=min(at, received_at),
        received_at=received_at,
        case_number=case_number_in(message.Body),
        tracking_numbers=found.tracking,
        order_numbers=found.orders,
        media=tuple(platform_media(Named(kind, url=url), gateway, interaction_id) for kind, url in media),
    )


_KINDS = {"image": MediaKind.IMAGE, "audio": MediaKind.VOICE, "video": MediaKind.VIDEO}
_MARKERS = {MediaKind.IMAGE: "[图片]", MediaKind.VOICE: "[语音]", MediaKind.VIDEO: "[视频]"}


def _marker(kind: MediaKind) -> str:
    return _MARKERS.get(kind, "[文件]")
