"""Reading partitions from their first record to where they end now, without a group."""

from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.kafka_security import KafkaSecurity

RECORDS = 1000


async def whole(
    bootstrap: str, partitions: Sequence[TopicPartition], security: KafkaSecurity
) -> AsyncIterator[Sequence["ConsumerRecord[bytes, bytes]"]]:
    """Batches; each partition in order. What is published meanwhile is not read. Raises `KafkaError`."""
    # The driver resets what was just assigned by itself, and may do so after the seek: to the beginning as well, or
    # every partition would seem read at once.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security.options(),
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(list(partitions))
        await consumer.seek_to_beginning(*partitions)
        left = {p for p in partitions if ends[p] > await consumer.position(p)}
        while left:
            for partition, records in (await consumer.getmany(timeout_ms=500, max_records=RECORDS)).items():
                yield [record for record in records if record.offset < ends[partition]]
            left = {p for p in left if await consumer.position(p) < ends[p]}
    finally:
        await consumer.stop()
