"""Waiting until the system is at rest: no lag, nothing new, outboxes and parked records empty."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from aiokafka.errors import KafkaError
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from demo.seen.topics import TopicReader
from services.metrics.lag import OffsetReader, lag_by_topic
from tools.stack import StackInfo
from tools.stack.catalogue import SERVICES

QUIET_S = 5.0


class Drain:
    """Asks the broker and the databases; `why` says what is still moving."""

    def __init__(self, info: StackInfo, reader: TopicReader) -> None:
        self._reader = reader
        self._offsets = OffsetReader(info.kafka, "", 0.5)
        self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(info.mongo, serverSelectionTimeoutMS=3000)
        self.why = "nothing was asked yet"

    async def wait(self, seconds: float) -> bool:
        """Whether everything came to rest in time."""
        follow = asyncio.create_task(self._follow())
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                self.why = await self._moving()
                if not self.why:
                    return True
                await asyncio.sleep(0.5)
            return False
        finally:
            follow.cancel()
            with suppress(asyncio.CancelledError):
                await follow
            self._client.close()

    async def _follow(self) -> None:
        while True:
            with suppress(KafkaError, OSError):
                await self._offsets.follow()
            await asyncio.sleep(0.5)

    async def _moving(self) -> str:
        asked = self._offsets.offsets
        if not asked.ends or self._offsets.read_at < self._reader.last_record_at:
            return "the broker does not answer"
        lag = {key: records for key, records in lag_by_topic(asked, "").items() if records}
        if lag:
            return ", ".join(f"{group} is {records} behind on {topic}" for (group, topic), records in lag.items())
        try:
            waiting = await self._waiting()
        except PyMongoError as error:
            return f"the database does not answer: {type(error).__name__}"
        if waiting:
            return waiting
        quiet = time.monotonic() - self._reader.last_record_at
        if not self._reader.caught_up or quiet < QUIET_S:
            return f"a new record {quiet:.0f} s ago"
        return ""

    async def _waiting(self) -> str:
        found = []
        for service in SERVICES:
            database = self._client[service]
            for name in await database.list_collection_names():
                if name == "outbox" or name.startswith("parked_"):
                    count = await database[name].count_documents({})
                    found += [f"{service}.{name}: {count}"] * (count > 0)
        return ", ".join(found)
