"""One open partition: its copy, how far its source is read here, and the order of a batch's steps."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from shared.messaging.appender import Span
from shared.messaging.partition_state.batch import Change, Decided
from shared.messaging.partition_state.changelog import Changelog
from shared.messaging.partition_state.local import LocalState, Memory, Meta, advanced, wiped
from shared.messaging.partition_state.metrics import StateMetrics
from shared.messaging.partition_state.restore import catch_up
from shared.messaging.partition_state.source import Source
from shared.messaging.publisher import Publisher

log = structlog.get_logger()

COPY_KEEPS_S = 12 * 3600.0
"""An older copy is not trusted: Kafka forgets after a day (delete.retention.ms) that a key was removed."""


_WHAT_TO_DO = "Wipe state directories and changelog topic together, and restart."


class SourceRewound(Exception):
    """The state has seen records that the source does not have: the topic was made anew or lost its end.

    New records would be taken for repeats. Delete the state directories and the changelog topic, make the topic anew,
    and restart: the state is then rebuilt from what the source still holds.
    """


class Partition:
    """Opened by `opened`; every call runs under the lock that its owner keeps for it."""

    def __init__(
        self,
        number: int,
        local: LocalState,
        changelog: Changelog,
        publisher: Publisher,
        metrics: StateMetrics,
        read_to: int,
    ) -> None:
        self.number = number
        self.local = local
        self.read_to = read_to
        self._changelog = changelog
        self._publisher = publisher
        self._metrics = metrics

    async def store(self, decided: Decided, moves: Sequence[Change] = ()) -> None:
        """Outputs first, then the changelog, then the copy: a crash between two steps only repeats the first ones.

        Raises `PublishFailed` with the copy unchanged: decide and store again.
        """
        await self._publisher.publish(decided.messages)
        spans: Sequence[Span] = ()
        if decided.changes:
            spans = await self._changelog.append(self.number, decided.changes)
        start = self.local.meta.changelog_next
        end = _end_of(start, spans)
        meta = advanced(
            self.local.meta,
            source_offset=decided.source_offset,
            log_time=decided.log_time,
            changelog_next=start if end is None else end,
            saved_at=time.time(),
        )
        self.local.write([*decided.changes, *moves], meta)
        self._metrics.changes.inc(len(decided.changes))
        self.read_to = max(self.read_to, decided.source_offset + 1)
        if end is None:
            await self._read_what_others_wrote()

    async def _read_what_others_wrote(self) -> None:
        """Our records did not follow on the ones that we know: a former owner has written in between."""
        merge = await catch_up(
            self.local,
            self._changelog,
            self.number,
            await self._changelog.end(self.number),
            real_now=time.time,
        )
        self._metrics.repaired.inc(len(merge.stale))
        log.warning("changelog_interleaved", partition=self.number, records=merge.records, stale=len(merge.stale))


def _end_of(start: int, spans: Sequence[Span]) -> int | None:
    """The offset after the last span, or None where they do not follow on `start` without a gap."""
    for span in spans:
        if span.start != start:
            return None
        start += span.records
    return start


async def opened(
    number: int,
    directories: Sequence[Path],
    memory: Memory,
    changelog: Changelog,
    publisher: Publisher,
    source: Source,
    metrics: StateMetrics,
    wanted: Callable[[], bool],
) -> Partition:
    """The partition, restored to the end of its changelog. Raises `SourceRewound`, `Abandoned`, Kafka's errors."""
    started = time.monotonic()
    committed = await source.committed(number)
    end = await changelog.end(number)
    local = _copy(directories, changelog.name, end, memory)
    try:
        merge = await catch_up(local, changelog, number, end, real_now=time.time, wanted=wanted)
        if local.meta.source_offset >= await source.end(number):
            raise SourceRewound(f"partition {number}: the state has seen {local.meta.source_offset}. {_WHAT_TO_DO}")
    except BaseException:
        local.close()
        raise
    seconds = time.monotonic() - started
    metrics.restored.inc(merge.records)
    metrics.repaired.inc(len(merge.stale))
    metrics.restore_seconds.observe(seconds)
    log.info(
        "partition_restored",
        partition=number,
        records=merge.records,
        stale=len(merge.stale),
        seconds=round(seconds, 3),
        about_keys=local.count(),
    )
    return Partition(number, local, changelog, publisher, metrics, committed)


def _copy(directories: Sequence[Path], changelog: str, end: int, memory: Memory) -> LocalState:
    """The local copy where it can be trusted, else an empty one.

    A frozen former owner on this machine still holds the directory's lock: then the next directory.
    """
    local, path = _open_first(directories, changelog, memory)
    meta = local.meta
    young = meta == Meta(changelog) or time.time() - meta.saved_at < COPY_KEEPS_S
    if meta.changelog == changelog and meta.changelog_next <= end and young:
        return local
    local.close()
    return wiped(path, changelog, memory)


def _open_first(directories: Sequence[Path], changelog: str, memory: Memory) -> tuple[LocalState, Path]:
    for path in directories[:-1]:
        try:
            return LocalState(path, changelog, memory), path
        except Exception as error:
            if "lock" not in str(error).lower():
                raise
            log.warning("state_directory_locked", path=str(path))
    return LocalState(directories[-1], changelog, memory), directories[-1]
