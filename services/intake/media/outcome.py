"""What became of a wish to fetch, and the news that its contact's readers get of it."""

from dataclasses import dataclass
from datetime import datetime
from mimetypes import guess_extension
from typing import Any

from shared.contracts.interactions import (
    MEDIA_FAILED,
    MEDIA_STORED,
    Attachment,
    MediaFailed,
    MediaStored,
)
from shared.contracts.media import MediaFault, MediaRequested
from shared.contracts.personal import Personal
from shared.contracts.topics import INTERACTIONS
from shared.messaging.message import Incoming, Outgoing, result_of
from shared.messaging.outcome import Done, Outcome, Retry

SOURCE = "intake"


@dataclass(frozen=True, slots=True)
class Stored:
    """The file is in our store. `at` is business time."""

    at: datetime
    sha256: str
    size: int
    content_type: str
    ref: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Nobody tries any more."""

    at: datetime
    fault: MediaFault
    reason: str


@dataclass(frozen=True, slots=True)
class Delayed:
    reason: str


Fetched = Stored | Failed | Delayed


def outcome_of(incoming: Incoming[MediaRequested], fetched: Fetched) -> Outcome:
    """Pure. The news has the key of its contact, which stands before it in the same partition."""
    request = incoming.event
    match fetched:
        case Stored(at):
            stored = MediaStored(attachment=_attachment(request, fetched), stored_at=at, **_same(request))
            return Done((_told(incoming, MEDIA_STORED, at, stored),))
        case Failed(at, fault):
            failed = MediaFailed(fault=fault, failed_at=at, **_same(request))
            return Done((_told(incoming, MEDIA_FAILED, at, failed),))
        case Delayed(reason):
            return Retry(reason)


def _attachment(request: MediaRequested, stored: Stored) -> Attachment:
    """Platforms give their files no names: it is called after what it is."""
    ending = _ENDINGS.get(stored.content_type) or guess_extension(stored.content_type) or ""
    return Attachment(
        name=Personal(f"{request.media.kind}{ending}"),
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256,
        ref=stored.ref,
    )


_ENDINGS = {"audio/amr": ".amr", "audio/mpeg": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav"}


def _same(request: MediaRequested) -> dict[str, Any]:
    return {"interaction_id": request.interaction_id, "ref": request.media.ref, "kind": request.media.kind}


def _told(
    incoming: Incoming[MediaRequested], event_type: str, at: datetime, event: MediaStored | MediaFailed
) -> Outgoing:
    key = incoming.event.customer_id
    return result_of(incoming, INTERACTIONS, event, type=event_type, key=key, time=at, source=SOURCE)
