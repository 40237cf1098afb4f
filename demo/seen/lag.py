"""How far the consumer groups are behind, asked from the broker itself."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def lag(bootstrap: str, prefix: str) -> dict[str, int]:
    """Group → records not yet committed, of groups that read topics with our prefix. Raises `KafkaError`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="demo-lag")
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, client_id="demo-lag", group_id=None)
    await admin.start()
    try:
        await consumer.start()
        try:
            committed: dict[str, dict[TopicPartition, int]] = {}
            for group, _ in await admin.list_consumer_groups():
                offsets = await admin.list_consumer_group_offsets(group)
                committed[group] = {p: o.offset for p, o in offsets.items() if p.topic.startswith(prefix)}
            partitions = sorted({p for offsets in committed.values() for p in offsets})
            ends = await consumer.end_offsets(partitions) if partitions else {}
        finally:
            await consumer.stop()
    finally:
        await admin.close()
    return {
        group: sum(max(0, ends[p] - max(0, offset)) for p, offset in offsets.items())
        for group, offsets in committed.items()
        if offsets
    }
