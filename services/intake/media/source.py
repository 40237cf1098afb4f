"""What every platform is to the fetcher: a place where a named file can be opened."""

from typing import Protocol

from services.intake.media.download import Download
from shared.contracts.media import PlatformMedia


class Source(Protocol):
    """Raises `Later`, `NotThere` or `Never`; who opened a download closes it."""

    async def open(self, media: PlatformMedia) -> Download: ...
