"""A Kafka producer that is replaced when it only fails: aiokafka's idempotent one never gets over some errors."""

import asyncio
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

log = structlog.get_logger()

FAILURES = 3
START_S = 10.0
FAREWELL_S = 1.0


class RenewedProducer:
    """An idempotent producer numbers its batches. One that the broker refuses for good leaves a gap in the numbers,
    and then the broker refuses all that follow: out of order. A new producer begins to count anew."""

    def __init__(self, make: Callable[[], AIOKafkaProducer]) -> None:
        self._make = make
        self._failures = 0
        self._lock = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None

    @property
    def is_started(self) -> bool:
        return self._producer is not None

    @property
    def current(self) -> AIOKafkaProducer:
        """Raises `RuntimeError` before the start."""
        if self._producer is None:
            raise RuntimeError("the producer is not started")
        return self._producer

    async def start(self) -> None:
        """Connect; raises a `KafkaError` where Kafka can't be reached, and may then be called again."""
        self._producer = await self._started()

    async def stop(self) -> None:
        """Send what is pending and disconnect."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    def worked(self) -> None:
        self._failures = 0

    async def failed(self, producer: AIOKafkaProducer) -> None:
        """Count a failure of `producer`; after some without a success between them it is replaced, if Kafka answers."""
        self._failures += 1
        if self._failures < FAILURES:
            return
        async with self._lock:
            if self._producer is not producer:
                return
            try:
                async with asyncio.timeout(START_S):
                    self._producer = await self._started()
            except (KafkaError, OSError, TimeoutError) as error:
                log.info("producer_not_renewed", error=type(error).__name__)
                return
            self._failures = 0
            log.warning("producer_renewed")
        await _dismiss(producer)

    async def _started(self) -> AIOKafkaProducer:
        producer = self._make()
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer


async def _dismiss(producer: AIOKafkaProducer) -> None:
    """What it still holds was given back as failed and comes again; it must not send it later."""
    try:
        async with asyncio.timeout(FAREWELL_S):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("producer_dismissed", error=type(error).__name__)
        await producer._sender.close()
        await producer.client.close()
