"""A real Kafka and a real MongoDB for all tests that need them, started once per run (and runner).

Registered in the root conftest only: a conftest that imported the fixture would have one of its own, and each would end
the servers of the other.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.integration.fresh import FreshNames, drop_databases, drop_topics
from tools.stack import Stack
from tools.stack.down import end_everything
from tools.stack.layout import VAR, Layout


@dataclass(frozen=True)
class Infra:
    kafka: str
    mongo_url: str


def end_abandoned_runs() -> None:
    """A run that was killed could not end its Kafka and MongoDB: the next one does, by the pid in the name.

    Of several runners that begin side by side one does so, and the others wait and find nothing left.
    """
    with (VAR / "tests.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for directory in VAR.glob("test-*"):
            owner = directory.name.split("-")[1]
            if owner.isdigit() and not psutil.pid_exists(int(owner)):
                remove(Layout(directory))


def remove(layout: Layout) -> None:
    end_everything(layout)
    layout.wipe()
    if layout.directory.exists() and not any(layout.directory.iterdir()):
        layout.directory.rmdir()


@pytest.fixture(scope="session")
def infra() -> Iterator[Infra]:
    """KAFKA_BOOTSTRAP_SERVERS and MONGO_URL, where set, are used instead of servers of our own."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("MONGO_URL")
    if given[0] and given[1]:
        yield Infra(given[0], given[1])
        return
    end_abandoned_runs()
    directory = Path(f"var/test-{os.getpid()}")
    stack = Stack.up(directory, services=False, clean=True)
    try:
        yield Infra(stack.info.kafka, stack.info.mongo)
    finally:
        remove(stack.layout)


@pytest.fixture(scope="session")
def kafka(infra: Infra) -> str:
    """host:port, as in bootstrap_servers."""
    return infra.kafka


@pytest.fixture(scope="session")
def mongo_url(infra: Infra) -> str:
    return infra.mongo_url


@pytest.fixture
async def fresh_names(infra: Infra) -> AsyncIterator[FreshNames]:
    """A prefix of this test's own; what was made under it is removed afterwards."""
    names = FreshNames()
    yield names
    await drop_topics(names, infra.kafka)
    await asyncio.to_thread(drop_databases, names, infra.mongo_url)
