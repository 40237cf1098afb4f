"""From a download into the object store, which checks size and type by the content and says what it is."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Protocol

from services.intake.media.download import Download
from services.intake.media.failures import Later, Never
from services.intake.media.outcome import Stored
from services.intake.objects.faults import Infected, ObjectFault, StoreUnavailable, TooLarge, TypeRefused
from services.intake.objects.kept import StoredObject
from shared.contracts.media import MediaFault


class Store(Protocol):
    """The part of the object store that is needed here."""

    async def put(
        self, chunks: AsyncIterator[bytes] | bytes, *, declared_type: str, limit_bytes: int
    ) -> StoredObject: ...


FAULTS: Mapping[type[ObjectFault], MediaFault] = {
    TooLarge: MediaFault.TOO_LARGE,
    TypeRefused: MediaFault.TYPE_REFUSED,
    Infected: MediaFault.INFECTED,
}


async def stored(store: Store, download: Download, limit_bytes: int, now: Callable[[], datetime]) -> Stored:
    """Raises `Never` for what the store will not have, `Later` where it is away, or the file came short."""
    if download.length is not None and download.length > limit_bytes:
        raise Never(MediaFault.TOO_LARGE, f"{download.length} bytes are announced")
    try:
        kept = await store.put(download.chunks, declared_type=download.content_type, limit_bytes=limit_bytes)
    except StoreUnavailable as error:
        raise Later(str(error)) from error
    except ObjectFault as error:
        raise Never(FAULTS[type(error)], str(error)) from error
    if not kept.size:
        raise Later("an empty file came")
    return Stored(now(), kept.sha256, kept.size, kept.content_type, kept.ref)
