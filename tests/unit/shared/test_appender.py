"""Appending to named partitions: in order, over as many batches as it takes, and told where it went."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from shared.messaging.appender import Appender, Row, Span
from shared.messaging.publisher import PublishFailed

pytestmark = pytest.mark.req("SY-2")
SMALL = 600


class Driver:
    """Stands for aiokafka's producer: takes every batch at once, or fails with what it is told."""

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.sent: list[tuple[int, int]] = []
        self.ends: dict[int, int] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(SMALL, 0)

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1, 2, 3}

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Future[RecordMetadata]:
        done: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        start, records = self.ends.get(partition, 0), batch.record_count()
        if self.fails is not None:
            done.set_exception(self.fails)
        else:
            self.ends[partition] = start + records
            done.set_result(RecordMetadata(topic, partition, None, start, 0, 0, 0))  # type: ignore[arg-type]
        self.sent.append((partition, records))
        return done


def rows(count: int) -> list[Row]:
    return [(b"key", b"v" * 100, []) for _ in range(count)]


async def started(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> Appender:
    appender = Appender("kafka:9092", "events.v1", "test")
    producer: Any = appender._producer
    monkeypatch.setattr(producer, "_make", lambda: driver)
    await appender.start()
    return appender


async def test_spans_say_where_each_partitions_records_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver()
    appender = await started(driver, monkeypatch)
    spans = await appender.append({0: rows(12), 3: rows(1), 1: []})
    assert await appender.partitions() == 4
    assert (spans[1], spans[3]) == ([], [Span(0, 1)])
    assert len(spans[0]) > 1
    assert sum(span.records for span in spans[0]) == 12
    starts = [span.start for span in spans[0]]
    assert starts == [sum(s.records for s in spans[0][:n]) for n in range(len(starts))]
    assert (await appender.append({3: rows(2)}))[3] == [Span(1, 2)]


async def test_what_kafka_did_not_take_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver()
    appender = await started(driver, monkeypatch)
    driver.fails = KafkaError("away")
    with pytest.raises(PublishFailed, match="KafkaError"):
        await appender.append({0: rows(1), 1: rows(1)})


async def test_before_the_start_nothing_can_be_appended() -> None:
    with pytest.raises(PublishFailed, match="not started"):
        await Appender("kafka:9092", "events.v1", "test").append({0: rows(1)})
