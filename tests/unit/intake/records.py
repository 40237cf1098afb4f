"""Kafka records as a consumer sees them."""

from collections.abc import Sequence

from aiokafka import ConsumerRecord

from shared.messaging.message import Outgoing


def record(
    value: bytes | None, headers: Sequence[tuple[str, bytes]], key: bytes | None = b"k", topic: str = "t"
) -> "ConsumerRecord[bytes, bytes]":
    return ConsumerRecord(
        topic=topic,
        partition=0,
        offset=1,
        timestamp=1_795_000_000_000,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=tuple(headers),
    )


def record_of(message: Outgoing) -> "ConsumerRecord[bytes, bytes]":
    return record(message.value, message.headers(), message.key.encode(), message.topic)
