"""One MongoDB transaction per batch: inbox, handler, parking. The database decides what happened (SY-2)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.messaging.caution import Caution
from shared.messaging.handler import Conflict, Handler
from shared.messaging.inbox import Inbox
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Dead, Done, Outcome, Retry
from shared.messaging.parking import Parked, Parking, sequence
from shared.messaging.portion import Portion
from shared.messaging.processor import Processed, Work
from shared.mongo import Database, Overrun, Session, is_conflict, is_passing

log = structlog.get_logger()

MAX_CONFLICTS = 25
"""After so many conflicts in a row a batch is split to find the record that can't be written."""

MAX_OVERRUNS = 5
"""After so many a record whose transaction alone takes too long is parked, so that it does not block the others."""

RUN_AGAIN_S = 2.5
"""A batch whose transaction has to run again after so long is tried in halves."""

LARGEST = 2000

Perform = Callable[[Sequence[Incoming[Any]]], Awaitable[Handler]]


class Stopping(Exception):
    """The process is to end: the batch is left uncommitted and comes again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a batch stands: what its handled records produced, the ones to handle, and those behind a parked one."""

    produced: tuple[Outgoing, ...]
    runnable: Sequence[Work]
    behind: Sequence[Work]


class TransactionalProcessor:
    """Runs a handler over batches with one effect per event.

    `perform`, where given, calls the outside world for the fresh records before the transaction and returns the
    handler that stores the results; `concerns` lets records pass that need no look-up at all.
    """

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        parking: Parking,
        *,
        aggregate_of: Callable[[Incoming[Any]], str],
        handler: Handler | None = None,
        perform: Perform | None = None,
        concerns: Callable[[Incoming[Any]], bool] | None = None,
        stopping: Callable[[], bool] = lambda: False,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._parking = parking
        self._aggregate_of = aggregate_of
        self._handler = handler
        self._perform = perform
        self._concerns = concerns
        self._stopping = stopping
        self._alive = alive
        self._portion = Portion(LARGEST)
        self.caution = Caution()

    async def process(self, batch: Sequence[Work]) -> Processed:
        """Raises `Stopping` where the process must end before the database answered."""
        unique: dict[str, Work] = {}
        for work in batch:
            if self._concerns is None or self._concerns(work.incoming):
                unique.setdefault(work.incoming.id, work)
        works, processed = list(unique.values()), Processed()
        while works:
            portion = works[: self._portion.size]
            try:
                processed += await self._isolate(portion)
            except Overrun:
                self._portion.too_long(len(portion))
                log.warning("batch_too_long", records=len(portion))
                continue
            self._portion.went_well()
            self.caution.went_well()
            works = works[len(portion) :]
        return processed

    async def _isolate(self, batch: Sequence[Work]) -> Processed:
        """The batch in one transaction; where that can't work, its halves, down to the one culprit."""
        try:
            return await self._until_stored(lambda: self._attempt(batch), alone=len(batch) == 1)
        except Stopping:
            raise
        except Exception as error:
            if isinstance(error, Overrun) and len(batch) > 1:
                raise
            log.exception("batch_failed", records=len(batch), error=type(error).__name__)
            if len(batch) == 1:
                reason = f"{type(error).__name__}: {error}"
                return await self._until_stored(lambda: self._park_alone(batch[0], reason))
        middle = len(batch) // 2
        return await self._isolate(batch[:middle]) + await self._isolate(batch[middle:])

    async def _until_stored(self, attempt: Callable[[], Awaitable[Processed]], alone: bool = True) -> Processed:
        """Repeat over passing failures of the database and conflicts; raises what will not pass.

        Of one record `alone` there is no half to try: then a transaction that takes too long is tried some more times.
        """
        conflicts, overruns, delay = 0, 0, 0.05
        while True:
            if self._stopping():
                raise Stopping
            self._alive()
            try:
                return await attempt()
            except Conflict:
                self.caution.alarm()
                conflicts += 1
                if conflicts >= MAX_CONFLICTS:
                    raise
            except Overrun:
                overruns += 1
                if not alone or overruns >= MAX_OVERRUNS:
                    raise
                delay = min(2.0, delay * 2)
            except PyMongoError as error:
                if is_conflict(error):
                    self.caution.alarm()
                    conflicts += 1
                    if conflicts >= MAX_CONFLICTS:
                        raise
                elif is_passing(error):
                    log.warning("database_unavailable", error=type(error).__name__)
                    delay = min(2.0, delay * 2)
                else:
                    raise
            await asyncio.sleep(delay)

    async def _attempt(self, batch: Sequence[Work]) -> Processed:
        """What is known is read before the transaction: whoever stores one of these events meanwhile collides with
        us at the inbox's unique index, and then all of it is read again."""
        standing = await self._standing(batch)
        if not (standing.runnable or standing.behind):
            return Processed(standing.produced)
        handler = self._handler
        if self._perform is not None:
            handler = await self._perform([work.incoming for work in standing.runnable])
        assert handler is not None
        chosen = handler
        return await self._database.transaction(
            lambda session: self._in_transaction(standing, chosen, session), give_up_s=RUN_AGAIN_S
        )

    async def _standing(self, batch: Sequence[Work]) -> "Standing":
        seen, (blocked, parked_ids) = await asyncio.gather(self._handled(batch), self._blocked(batch))
        left = [work for work in batch if work.incoming.id not in seen]
        return Standing(
            tuple(m for produced in seen.values() for m in produced),
            [w for w in left if self._aggregate_of(w.incoming) not in blocked],
            [w for w in left if self._aggregate_of(w.incoming) in blocked and w.incoming.id not in parked_ids],
        )

    async def _handled(self, batch: Sequence[Work]) -> dict[str, tuple[Outgoing, ...]]:
        """What is done outside can't be undone by a collision, so before `perform` the inbox is always asked."""
        if self._perform is None and not self.caution.asks_inbox:
            return {}
        return await self._inbox.seen([work.incoming.id for work in batch], None)

    async def _blocked(self, batch: Sequence[Work]) -> tuple[set[str], set[str]]:
        if not self.caution.asks_parking:
            return set(), set()
        if not await self._parking.any():
            self.caution.nothing_parked()
            return set(), set()
        return await self._parking.blocked(list({self._aggregate_of(work.incoming) for work in batch}), None)

    async def _in_transaction(self, standing: "Standing", handler: Handler, session: Session) -> Processed:
        runnable = standing.runnable
        outcomes = await handler([work.incoming for work in runnable], session) if runnable else []
        done, dead, retries = _sort(runnable, outcomes)
        await self._inbox.record(done, session)
        parked = self._to_park(retries, standing.behind)
        if parked:
            self.caution.parked()
            await self._parking.add(parked, session)
        return Processed(
            standing.produced + tuple(m for produced in done.values() for m in produced),
            tuple((work.origin, reason) for work, reason in dead),
            tuple((p.origin, p.reason) for p in parked),
        )

    def _to_park(self, retries: Sequence[tuple[Work, str]], behind: Sequence[Work]) -> list[Parked]:
        """The first of an aggregate is its head with a time; the others queue behind it."""
        now = datetime.now(UTC)
        heads: set[str] = set()
        parked = []
        for place, (work, reason) in enumerate(retries):
            aggregate = self._aggregate_of(work.incoming)
            is_head = aggregate not in heads
            heads.add(aggregate)
            parked.append(self._parked(work, sequence(now, place), reason, now if is_head else None))
        for place, work in enumerate(behind, start=len(retries)):
            parked.append(self._parked(work, sequence(now, place), "queued behind an earlier event", None))
        return parked

    def _parked(self, work: Work, seq: str, reason: str, since: datetime | None) -> Parked:
        attempts = 0 if since is None else 1
        due = None
        if since is not None:
            due = datetime.fromtimestamp(since.timestamp() + self._parking.policy.delay_s(1), UTC)
        return Parked(
            event_id=work.incoming.id,
            aggregate=self._aggregate_of(work.incoming),
            seq=seq,
            attempts=attempts,
            due=due,
            reason=reason[:500],
            origin=work.origin,
            timestamp_ms=work.incoming.timestamp_ms,
        )

    async def _park_alone(self, work: Work, reason: str) -> Processed:
        async def park(session: Session) -> Processed:
            seen = await self._inbox.seen([work.incoming.id], session)
            blocked, ids = await self._parking.blocked([self._aggregate_of(work.incoming)], session)
            if work.incoming.id in seen or work.incoming.id in ids:
                return Processed()
            now = datetime.now(UTC)
            since = None if blocked else now
            parked = self._parked(work, sequence(now, 0), reason, since)
            self.caution.parked()
            await self._parking.add([parked], session)
            return Processed(parked=((parked.origin, parked.reason),))

        return await self._database.transaction(park)


def _sort(
    runnable: Sequence[Work], outcomes: Sequence[Outcome]
) -> tuple[Mapping[str, Sequence[Outgoing]], list[tuple[Work, str]], list[tuple[Work, str]]]:
    """Outcomes by kind: done (id → messages), dead, to be retried; ignored ones leave no trace."""
    if len(outcomes) != len(runnable):
        raise ValueError(f"handler gave {len(outcomes)} outcomes for {len(runnable)} records")
    done: dict[str, Sequence[Outgoing]] = {}
    dead: list[tuple[Work, str]] = []
    retries: list[tuple[Work, str]] = []
    for work, outcome in zip(runnable, outcomes, strict=True):
        if isinstance(outcome, Done):
            done[work.incoming.id] = outcome.messages
        elif isinstance(outcome, Dead):
            dead.append((work, outcome.reason))
        elif isinstance(outcome, Retry):
            retries.append((work, outcome.reason))
    return done, dead, retries
