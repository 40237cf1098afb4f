"""What setting a service's state up again from Kafka asks first: that nobody runs, and which partitions there are."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

SESSIONS = 1.5
"""A process that has just ended stays a member for its session, so that a quick restart moves no partitions; Kafka may
see a little later that it is over."""


class RebuildRefused(Exception):
    """Nothing was changed; the message says what to do first."""


async def refuse_while_running(admin: AIOKafkaAdminClient, group: str, session_s: float) -> None:
    """Waits for the session of a process that has ended. Raises `RebuildRefused`."""
    end = time.monotonic() + SESSIONS * session_s
    while members := await _members(admin, group):
        if time.monotonic() > end:
            raise RebuildRefused(f"{members} processes are in group {group}: stop them first.")
        await asyncio.sleep(0.5)


async def _members(admin: AIOKafkaAdminClient, group: str) -> int:
    answers: list[Any] = await admin.describe_consumer_groups([group])
    return sum(len(members) for answer in answers for _, _, _, _, _, members, *_ in answer.groups)


async def partitions_of(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> list[TopicPartition]:
    """Raises `RebuildRefused`."""
    described = await admin.describe_topics(list(topics))
    if missing := [d["topic"] for d in described if d["error_code"]]:
        raise RebuildRefused(f"No topic {', '.join(missing)}: check KAFKA_BOOTSTRAP_SERVERS and TOPIC_PREFIX.")
    return sorted(TopicPartition(d["topic"], p["partition"]) for d in described for p in d["partitions"])
