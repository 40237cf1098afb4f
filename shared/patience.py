"""A process that starts while Kafka or the database is away waits for them: to die and begin again would cost more."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from shared.mongo import is_passing

log = structlog.get_logger()

LONGEST_PAUSE_S = 1.0


def will_pass(error: Exception) -> bool:
    """Whether the same may work in a moment: nobody listens yet, a failover, a time-out."""
    if isinstance(error, PyMongoError):
        return is_passing(error)
    return isinstance(error, OSError | TimeoutError) or (isinstance(error, KafkaError) and bool(error.retriable))


async def until_reached(attempt: Callable[[], Awaitable[object]], seconds: float = 300.0) -> None:
    """Attempt until it works. Raises what will not pass, or what has not passed after `seconds`."""
    end, pause = time.monotonic() + seconds, 0.1
    while True:
        try:
            await attempt()
        except Exception as error:
            if not will_pass(error) or time.monotonic() > end:
                raise
            log.warning("waiting_to_start", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, pause * 2)
        else:
            return
