"""The embedded store of one partition (RocksDB): states, an index by due time, and how far both logs are in it."""

import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import cast

import orjson
from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    WriteBatch,
    WriteBufferManager,
)

from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.entry import NEVER, Entry

_STATE, _DUE, _META = b"s", b"d", b"m"
_TIME = struct.Struct(">Q")
_MB = 1024 * 1024
_BACKGROUND = ("rocksdb.num-running-compactions", "rocksdb.compaction-pending", "rocksdb.num-running-flushes")

Raw = bytes | None


@dataclass(frozen=True, slots=True)
class Meta:
    """Which changelog the copy follows, how far it is in, and how far the source is.

    `changelog_next`: every changelog record below it is in the copy. `source_offset`, `log_time` (microseconds):
    the furthest record of the source that was decided here or restored. `saved_at`: real time, seconds.
    """

    changelog: str
    changelog_next: int = 0
    source_offset: int = -1
    log_time: int = -1
    saved_at: float = 0.0


class Memory:
    """What all partitions of a process may hold together, so that a second partition costs little (bytes)."""

    def __init__(self, block_cache: int = 8 * _MB, write_buffers: int = 12 * _MB) -> None:
        self.cache = Cache(block_cache)
        self.write_buffers = WriteBufferManager(write_buffers, False)


class LocalState:
    """Everything of one call to `write` is in the store, or nothing of it.

    Not synced to disk at each write: after a power cut the copy is a little older, and the changelog has the rest.
    """

    def __init__(self, path: Path, changelog: str, memory: Memory) -> None:
        """Raises rocksdict's exception (text "lock") where another process has this directory open."""
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._db = Rdict(str(path), _options(memory))
        stored = self._db.get(_META)
        self.meta = Meta(**orjson.loads(stored)) if stored else Meta(changelog)
        self._nothing_due_before = 0

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Raw]:
        if not keys:
            return {}
        values = cast("list[Raw]", self._db.get([_STATE + key for key in keys]))
        return dict(zip(keys, values, strict=True))

    def write(self, changes: Sequence[Change], meta: Meta) -> None:
        """The changes, the due index that follows from them, and `meta`, at once."""
        batch = WriteBatch(raw_mode=True)
        for key, before, after, _, written in changes:
            if after is None:
                batch.delete(_STATE + key)
            else:
                batch.put(_STATE + key, written or after.encode())
            if before is None or after is None or before.indexed != after.indexed:
                self._index(batch, key, before, after)
        batch.put(_META, orjson.dumps(meta))
        self._db.write(batch)
        self.meta = meta

    def _index(self, batch: WriteBatch, key: bytes, before: Entry | None, after: Entry | None) -> None:
        old = NEVER if before is None else before.indexed
        new = NEVER if after is None else after.indexed
        if old == new:
            return
        if old != NEVER:
            batch.delete(_due_key(old, key))
        if new != NEVER:
            batch.put(_due_key(new, key), b"")
            self._nothing_due_before = min(self._nothing_due_before, new)

    def due(self, until: int, limit: int) -> list[tuple[int, bytes]]:
        """The first entries of the due index at or before `until`, in order.

        Begins where the last look ended: the deleted entries before it would have to be stepped over each time.
        """
        found: list[tuple[int, bytes]] = []
        for raw in self._keys(_DUE, _due_key(self._nothing_due_before, b"")):
            (time,) = _TIME.unpack_from(raw, 1)
            if time > until or len(found) == limit:
                self._nothing_due_before = found[0][0] if found else time
                break
            found.append((time, raw[1 + _TIME.size :]))
        return found

    def keys(self) -> list[bytes]:
        """Every key, for tests and small stores."""
        return [raw[1:] for raw in self._keys(_STATE, _STATE)]

    def _keys(self, kind: bytes, start: bytes) -> Iterator[bytes]:
        keys = cast("Iterator[bytes]", self._db.keys(from_key=start))
        return takewhile(lambda raw: raw[:1] == kind, keys)

    def count(self) -> int:
        """About how many records the store holds (states and due entries)."""
        return self._db.property_int_value("rocksdb.estimate-num-keys") or 0

    def busy(self) -> bool:
        """Whether the store is still sorting in the background what was written."""
        return any(self._db.property_int_value(name) for name in _BACKGROUND)

    def close(self) -> None:
        self._db.close()


def wiped(path: Path, changelog: str, memory: Memory) -> LocalState:
    """An empty store in place of what is there; it must not be open."""
    shutil.rmtree(path, ignore_errors=True)
    return LocalState(path, changelog, memory)


def advanced(meta: Meta, *, source_offset: int, log_time: int, changelog_next: int, saved_at: float) -> Meta:
    """Never backwards, except for the changelog, which the caller knows."""
    return replace(
        meta,
        source_offset=max(meta.source_offset, source_offset),
        log_time=max(meta.log_time, log_time),
        changelog_next=changelog_next,
        saved_at=saved_at,
    )


def _due_key(time: int, key: bytes) -> bytes:
    return _DUE + _TIME.pack(time) + key


def _options(memory: Memory) -> Options:
    blocks = BlockBasedOptions()
    blocks.set_block_cache(memory.cache)
    blocks.set_bloom_filter(10, False)
    blocks.set_cache_index_and_filter_blocks(True)
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(True)
    blocks.set_format_version(5)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_manager(memory.write_buffers)
    options.set_write_buffer_size(4 * _MB)
    options.set_max_write_buffer_number(2)
    # Three reads in four miss the block cache: unpacking a block costs more than the disk that it saves.
    options.set_compression_type(DBCompressionType.none())
    options.set_level_compaction_dynamic_level_bytes(True)
    options.set_max_background_jobs(2)
    options.set_max_open_files(256)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(_MB)
    return options
