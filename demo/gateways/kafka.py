"""Gateways that write straight to Kafka: CloudEvents in binary mode, acknowledged by all replicas."""

from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from demo.gateways.answer import Answer, Later, Place, Taken
from demo.sending import Sending

LARGEST_REQUEST = 4 * 1024 * 1024


class KafkaGateway:
    def __init__(self, producer: AIOKafkaProducer, prefix: str) -> None:
        self.producer = producer
        self.prefix = prefix

    @classmethod
    async def connect(cls, bootstrap: str, prefix: str) -> Self:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            client_id="demo-gateways",
            acks="all",
            enable_idempotence=True,
            linger_ms=10,
            max_batch_size=256 * 1024,
            max_request_size=LARGEST_REQUEST,
            request_timeout_ms=15_000,
        )
        await producer.start()
        return cls(producer, prefix)

    async def deliver(self, sending: Sending) -> Answer:
        headers = [(name, value.encode()) for name, value in sending.headers]
        try:
            stands = await self.producer.send_and_wait(
                self.prefix + sending.route.value, sending.body, key=sending.key, headers=headers
            )
        except KafkaError as error:
            return Later(type(error).__name__)
        return Taken(200, place=Place(sending.route.value, stands.partition, stands.offset))

    async def close(self) -> None:
        await self.producer.stop()
