"""A database too slow for a whole batch gets it in smaller portions; nothing is lost, doubled or reordered (SY-2)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from shared.contracts.base import Contract
from shared.messaging.handler import Session
from shared.messaging.inbox import Inbox
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done, Outcome
from shared.messaging.parking import Parking
from shared.messaging.processor import Work
from shared.messaging.retry import RetryPolicy
from shared.messaging.transactional import TransactionalProcessor
from shared.mongo import Database, Overrun, connect
from tests.integration.fresh import FreshNames

SECONDS_PER_RECORD = 0.02
LIFETIME_S = 3
RECORDS = 400


class Note(Contract):
    """An event of the test."""


class Slow:
    """Writes what it is given, and takes its time: 400 records need longer than a transaction may live."""

    def __init__(self, database: Database) -> None:
        self._notes = database.collection("notes")
        self.runs: list[int] = []

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return incoming.key

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        self.runs.append(len(batch))
        await self._notes.insert_many([{"event": i.id, "place": i.offset} for i in batch], session=session)
        await asyncio.sleep(SECONDS_PER_RECORD * len(batch))
        await self._notes.find_one({"event": batch[-1].id}, session=session)
        return [Done()] * len(batch)

    async def places(self) -> list[int]:
        return [row["place"] async for row in self._notes.find().sort("_id", 1)]


def work(number: int) -> Work:
    incoming = Incoming(f"e-{number}", "note", Note(), f"k-{number}", datetime.now(UTC), "notes", 0, number, 0)
    record = ConsumerRecord("notes", 0, number, 0, 0, b"k", b"{}", None, 1, 2, ())
    return Work(incoming, record)


@pytest.mark.req("SY-2")
@pytest.mark.slow
async def test_a_batch_that_takes_too_long_is_stored_in_portions(mongo_url: str, fresh_names: FreshNames) -> None:
    client = connect(mongo_url)
    database = Database(client, fresh_names.database("slow"))
    inbox, parking = Inbox(database, "notes", 60), Parking(database, "notes", RetryPolicy())
    await inbox.create_indexes()
    handler = Slow(database)
    processor = TransactionalProcessor(database, inbox, parking, aggregate_of=handler.aggregate_of, handler=handler)
    try:
        await processor.process([work(n) for n in range(RECORDS)])
        assert handler.runs[0] == RECORDS
        assert max(handler.runs[-2:]) * SECONDS_PER_RECORD < LIFETIME_S
        assert await handler.places() == list(range(RECORDS))
        first = len(handler.runs)
        await processor.process([work(n) for n in range(RECORDS, 2 * RECORDS)])
        assert handler.runs[first] < RECORDS, "it remembers what was too much"
        assert await handler.places() == list(range(2 * RECORDS))
        await processor.process([work(n) for n in range(2 * RECORDS)])
        assert len(await handler.places()) == 2 * RECORDS
    finally:
        client.close()


@pytest.mark.req("SY-3")
@pytest.mark.slow
async def test_a_record_that_never_fits_is_parked_and_blocks_nobody(mongo_url: str, fresh_names: FreshNames) -> None:
    client = connect(mongo_url)
    database = Database(client, fresh_names.database("stuck"))
    inbox, parking = Inbox(database, "notes", 60), Parking(database, "notes", RetryPolicy())
    await inbox.create_indexes()
    handler = Slow(database)

    async def stuck(batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        if any(incoming.offset == 1 for incoming in batch):
            await database.collection("notes").find_one({}, session=session)
            raise Overrun("the database ended it")
        return await handler(batch, session)

    class Stuck:
        aggregate_of = staticmethod(handler.aggregate_of)
        __call__ = staticmethod(stuck)

    processor = TransactionalProcessor(database, inbox, parking, aggregate_of=handler.aggregate_of, handler=Stuck())
    try:
        processed = await processor.process([work(n) for n in range(4)])
        assert [origin.offset for origin, _ in processed.parked] == [1]
        assert sorted(await handler.places()) == [0, 2, 3]
    finally:
        client.close()


@pytest.mark.req("SY-2")
@pytest.mark.slow
async def test_a_transaction_that_never_fits_is_given_up_in_seconds(mongo_url: str, fresh_names: FreshNames) -> None:
    client = connect(mongo_url)
    database = Database(client, fresh_names.database("never"))
    notes = database.collection("notes")

    async def too_long(session: Session) -> None:
        await notes.insert_one({"n": 1}, session=session)
        await asyncio.sleep(LIFETIME_S * 2)
        await notes.find_one({}, session=session)

    try:
        with pytest.raises(Overrun):
            await asyncio.wait_for(database.transaction(too_long, give_up_s=1.0), 30)
        assert await notes.count_documents({}) == 0
    finally:
        client.close()
