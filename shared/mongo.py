"""The one place that knows the driver's client, sessions and transactions (Motor, past its end of life in 2027)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Generic, TypeVar

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
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern

T = TypeVar("T")
Session = AsyncIOMotorClientSession

DUPLICATE_KEY = 11000
WRITE_CONFLICT = 112
LIFETIME_EXCEEDED = 290
GIVE_UP_S = 10.0
TURN_S = 5.0
"""Who waits longer for a turn tries again: a consumer shows meanwhile that it lives, a person hears that it failed."""
_MAJORITY = WriteConcern(w="majority", j=True, wtimeout=10_000)


class Overrun(Exception):
    """The database ended the transaction again and again, mostly because it took too long: do less at once."""


class Database:
    """A service's own database; every write is acknowledged by a majority and journaled."""

    def __init__(self, client: AsyncIOMotorClient[dict[str, Any]], name: str) -> None:
        self._client = client
        self._options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self._database = client.get_database(
            name, codec_options=self._options, write_concern=_MAJORITY, read_concern=ReadConcern("majority")
        )
        self.name = name
        self._turn: asyncio.Lock | None = None

    def in_turns(self) -> "Database":
        """The same database, whose transactions come one after the other, as far as this object begins them.

        For batches that read and write the same documents: side by side one of two would be thrown away and decided
        again, and the more of them there are, the longer all of them take.
        """
        view = Database(self._client, self.name)
        view._turn = asyncio.Lock()
        return view

    def collection(self, name: str) -> AsyncIOMotorCollection[dict[str, Any]]:
        return self._database[name]

    async def transaction(self, work: Callable[[Session], Coroutine[Any, Any, T]], give_up_s: float = GIVE_UP_S) -> T:
        """Run `work` in one transaction and commit; `work` may run again after a transient error.

        Raises `Overrun` where it would have to run again after `give_up_s`; the driver alone would go on for minutes.
        In turns: `WaitQueueTimeoutError` where those before it take too long.
        """
        async with _turn_of(self._turn):
            return await self._transaction(_Runs(work, give_up_s))

    async def _transaction(self, runs: "_Runs[T]") -> T:
        async with await self._client.start_session() as session:
            try:
                result: T = await session.with_transaction(
                    runs,
                    read_concern=ReadConcern("snapshot"),
                    write_concern=_MAJORITY,
                    read_preference=ReadPreference.PRIMARY,
                )
            except _GaveUp:
                raise runs.reason() from runs.error
            return result

    async def ping(self) -> None:
        """Raises a `PyMongoError` where the database does not answer."""
        await self._database.command("ping")

    async def drop(self) -> None:
        """Remove the whole database (rebuilding a service from Kafka)."""
        await self._client.drop_database(self.name)


@asynccontextmanager
async def _turn_of(lock: asyncio.Lock | None) -> AsyncIterator[None]:
    if lock is None:
        yield
        return
    try:
        await asyncio.wait_for(lock.acquire(), TURN_S)
    except TimeoutError as error:
        raise WaitQueueTimeoutError("no turn in time: the transactions before it take long") from error
    try:
        yield
    finally:
        lock.release()


class _GaveUp(Exception):
    """No error of the driver, so that the driver does not take it for a reason to go on."""


class _Runs(Generic[T]):
    """The work of a transaction, as often as the driver repeats it, within limits."""

    def __init__(self, work: Callable[[Session], Coroutine[Any, Any, T]], give_up_s: float) -> None:
        self._work = work
        self._ends = time.monotonic() + give_up_s
        self._runs = 0
        self.error: PyMongoError | None = None

    async def __call__(self, session: Session) -> T:
        self._runs += 1
        if self._runs > 1 and time.monotonic() > self._ends:
            raise _GaveUp
        try:
            return await self._work(session)
        except PyMongoError as error:
            self.error = error
            if getattr(error, "code", None) == LIFETIME_EXCEEDED:
                raise _GaveUp from error
            raise

    def reason(self) -> Exception:
        """A database that is away is not too slow."""
        return self.error if isinstance(self.error, ConnectionFailure) else Overrun(f"{self._runs} runs")


def connect(url: str) -> AsyncIOMotorClient[dict[str, Any]]:
    """A client that fails an operation after seconds, not after minutes; the caller retries."""
    return AsyncIOMotorClient(
        url, serverSelectionTimeoutMS=5_000, connectTimeoutMS=3_000, socketTimeoutMS=20_000, maxPoolSize=20
    )


def is_passing(error: PyMongoError) -> bool:
    """True where the same operation may work later: no connection, a failover, a time-out, a majority too late."""
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WaitQueueTimeoutError | WriteConcernError):
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
