"""How far the consumer groups are behind, asked from the broker itself."""

import asyncio
import time
from collections import Counter

from services.metrics.lag import OffsetReader, lag_by_topic

LOOK_S = 0.25


async def lag(bootstrap: str, prefix: str) -> dict[str, int]:
    """Group → records not yet committed, of groups that read topics with our prefix. Raises `KafkaError`."""
    offsets = await OffsetReader(bootstrap, "", 0.0).once()
    behind: Counter[str] = Counter()
    for (group, topic), records in lag_by_topic(offsets, "").items():
        if topic.startswith(prefix):
            behind[group] += records
    return dict(behind)


async def caught_up(bootstrap: str, prefix: str, seconds: float) -> bool:
    """Whether every group has handled all there is, within `seconds`. Raises `KafkaError`."""
    end = time.monotonic() + seconds
    while any((await lag(bootstrap, prefix)).values()):
        if time.monotonic() > end:
            return False
        await asyncio.sleep(LOOK_S)
    return True
