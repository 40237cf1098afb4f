"""Batches begin a pace apart, and what waits behind a full one is taken at once (SY-2)."""

import inspect
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import Fetcher

from shared.messaging.consumers import FETCH_WAIT_MS, IDLE_FETCH_WAIT_MS, polling

pytestmark = pytest.mark.req("SY-2")
PACE_S = 0.3
FULL = 4


class Records:
    """Stands for aiokafka's consumer: as many records at each poll as the test says."""

    def __init__(self, *counts: int) -> None:
        self._counts = list(counts)
        self._fetcher = SimpleNamespace(_fetch_max_wait_ms=FETCH_WAIT_MS)

    @property
    def wait_ms(self) -> int:
        return int(self._fetcher._fetch_max_wait_ms)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        return {TopicPartition("events.v1", 0): [object()] * self._counts.pop(0)}


async def took_s(*counts: int) -> float:
    """Until all polls have their records."""
    poll, consumer = polling(1, FULL, PACE_S), cast(AIOKafkaConsumer, Records(*counts))
    started = time.monotonic()
    for count in counts:
        assert len(await poll(consumer)) == count
    return time.monotonic() - started


async def test_after_a_batch_that_was_not_full_it_rests() -> None:
    assert await took_s(FULL - 1, FULL) >= PACE_S * 0.9


async def test_after_a_full_batch_it_does_not() -> None:
    assert await took_s(FULL, FULL, FULL, 1) < PACE_S


async def test_the_broker_may_wait_longer_where_nothing_comes() -> None:
    records = Records(1, 0, 1)
    poll = polling(1, FULL, 0.0)
    for expected in (FETCH_WAIT_MS, IDLE_FETCH_WAIT_MS, FETCH_WAIT_MS):
        await poll(cast(AIOKafkaConsumer, records))
        assert records.wait_ms == expected


def test_the_driver_reads_the_wait_for_each_request() -> None:
    assert "self._fetch_max_wait_ms" in inspect.getsource(Fetcher._get_actions_per_node)
