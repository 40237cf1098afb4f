"""A process is in all of its groups after one heartbeat of those who are there, not after one for each (SY-1)."""

import asyncio
from typing import Any

import pytest

from shared.messaging.joining import JoiningBroker

GROUPS = ("contacts", "orders", "parcels")


@pytest.mark.req("SY-1")
async def test_every_group_is_asked_before_the_first_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = JoiningBroker(consumer_only=True, logger=None)
    subscribers = [broker.subscriber(name, batch=True, group_id=name) for name in GROUPS]
    asked, let_in = [], asyncio.Event()

    async def connect() -> None:
        pass

    async def start(subscriber: Any) -> None:
        asked.append(subscriber.group_id)
        if len(asked) == len(GROUPS):
            let_in.set()
        await let_in.wait()

    monkeypatch.setattr(broker, "connect", connect)
    monkeypatch.setattr(type(subscribers[0]), "start", start)
    assert not broker.running
    await asyncio.wait_for(broker.start(), 5)
    assert sorted(asked) == sorted(GROUPS)
    assert broker.running
