"""How far every consumer group is behind, asked of the broker (ME-1): also for groups whose processes are gone."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.kafka_security import PLAINTEXT, KafkaSecurity

GROUPS_EVERY = 6
"""Readings after which the broker is asked anew which groups there are, and which broker coordinates each."""

Lag = dict[tuple[str, str], int]
"""(group, topic) without their prefixes → records."""


@dataclass(frozen=True, slots=True)
class Offsets:
    """What the broker says: committed offsets by group (without prefix) and the ends of those partitions."""

    committed: Mapping[str, Mapping[TopicPartition, int]]
    ends: Mapping[TopicPartition, int]


def lag_by_topic(offsets: Offsets, topic_prefix: str) -> Lag:
    """Records between what a group committed and the end, summed over a topic's partitions."""
    lag: Lag = {}
    for group, committed in offsets.committed.items():
        for partition, offset in committed.items():
            key = (group, partition.topic.removeprefix(topic_prefix))
            lag[key] = lag.get(key, 0) + max(0, offsets.ends.get(partition, offset) - offset)
    return lag


class OffsetReader:
    """Asks again every so many seconds. A group that reads a topic is behind on all of it: on a partition where it has
    committed nothing it stands at the beginning. `read_at`: monotonic seconds before the last reading began."""

    def __init__(
        self, bootstrap: str, group_prefix: str, interval_s: float, security: KafkaSecurity = PLAINTEXT
    ) -> None:
        self._bootstrap = bootstrap
        self._security = security
        self._group_prefix = group_prefix
        self._interval_s = interval_s
        self.offsets = Offsets({}, {})
        self.read_at = 0.0
        self._coordinators: dict[str, int] = {}
        self._topics: dict[str, Sequence[TopicPartition]] = {}

    async def follow(self) -> None:
        """Reads until it is cancelled; after a failure it is called again with fresh clients."""
        async with self._clients() as (admin, consumer):
            for reading in count():
                if reading % GROUPS_EVERY == 0 or not self._coordinators:
                    self._coordinators = await self._groups(admin)
                    self._topics = {}
                began = time.monotonic()
                self.offsets = await self._read(admin, consumer)
                self.read_at = began
                await asyncio.sleep(self._interval_s)

    async def once(self) -> Offsets:
        """One reading. Raises `KafkaError`."""
        async with self._clients() as (admin, consumer):
            self._coordinators = await self._groups(admin)
            return await self._read(admin, consumer)

    @asynccontextmanager
    async def _clients(self) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, **self._security.options())
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, **self._security.options())
        try:
            await admin.start()
            await consumer.start()
            yield admin, consumer
        finally:
            await admin.close()
            await consumer.stop()

    async def _groups(self, admin: AIOKafkaAdminClient) -> dict[str, int]:
        names = [name for name, *_ in await admin.list_consumer_groups() if name.startswith(self._group_prefix)]
        return {name: await admin.find_coordinator(name) for name in names}

    async def _read(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> Offsets:
        committed: dict[str, dict[TopicPartition, int]] = {}
        for name, coordinator in self._coordinators.items():
            found = await admin.list_consumer_group_offsets(name, coordinator)
            known = {partition: meta.offset for partition, meta in found.items() if meta.offset >= 0}
            committed[name.removeprefix(self._group_prefix)] = known
        if any(not known and self.offsets.committed.get(group) for group, known in committed.items()):
            # A broker that no longer coordinates a group answers with nothing at all.
            self._coordinators = {}
            return self.offsets
        await self._begin_untouched(committed, admin, consumer)
        partitions = {partition for offsets in committed.values() for partition in offsets}
        ends = await consumer.end_offsets(list(partitions)) if partitions else {}
        return Offsets(committed, ends)

    async def _begin_untouched(
        self,
        committed: Mapping[str, dict[TopicPartition, int]],
        admin: AIOKafkaAdminClient,
        consumer: AIOKafkaConsumer,
    ) -> None:
        """Give each group the partitions of its topics that it has not committed on, at their first record."""
        whole = await self._partitions({p.topic for known in committed.values() for p in known}, admin)
        missing = {
            name: {p for topic in {p.topic for p in known} for p in whole[topic]}.difference(known)
            for name, known in committed.items()
        }
        untouched = list(set().union(*missing.values()))
        begins = await consumer.beginning_offsets(untouched) if untouched else {}
        for name, partitions in missing.items():
            committed[name].update({partition: begins[partition] for partition in partitions})

    async def _partitions(self, topics: set[str], admin: AIOKafkaAdminClient) -> Mapping[str, Sequence[TopicPartition]]:
        if unknown := topics.difference(self._topics):
            for found in await admin.describe_topics(list(unknown)):
                numbers = [p["partition"] for p in found["partitions"]]
                self._topics[found["topic"]] = [TopicPartition(found["topic"], number) for number in numbers]
        return {topic: self._topics.get(topic, ()) for topic in topics}
