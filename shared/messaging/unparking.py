"""Trying parked records again: an aggregate's queue in order, until one fails once more (SY-3)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import ConsumerRecord
from pymongo.errors import PyMongoError

from shared.messaging.deadletter import Origin, dead_letter
from shared.messaging.handler import Conflict, Handler
from shared.messaging.inbox import Inbox
from shared.messaging.message import Incoming
from shared.messaging.outbox import Outbox
from shared.messaging.outcome import Dead, Done, Retry
from shared.messaging.parking import Parked, Parking
from shared.messaging.record import Parser
from shared.messaging.transactional import Perform
from shared.mongo import Database, Session, is_conflict, is_passing

log = structlog.get_logger()

AGGREGATES_AT_ONCE = 50


class Unparking:
    """Periodic work of one process per service. What it produces goes through the outbox, because no redelivery
    of Kafka would publish it after a crash."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        parking: Parking,
        outbox: Outbox,
        *,
        parser: Parser,
        group: str,
        source: str,
        handler: Handler | None,
        perform: Perform | None,
        on_dead: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._parking = parking
        self._outbox = outbox
        self._parser = parser
        self._group = group
        self._source = source
        self._handler = handler
        self._perform = perform
        self._on_dead = on_dead

    async def run_due(self) -> int:
        """Try every aggregate whose time has come; returns how many were tried."""
        aggregates = await self._parking.due_aggregates(datetime.now(UTC), AGGREGATES_AT_ONCE)
        for aggregate in aggregates:
            await self._try(aggregate)
        return len(aggregates)

    async def survey(self) -> int:
        """How many are parked; a queue that lost its head to a race is given one."""
        parked = await self._parking.count()
        if parked:
            for event_id in await self._parking.headless():
                log.info("parked_queue_mended", group=self._group, event_id=event_id)
                await self._parking.promote(event_id, None)
        return parked

    async def _try(self, aggregate: str) -> None:
        """One record at a time, so that each failure is its own."""
        for parked in await self._parking.queue(aggregate, None):
            if not await self._try_one(parked):
                return

    async def _try_one(self, parked: Parked) -> bool:
        """True where the next record of the aggregate may be tried."""
        incoming = self._parser(_record(parked))
        if not isinstance(incoming, Incoming):
            return await self._database.transaction(lambda s: self._bury(parked, "no longer parses", s))
        try:
            handler = self._handler
            if self._perform is not None:
                handler = await self._perform([incoming])
            assert handler is not None
            chosen = handler
            return await self._database.transaction(lambda s: self._attempt(parked, incoming, chosen, s))
        except (Conflict, PyMongoError) as error:
            passing = isinstance(error, Conflict) or is_conflict(error) or is_passing(error)
            log.warning("unpark_deferred", error=type(error).__name__, **_named(parked))
            if passing:
                return False
            return await self._failed_again(parked, error)
        except Exception as error:
            log.exception("unpark_failed", **_named(parked))
            return await self._failed_again(parked, error)

    async def _failed_again(self, parked: Parked, error: Exception) -> bool:
        reason = f"{type(error).__name__}: {error}"
        return await self._database.transaction(lambda s: self._again(parked, reason, s))

    async def _attempt(self, parked: Parked, incoming: Incoming[Any], handler: Handler, session: Session) -> bool:
        queue = await self._parking.queue(parked.aggregate, session, limit=2)
        if not queue or queue[0].event_id != parked.event_id:
            return False
        if not await self._inbox.seen([incoming.id], session):
            (outcome,) = await handler([incoming], session)
            if isinstance(outcome, Retry):
                return await self._again(parked, outcome.reason, session)
            if isinstance(outcome, Dead):
                return await self._bury(parked, outcome.reason, session)
            if isinstance(outcome, Done):
                await self._inbox.record({incoming.id: outcome.messages}, session)
                await self._outbox.add(outcome.messages, session)
        await self._leave(parked, queue[1:], session)
        return True

    async def _again(self, parked: Parked, reason: str, session: Session) -> bool:
        if self._parking.policy.exhausted(parked.attempts + 1):
            return await self._bury(parked, reason, session)
        await self._parking.postpone(parked, reason[:500], session)
        return False

    async def _bury(self, parked: Parked, reason: str, session: Session) -> bool:
        letter = dead_letter(
            parked.origin, group=self._group, reason=reason, source=self._source, now=datetime.now(UTC)
        )
        await self._outbox.add([letter], session)
        queue = await self._parking.queue(parked.aggregate, session, limit=2)
        await self._leave(parked, queue[1:], session)
        self._on_dead(reason)
        log.error("dead_letter", group=self._group, reason=reason, attempts=parked.attempts + 1, **_named(parked))
        return True

    async def _leave(self, parked: Parked, behind: Sequence[Parked], session: Session) -> None:
        await self._parking.remove([parked.event_id], session)
        if behind:
            await self._parking.promote(behind[0].event_id, session)


def _named(parked: Parked) -> dict[str, str | None]:
    return {"event_id": parked.event_id, "trace_id": parked.origin.trace_id}


def _record(parked: Parked) -> "ConsumerRecord[bytes, bytes]":
    origin: Origin = parked.origin
    return ConsumerRecord(
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        timestamp=parked.timestamp_ms,
        timestamp_type=0,
        key=origin.key,
        value=origin.value,
        checksum=None,
        serialized_key_size=len(origin.key or b""),
        serialized_value_size=len(origin.value or b""),
        headers=tuple((name, value or b"") for name, value in origin.headers),
    )
