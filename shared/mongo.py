"""The one place that knows the driver's client, sessions and transactions (Motor, past its end of life in 2027)."""

from collections.abc import Callable, Coroutine
from datetime import UTC
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    PyMongoError,
    WaitQueueTimeoutError,
)
from pymongo.read_concern import ReadConcern

T = TypeVar("T")
Session = AsyncIOMotorClientSession

DUPLICATE_KEY = 11000
WRITE_CONFLICT = 112
_MAJORITY = WriteConcern(w="majority", j=True, wtimeout=10_000)


class Database:
    """A service's own database; every write is acknowledged by a majority and journaled."""

    def __init__(self, client: AsyncIOMotorClient[dict[str, Any]], name: str) -> None:
        self._client = client
        self._options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self._database = client.get_database(
            name, codec_options=self._options, write_concern=_MAJORITY, read_concern=ReadConcern("majority")
        )
        self.name = name

    def collection(self, name: str) -> AsyncIOMotorCollection[dict[str, Any]]:
        return self._database[name]

    async def transaction(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        """Run `work` in one transaction and commit; `work` may run again after a transient error."""
        async with await self._client.start_session() as session:
            result: T = await session.with_transaction(
                work,
                read_concern=ReadConcern("snapshot"),
                write_concern=_MAJORITY,
                read_preference=ReadPreference.PRIMARY,
            )
            return result

    async def ping(self) -> None:
        """Raises a `PyMongoError` where the database does not answer."""
        await self._database.command("ping")

    async def drop(self) -> None:
        """Remove the whole database (rebuilding a service from Kafka)."""
        await self._client.drop_database(self.name)


def connect(url: str) -> AsyncIOMotorClient[dict[str, Any]]:
    """A client that fails an operation after seconds, not after minutes; the caller retries."""
    return AsyncIOMotorClient(
        url, serverSelectionTimeoutMS=5_000, connectTimeoutMS=3_000, socketTimeoutMS=20_000, maxPoolSize=20
    )


def is_passing(error: PyMongoError) -> bool:
    """True where the same operation may work later: no connection, a failover, a time-out."""
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WaitQueueTimeoutError):
        return True
    labels = ("TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError")
    return any(error.has_error_label(label) for label in labels)


def is_conflict(error: PyMongoError) -> bool:
    """True where somebody else wrote first (duplicate key, write conflict): read again, decide again."""
    if isinstance(error, DuplicateKeyError):
        return True
    if isinstance(error, BulkWriteError):
        errors = (error.details or {}).get("writeErrors", [])
        return any(e.get("code") in (DUPLICATE_KEY, WRITE_CONFLICT) for e in errors)
    return getattr(error, "code", None) in (DUPLICATE_KEY, WRITE_CONFLICT)
