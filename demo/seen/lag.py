"""How far the consumer groups are behind, asked from the broker itself."""

from collections import Counter

from services.metrics.lag import OffsetReader, lag_by_topic


async def lag(bootstrap: str, prefix: str) -> dict[str, int]:
    """Group → records not yet committed, of groups that read topics with our prefix. Raises `KafkaError`."""
    offsets = await OffsetReader(bootstrap, "", 0.0).once()
    behind: Counter[str] = Counter()
    for (group, topic), records in lag_by_topic(offsets, "").items():
        if topic.startswith(prefix):
            behind[group] += records
    return dict(behind)
