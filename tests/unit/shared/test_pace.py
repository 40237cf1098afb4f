"""Batches begin a pace apart, and what waits behind a full one is taken at once (SY-2)."""

import inspect
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import Fetcher

from shared.messaging import consumers
from shared.messaging.consumers import FETCH_WAIT_MS, GATHER_BYTES, GATHER_MS, IDLE_FETCH_WAIT_MS, polling

pytestmark = pytest.mark.req("SY-2")
PACE_S = 0.3
FULL = 4


class Records:
    """Stands for aiokafka's consumer: as many records at each poll as the test says."""

    def __init__(self, *counts: int) -> None:
        self._counts = list(counts)
        self._fetcher = SimpleNamespace(_fetch_max_wait_ms=FETCH_WAIT_MS, _fetch_min_bytes=1)

    @property
    def asked(self) -> tuple[int, int]:
        """The bytes and the milliseconds that the broker is to wait for."""
        return int(self._fetcher._fetch_min_bytes), int(self._fetcher._fetch_max_wait_ms)

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


async def test_the_broker_may_wait_longer_where_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "SUCCESSION_S", 0.0)
    records = Records(1, 0, 1)
    poll = polling(1, FULL, 0.0)
    for expected in (FETCH_WAIT_MS, IDLE_FETCH_WAIT_MS, FETCH_WAIT_MS):
        await poll(cast(AIOKafkaConsumer, records))
        assert records.asked == (1, expected)


async def test_the_broker_gathers_what_comes_in_quick_succession() -> None:
    records = Records(1, 1, 0)
    poll = polling(1, FULL, 0.0)
    for expected in ((1, FETCH_WAIT_MS), (GATHER_BYTES, GATHER_MS), (1, IDLE_FETCH_WAIT_MS)):
        await poll(cast(AIOKafkaConsumer, records))
        assert records.asked == expected


def test_the_driver_reads_both_for_each_request() -> None:
    source = inspect.getsource(Fetcher._get_actions_per_node)
    assert "self._fetch_max_wait_ms" in source
    assert "self._fetch_min_bytes" in source
