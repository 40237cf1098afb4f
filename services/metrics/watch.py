"""The latest snapshot of a process, read once a second, and the end of a rebuild."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.metrics.deadletters import DeadLetterReader
from services.metrics.exporter import Snapshot
from services.metrics.lag import OffsetReader, Offsets, lag_by_topic
from services.metrics.store import Figures


class Watch:
    """`now` is the business time. A refresh that fails leaves the snapshot as it was; its time tells its age."""

    def __init__(
        self,
        figures: Figures,
        offsets: OffsetReader,
        dead_letters: DeadLetterReader,
        topic_prefix: str,
        now: Callable[[], datetime],
    ) -> None:
        self._figures = figures
        self._offsets = offsets
        self._dead_letters = dead_letters
        self._topic_prefix = topic_prefix
        self._now = now
        self._rebuilding = True
        self.snapshot = Snapshot()

    async def refresh(self) -> None:
        offsets = self._offsets.offsets
        rebuilding = await self._is_rebuilding(offsets)
        self.snapshot = Snapshot(
            read_at=self._now(),
            totals=None if rebuilding else await self._figures.totals(),
            rebuilding=rebuilding,
            lag=lag_by_topic(offsets, self._topic_prefix),
            dead_letters=self._dead_letters.board.counts(),
        )

    async def _is_rebuilding(self, offsets: Offsets) -> bool:
        """Once it is over it need not be asked again: a rebuild begins only while no process runs."""
        if self._rebuilding:
            targets = await self._figures.rebuild_targets()
            self._rebuilding = bool(targets) and not reached(targets, offsets)
            if targets and not self._rebuilding:
                await self._figures.finish_rebuild()
        return self._rebuilding


def reached(targets: Mapping[str, int], offsets: Offsets) -> bool:
    """Whether the groups have committed at least as far as a rebuild must read ("group/topic/partition")."""
    done = {
        f"{group}/{partition.topic}/{partition.partition}": offset
        for group, committed in offsets.committed.items()
        for partition, offset in committed.items()
    }
    return all(done.get(key, -1) >= offset for key, offset in targets.items())
