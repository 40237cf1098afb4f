"""Transactions in turns: what reads and writes the same document side by side needs no second run."""

import asyncio
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from shared.mongo import Database, Session
from tests.integration.fresh import FreshNames

BATCHES = 8


@pytest.mark.req("SY-2")
async def test_batches_in_turns_run_once_and_lose_nothing(mongo_url: str, fresh_names: FreshNames) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    database = Database(client, fresh_names.database("turns")).in_turns()
    sums = database.collection("sums")
    await sums.insert_one({"_id": "sum", "n": 0})
    runs = 0

    async def add(session: Session) -> None:
        nonlocal runs
        runs += 1
        found = await sums.find_one({"_id": "sum"}, session=session)
        assert found is not None
        await asyncio.sleep(0)  # the others would read the same number here
        await sums.update_one({"_id": "sum"}, {"$set": {"n": found["n"] + 1}}, session=session)

    try:
        await asyncio.gather(*(database.transaction(add) for _ in range(BATCHES)))
        assert runs == BATCHES
        assert await sums.find_one({"_id": "sum"}) == {"_id": "sum", "n": BATCHES}
    finally:
        client.close()
