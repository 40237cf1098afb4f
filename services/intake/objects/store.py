"""The object store: a folder, S3, Google or Azure behind one address; files lie under the digest of their content."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import obstore
import structlog
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, from_url

from services.intake.objects.faults import StoreUnavailable
from services.intake.objects.kept import FOLDER, HANDED_OUT, StoredObject, path_of
from services.intake.objects.kind import checked_type
from services.intake.objects.rules import ObjectRules
from services.intake.objects.spool import Spool

log = structlog.get_logger()

WHOLE_BYTES = 5 * 1024 * 1024
"""Up to here one request stores a file; larger ones go up in parts."""


_PATIENCE: Mapping[str, Any] = {"retry_config": {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}}
"""The library's own three minutes outlast every gateway, which would rather hear that it is to come again."""


class Scanner(Protocol):
    """Looks for malware. Raises `Infected`, or `StoreUnavailable` where it could not look."""

    async def scan(self, spool: Spool) -> None: ...


class ObjectStore:
    """`scanner` None: files are not scanned. All methods raise `StoreUnavailable` where the store does not answer."""

    def __init__(
        self,
        url: str,
        rules: ObjectRules,
        days: int,
        scanner: Scanner | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """`url`: file:///…, s3://bucket/prefix, gs://…, az://…; `options`: as obstore names them (endpoint, keys).

        A file is kept for `days` after it came last; that day is the store's own, so no second place can disagree.
        """
        how = {"mkdir": True} if url.startswith("file://") else _PATIENCE
        self._days = timedelta(days=days)
        self._store: Any = from_url(url, **{**how, **(options or {})})
        self._rules = rules
        self._scanner = scanner

    async def put(
        self, chunks: AsyncIterator[bytes] | bytes, *, declared_type: str | None = None, limit_bytes: int | None = None
    ) -> StoredObject:
        """Streams a file in, once: what is there already is not written again. Raises `ObjectFault`.

        Idempotent: the same content has the same name.
        """
        with Spool(min(limit_bytes or self._rules.largest, self._rules.largest)) as spool:
            await spool.take(chunks)
            content_type = self._checked(spool, declared_type)
            if self._scanner is not None:
                await self._scanner.scan(spool)
            fresh = await self._keep(spool)
            return StoredObject(spool.sha256, spool.size, content_type, fresh)

    def _checked(self, spool: Spool, declared_type: str | None) -> str:
        return checked_type(spool.ends(), spool.size, declared_type, self._rules)

    async def _keep(self, spool: Spool) -> bool:
        """Whether it was not there. What has been there for long is written again, so that its days begin anew.

        Two writers of the same content write the same bytes: which of them comes last does not matter.
        """
        path = path_of(spool.sha256)
        try:
            since = await self._since(path)
            if since is None or datetime.now(UTC) - since > self._days / 2:
                await self._write(path, spool)
        except Exception as error:
            raise StoreUnavailable(f"the object store did not take it: {type(error).__name__}") from error
        return since is None

    async def _write(self, path: str, spool: Spool) -> None:
        named = {} if isinstance(self._store, LocalStore) else {"attributes": HANDED_OUT}
        if spool.size <= WHOLE_BYTES:
            whole = b"".join(spool.pieces())
            await obstore.put_async(self._store, path, whole, use_multipart=False, **named)  # type: ignore[arg-type]
        else:
            await obstore.put_async(self._store, path, spool.pieces(), use_multipart=True, **named)  # type: ignore[arg-type]

    async def exists(self, sha256: str) -> bool:
        try:
            return await self._since(path_of(sha256)) is not None
        except ValueError:
            return False
        except Exception as error:
            raise StoreUnavailable(f"the object store does not answer: {type(error).__name__}") from error

    async def _since(self, path: str) -> datetime | None:
        """When the file was written, None: it is not there."""
        try:
            return (await obstore.head_async(self._store, path))["last_modified"]
        except (NotFoundError, FileNotFoundError):
            return None

    async def open(self, sha256: str) -> tuple[int, AsyncIterator[bytes]] | None:
        """Size and content of a file, streamed; None where it is not there."""
        try:
            found = await obstore.get_async(self._store, path_of(sha256))
        except (NotFoundError, FileNotFoundError, ValueError):
            return None
        except Exception as error:
            raise StoreUnavailable(f"the object store does not answer: {type(error).__name__}") from error
        return found.meta["size"], _pieces(found)

    async def presigned(self, sha256: str, seconds: int, name: str | None = None) -> str | None:
        """An address of the store itself that is good for so long; None: this store has none (a folder)."""
        if isinstance(self._store, LocalStore):
            return None
        try:
            return await obstore.sign_async(self._store, "GET", path_of(sha256), timedelta(seconds=seconds))
        except Exception as error:
            raise StoreUnavailable(f"the object store does not sign: {type(error).__name__}") from error

    async def delete_old(self) -> int:
        """Deletes the files whose days are over, and says how many."""
        end, deleted = datetime.now(UTC) - self._days, 0
        try:
            async for listed in obstore.list(self._store, FOLDER):
                old = [found["path"] for found in listed if found["last_modified"] < end]
                deleted += sum(await asyncio.gather(*(self._delete(path, end) for path in old)))
        except Exception as error:
            raise StoreUnavailable(f"the object store does not answer: {type(error).__name__}") from error
        if deleted:
            log.info("objects_deleted", files=deleted)
        return deleted

    async def _delete(self, path: str, end: datetime) -> bool:
        """Looks once more: the list is as old as its slowest file, and a file may have come again meanwhile."""
        since = await self._since(path)
        if since is None or since >= end:
            return False
        await obstore.delete_async(self._store, path)
        return True


async def _pieces(found: Any) -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=256 * 1024):
        yield bytes(piece)
