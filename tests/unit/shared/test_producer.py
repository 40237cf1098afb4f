"""A producer that Kafka has stopped taking from is replaced, and only then (SY-2)."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from shared.messaging.producer import FAILURES, RenewedProducer


class Fake:
    """Stands for aiokafka's producer; `reachable` says whether it can start."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.stopped = False
        self.forced = False
        self._sender = self.client = self

    async def start(self) -> None:
        if not self.world.reachable:
            raise KafkaConnectionError("gone")

    async def stop(self) -> None:
        self.stopped = True
        if self.world.hangs:
            await asyncio.sleep(60)

    async def close(self) -> None:
        self.forced = True


class World:
    def __init__(self) -> None:
        self.reachable = True
        self.hangs = False
        self.made: list[Fake] = []
        self.producer = RenewedProducer(self.make)

    def make(self) -> AIOKafkaProducer:
        self.made.append(Fake(self))
        return cast(AIOKafkaProducer, self.made[-1])

    @property
    def current(self) -> Any:
        return self.producer.current


@pytest.mark.req("SY-2")
async def test_after_some_failures_in_a_row_a_new_one_takes_over() -> None:
    world = World()
    await world.producer.start()
    first = world.current
    for _ in range(FAILURES):
        assert world.current is first
        await world.producer.failed(first)
    assert world.current is not first
    assert first.stopped


@pytest.mark.req("SY-2")
async def test_a_success_in_between_starts_the_count_anew() -> None:
    world = World()
    await world.producer.start()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            await world.producer.failed(world.current)
        world.producer.worked()
    assert len(world.made) == 1


@pytest.mark.req("SY-2")
async def test_while_kafka_is_away_the_old_one_stays() -> None:
    world = World()
    await world.producer.start()
    first, world.reachable = world.current, False
    for _ in range(FAILURES + 2):
        await world.producer.failed(first)
    assert world.current is first
    assert not first.stopped
    world.reachable = True
    await world.producer.failed(first)
    assert world.current is not first


@pytest.mark.req("SY-2")
async def test_many_who_fail_at_once_replace_it_once() -> None:
    world = World()
    await world.producer.start()
    first = world.current
    await asyncio.gather(*(world.producer.failed(first) for _ in range(50)))
    assert len(world.made) == 2


@pytest.mark.req("SY-2")
async def test_one_that_cannot_say_goodbye_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.messaging.producer.FAREWELL_S", 0.01)
    world = World()
    await world.producer.start()
    first, world.hangs = world.current, True
    for _ in range(FAILURES):
        await world.producer.failed(first)
    assert first.forced


async def test_before_the_start_there_is_none() -> None:
    with pytest.raises(RuntimeError, match="not started"):
        _ = World().current
