"""Batches begin a pace apart, and what waits behind a full one is taken at once (SY-2)."""

import time
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.messaging.consumers import _polling

pytestmark = pytest.mark.req("SY-2")
PACE_S = 0.3
FULL = 4


class Records:
    """Stands for aiokafka's consumer: as many records at each poll as the test says."""

    def __init__(self, *counts: int) -> None:
        self._counts = list(counts)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        return {TopicPartition("events.v1", 0): [object()] * self._counts.pop(0)}


async def took_s(*counts: int) -> float:
    """Until all polls have their records."""
    poll, consumer = _polling(1, FULL, PACE_S), cast(AIOKafkaConsumer, Records(*counts))
    started = time.monotonic()
    for count in counts:
        assert len(await poll(consumer)) == count
    return time.monotonic() - started


async def test_after_a_batch_that_was_not_full_it_rests() -> None:
    assert await took_s(FULL - 1, FULL) >= PACE_S * 0.9


async def test_after_a_full_batch_it_does_not() -> None:
    assert await took_s(FULL, FULL, FULL, 1) < PACE_S
