"""The name of a file that a platform keeps: the same file of the same contact has the same, however often it comes."""

from dataclasses import dataclass

from shared.contracts.base import derived_id
from shared.contracts.media import MediaKind, PlatformMedia
from shared.contracts.personal import Personal


@dataclass(frozen=True, slots=True)
class Named:
    """What a message says of a file: what it is, and the platform's id or address of it."""

    kind: MediaKind
    media_id: str | None = None
    url: str | None = None

    @property
    def mark(self) -> str:
        return self.media_id or self.url or ""


def platform_media(named: Named, gateway: str, owner: str) -> PlatformMedia:
    """`owner` is the opaque id of the contact, or of the call: nothing that a platform wrote stands in a ref."""
    return PlatformMedia(
        ref=f"media:{gateway}/{derived_id(f'{owner}/{named.mark}', 'media')}",
        kind=named.kind,
        media_id=Personal(named.media_id) if named.media_id else None,
        url=Personal(named.url) if named.url else None,
    )
