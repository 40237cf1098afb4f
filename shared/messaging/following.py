"""Follows a compacted topic without a group: every process knows all of it, and nothing is committed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from shared.kafka_security import PLAINTEXT, KafkaSecurity

WAIT_MS = 5000
"""How long Kafka may keep an idle reader waiting; a record ends the wait. Of several partitions one that was just read
may wait as long for the others."""
FIRST_WAIT_MS = 500
"""How long one read waits until the topic's end is reached."""
AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Followed:
    """A topic by its full name, where it is, and how large its records are."""

    bootstrap: str
    topic: str
    max_record_bytes: int
    security: KafkaSecurity = PLAINTEXT


async def follow(
    source: Followed,
    take: "Callable[[ConsumerRecord[bytes, bytes]], None]",
    at_end: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Hands over every record from the beginning, and once `at_end` when all that stood there has been read.

    Runs until it is cancelled. A failure of Kafka comes out: call it again, and it begins anew.
    """
    consumer = AIOKafkaConsumer(
        source.topic,
        bootstrap_servers=source.bootstrap,
        **source.security.options(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=source.max_record_bytes,
        fetch_max_wait_ms=WAIT_MS,
    )
    await consumer.start()
    try:
        ends, behind = await consumer.end_offsets(list(consumer.assignment())), True
        while True:
            records = await consumer.getmany(timeout_ms=FIRST_WAIT_MS if behind else WAIT_MS, max_records=AT_ONCE)
            for of_partition in records.values():
                for record in of_partition:
                    take(record)
            if behind and all([await consumer.position(p) >= end for p, end in ends.items()]):
                behind = False
                at_end()
    finally:
        await consumer.stop()
