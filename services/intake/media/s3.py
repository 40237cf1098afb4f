"""Recordings that Amazon Connect keeps in S3: by bucket and key, from the buckets that the operator lists."""

from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from services.intake.media.download import CHUNK_BYTES, Download
from services.intake.media.failures import Later, Never, NotThere
from shared.contracts.media import MediaFault, PlatformMedia

if TYPE_CHECKING:
    from obstore.store import S3Config

SCHEME = "s3://"
READ_TIMEOUT = timedelta(seconds=30)


class S3Source:
    """`endpoint` is for a machine of our own; else the region says where. Without a key the machine's own role asks."""

    def __init__(
        self, buckets: Collection[str], region: str, key: tuple[str, str] | None, endpoint: str | None = None
    ) -> None:
        self._buckets = frozenset(buckets)
        self._region = region
        self._key = key
        self._endpoint = endpoint
        self._stores: dict[str, S3Store] = {}

    async def open(self, media: PlatformMedia) -> Download:
        bucket, key = place_of(media.url.reveal() if media.url else "")
        if bucket not in self._buckets:
            raise Later("media_buckets does not list the bucket")
        try:
            found = await self._store(bucket).get_async(key)
        except (NotFoundError, FileNotFoundError) as error:
            raise NotThere("S3 has no such object") from error
        except BaseError as error:
            raise Later(f"S3: {type(error).__name__}") from error
        content_type = str(found.attributes.get("Content-Type") or "application/octet-stream")
        return Download(_chunks(found.stream(CHUNK_BYTES)), content_type, _nothing, found.meta["size"])

    def _store(self, bucket: str) -> S3Store:
        if bucket not in self._stores:
            self._stores[bucket] = S3Store(
                bucket,
                config=self._config(),
                client_options={"timeout": READ_TIMEOUT, "allow_http": self._endpoint is not None},
                retry_config={"max_retries": 0, "retry_timeout": READ_TIMEOUT},
            )
        return self._stores[bucket]

    def _config(self) -> "S3Config":
        config: S3Config = {"region": self._region}
        if self._key:
            config |= {"access_key_id": self._key[0], "secret_access_key": self._key[1]}
        if self._endpoint:
            config |= {"endpoint": self._endpoint, "virtual_hosted_style_request": False}
        return config


def place_of(location: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key."""
    bucket, _, key = location.removeprefix(SCHEME).partition("/")
    if not location.startswith(SCHEME) or not bucket or not key:
        raise Never(MediaFault.ADDRESS_REFUSED, "not a place in S3")
    return bucket, key


async def _chunks(stream: AsyncIterator[object]) -> AsyncIterator[bytes]:
    try:
        async for chunk in stream:
            yield bytes(chunk)  # type: ignore[call-overload]
    except BaseError as error:
        raise Later(f"S3: {type(error).__name__}") from error


async def _nothing() -> None:
    """The stream ends with its last reader."""
