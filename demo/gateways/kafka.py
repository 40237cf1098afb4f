"""Gateways that write straight to Kafka: CloudEvents in binary mode, acknowledged by all replicas."""

import asyncio

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from demo.gateways.answer import Answer, Later, Place, Taken
from demo.sending import Sending

log = structlog.get_logger()

LARGEST_REQUEST = 4 * 1024 * 1024
TIMEOUT_S = 20.0
HOPELESS = 40


class KafkaGateway:
    """One producer for all sendings; a new one where the old one only fails (a broker killed at the wrong moment)."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.failures = 0
        self.renewing = asyncio.Lock()

    async def start(self) -> None:
        """Raises a `KafkaError` where the broker can't be reached."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            client_id="demo-gateways",
            acks="all",
            enable_idempotence=True,
            linger_ms=10,
            max_batch_size=256 * 1024,
            max_request_size=LARGEST_REQUEST,
            request_timeout_ms=15_000,
        )
        await producer.start()
        self.producer = producer

    async def deliver(self, sending: Sending) -> Answer:
        headers = [(name, value.encode()) for name, value in sending.headers]
        producer = self.producer
        try:
            async with asyncio.timeout(TIMEOUT_S):
                stands = await producer.send_and_wait(
                    self.prefix + sending.route.value, sending.body, key=sending.key, headers=headers
                )
        except (KafkaError, TimeoutError) as error:
            self.failures += 1
            if self.failures >= HOPELESS:
                await self._renew(producer)
            return Later(type(error).__name__)
        self.failures = 0
        return Taken(200, place=Place(sending.route.value, stands.partition, stands.offset))

    async def _renew(self, failing: AIOKafkaProducer) -> None:
        async with self.renewing:
            if self.producer is not failing:
                return
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    await self.start()
                    await failing.stop()
            except (KafkaError, TimeoutError, OSError) as error:
                log.info("producer_not_renewed", error=type(error).__name__)
            else:
                self.failures = 0

    async def close(self) -> None:
        await self.producer.stop()
