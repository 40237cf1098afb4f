"""Acts of many at once, on a real MongoDB: few transactions, one effect each, nobody hurt by another (SY-2, SY-3)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import AutoReconnect

from shared.messaging.handler import Session
from shared.messaging.together import Together
from shared.mongo import Database
from tests.integration.fresh import FreshNames

pytestmark = pytest.mark.req("SY-2", "SY-3")
ACTS = 60


class TooLittle(Exception):
    """There is not so much left."""


@dataclass
class Till:
    """Takes from a sum: `rounds` are the sizes of the transactions that were begun."""

    database: Database
    rounds: list[int] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    async def settle(self, amounts: Sequence[int], session: Session) -> list[int | Exception]:
        self.rounds.append(len(amounts))
        if self.faults:
            raise self.faults.pop()
        if 13 in amounts:
            raise ValueError("a fault of ours with this one")
        found = await self.database.collection("sums").find_one({"_id": "sum"}, session=session)
        assert found is not None
        left, answers = found["n"], list[int | Exception]()
        for amount in amounts:
            answers.append(TooLittle() if amount > left else amount)
            left -= amount if amount <= left else 0
        await self.database.collection("sums").replace_one({"_id": "sum"}, {"n": left}, session=session)
        return answers

    async def left(self) -> int:
        found = await self.database.collection("sums").find_one({"_id": "sum"})
        assert found is not None
        return int(found["n"])


@pytest.fixture
async def till(mongo_url: str, fresh_names: FreshNames) -> AsyncIterator[Till]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    database = Database(client, fresh_names.database("till")).in_turns()
    await database.collection("sums").insert_one({"_id": "sum", "n": 1000})
    yield Till(database)
    client.close()


async def test_what_waits_goes_together_and_counts_once(till: Till) -> None:
    together = Together(till.database, till.settle, at_once=25)
    answers = await asyncio.gather(*(together.do(1) for _ in range(ACTS)))
    assert answers == [1] * ACTS
    assert await till.left() == 1000 - ACTS
    assert sum(till.rounds) == ACTS
    assert max(till.rounds) <= 25
    assert len(till.rounds) < 6


async def test_one_that_is_refused_or_fails_hurts_no_other(till: Till) -> None:
    together = Together(till.database, till.settle)
    answers = await asyncio.gather(*(together.do(n) for n in (1, 5000, 2, 13, 3)), return_exceptions=True)
    assert [answers[0], answers[2], answers[4]] == [1, 2, 3]
    assert isinstance(answers[1], TooLittle)
    assert isinstance(answers[3], ValueError)
    assert await till.left() == 994
    assert await together.do(4) == 4


async def test_who_stopped_waiting_before_their_turn_takes_nothing(till: Till) -> None:
    together, begun, go = Together(till.database, till.settle), asyncio.Event(), asyncio.Event()

    async def long(session: Session) -> None:
        begun.set()
        await go.wait()

    holds = asyncio.create_task(till.database.transaction(long))
    await begun.wait()
    gone, stays = asyncio.create_task(together.do(1)), asyncio.create_task(together.do(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    go.set()
    await holds
    assert await stays == 2
    assert await till.left() == 998


async def test_a_database_that_was_away_is_asked_again(till: Till) -> None:
    together = Together(till.database, till.settle)
    till.faults.append(AutoReconnect("away"))
    assert await asyncio.gather(together.do(1), together.do(2)) == [1, 2]
    assert await till.left() == 997
