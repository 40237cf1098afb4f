"""The owner of partitions: order of its steps, failures between them, silence that is none, and losing a partition."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.messaging.appender import Span
from shared.messaging.message import Incoming
from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.changelog import Record
from shared.messaging.partition_state.entry import NEVER, Entry
from shared.messaging.partition_state.local import LocalState, Memory, advanced
from shared.messaging.partition_state.owner import PartitionOwner
from shared.messaging.partition_state.partition import SourceRewound
from shared.messaging.record import Malformed
from tests.unit.routing_parcels.tally import Clock, FakeKafka, FakeSource, TallyFold, owner_of, tick

pytestmark = pytest.mark.req("SY-2")


class Given:
    """One process with partitions 0 and 1, and what outlives it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.kafka, self.source, self.clock = FakeKafka(), FakeSource(), Clock()
        self.owner = self.process("a")

    def process(self, instance: str, directory: Path | None = None) -> PartitionOwner:
        return owner_of(self.kafka, self.source, directory or self.directory, self.clock, instance)

    async def read(self, *events: Incoming[Any], owner: PartitionOwner | None = None) -> None:
        for event in events:
            self.source.ends[event.partition] = max(self.source.ends.get(event.partition, 0), event.offset + 1)
        await (owner or self.owner).process(events, lambda _: True)

    def rung(self) -> list[tuple[str, str]]:
        return [(m.key, m.id) for m in self.kafka.outputs]


@pytest.fixture
async def given(tmp_path: Path) -> AsyncIterator[Given]:
    given = Given(tmp_path / "first")
    given.clock.seconds = 100
    await given.owner.assigned([0, 1])
    yield given
    await given.owner.close()


def count(owner: PartitionOwner, key: bytes) -> int | None:
    entry = owner.find(key)
    return None if entry is None else TallyFold().decode(entry.payload)[0]


async def test_outputs_come_before_the_changelog_and_that_before_the_copy(given: Given) -> None:
    await given.read(tick("a", 0), tick("b", 0, partition=1))
    assert given.kafka.steps == ["outputs", "changelog", "outputs", "changelog"]
    assert count(given.owner, b"a") == 1
    assert given.kafka.records[0][0].key == b"a"
    assert given.kafka.records[1][0].key == b"b"


@pytest.mark.parametrize("step", ["outputs", "changelog"])
async def test_a_failed_step_is_repeated_with_the_same_messages(given: Given, step: str) -> None:
    given.kafka.fail = {step: 2}
    await given.read(tick("a", 0), tick("a", 1))
    assert count(given.owner, b"a") == 2
    assert len({m.id for m in given.kafka.outputs}) == 2
    assert len(given.kafka.outputs) == 6


async def test_a_batch_that_comes_again_changes_nothing(given: Given) -> None:
    await given.read(tick("a", 0), tick("a", 1))
    await given.read(tick("a", 0), tick("a", 1))
    assert count(given.owner, b"a") == 2
    assert len(given.rung()) == 2


@pytest.mark.req("SY-9")
@pytest.mark.parametrize("same_disk", [True, False])
async def test_a_new_owner_has_the_state_before_it_reads_on(given: Given, tmp_path: Path, same_disk: bool) -> None:
    await given.read(tick("a", 0), tick("a", 1), tick("b", 2))
    await given.owner.revoked([0, 1])
    other = given.process("b", given.directory if same_disk else tmp_path / "second")
    await other.assigned([0])
    await given.read(tick("a", 1), tick("b", 2), tick("a", 3), owner=other)
    assert (count(other, b"a"), count(other, b"b")) == (3, 1)
    assert len({m.id for m in given.kafka.outputs}) == len(given.kafka.outputs) == 4
    await other.close()


async def test_a_partition_that_is_not_ours_is_left_alone(given: Given) -> None:
    await given.owner.revoked([1])
    await given.owner.assigned([])
    await given.read(tick("a", 0), tick("b", 0, partition=1))
    assert [key for key, _ in given.rung()] == ["a"]
    await given.owner.process([tick("a", 1)], lambda partition: partition != 0)
    assert len(given.rung()) == 1


async def test_a_batch_waits_for_a_rebalance_to_end_and_is_not_lost_where_the_partition_stays(given: Given) -> None:
    """Between revoke and assign the loop could still commit: nothing may be skipped then."""
    await given.owner.revoked([0, 1])
    reading = asyncio.create_task(given.read(tick("a", 0)))
    await asyncio.sleep(0.05)
    assert not reading.done()
    await given.owner.assigned([0])
    await reading
    assert count(given.owner, b"a") == 1


async def test_revoking_waits_for_the_batch_in_hand_and_closes_the_store(given: Given) -> None:
    await given.read(tick("a", 0))
    release, append = asyncio.Event(), given.kafka.append

    async def slow(partition: int, changes: Sequence[Change]) -> Sequence[Span]:
        await release.wait()
        return await append(partition, changes)

    given.kafka.append = slow  # type: ignore[method-assign]
    reading = asyncio.create_task(given.read(tick("a", 1)))
    await asyncio.sleep(0.05)
    revoking = asyncio.create_task(given.owner.revoked([0, 1]))
    await asyncio.sleep(0.05)
    assert not revoking.done()
    release.set()
    await asyncio.gather(revoking, reading)
    LocalState(given.directory / "0", given.kafka.name, Memory()).close()
    assert len(given.kafka.records[0]) == 2


@pytest.mark.req("RO-11")
async def test_a_timer_fires_once_after_its_grace_and_survives_a_new_owner(given: Given, tmp_path: Path) -> None:
    await given.read(tick("a", 0, ring_at=200))
    given.clock.seconds = 204
    await given.owner.fire_due()
    assert len(given.rung()) == 1
    given.clock.seconds = 205
    await given.owner.fire_due()
    await given.owner.fire_due()
    assert len(given.rung()) == 2
    await given.owner.revoked([0, 1])
    other = given.process("b", tmp_path / "second")
    given.source.commits[0] = 1
    await other.assigned([0])
    await other.fire_due()
    assert len(given.rung()) == 2
    await other.close()


async def test_a_timer_whose_state_was_not_stored_fires_again_with_the_same_id(given: Given) -> None:
    await given.read(tick("a", 0, ring_at=200))
    given.clock.seconds = 300
    given.kafka.fail = {"changelog": 1}
    with pytest.raises(Exception, match="changelog"):
        await given.owner.fire_due()
    await given.owner.fire_due()
    assert [m.id for m in given.kafka.outputs[1:]] == [given.kafka.outputs[1].id] * 2


@pytest.mark.req("RO-11")
async def test_what_was_not_read_yet_is_not_silence(given: Given) -> None:
    """An outage of ours: the log goes on, we do not. The timer waits until the log's own time has come."""
    await given.read(tick("a", 0, ring_at=200, seconds=100))
    given.clock.seconds = 1000
    given.source.ends[0] = 3
    await given.owner.fire_due()
    assert len(given.rung()) == 1
    await given.owner.process([tick("b", 1, seconds=204)], lambda _: True)
    await given.owner.fire_due()
    assert [key for key, _ in given.rung()] == ["a", "b"]
    await given.owner.process([tick("b", 2, seconds=990)], lambda _: True)
    await given.owner.fire_due()
    assert [key for key, _ in given.rung()] == ["a", "b", "b", "a"]


async def test_records_that_no_batch_contains_count_as_read(given: Given) -> None:
    """The last record is malformed: the loop sends it to the dead letters, and timers still fire."""
    await given.read(tick("a", 0, ring_at=200))
    given.source.ends[0] = 2
    given.clock.seconds = 1000
    await given.owner.fire_due()
    assert len(given.rung()) == 1
    record = SimpleNamespace(partition=0, offset=1)
    parsed = given.owner.watching(lambda _: Malformed("not JSON"))(cast(Any, record))
    assert isinstance(parsed, Malformed)
    await given.owner.fire_due()
    assert len(given.rung()) == 2


async def test_a_frozen_owner_does_not_take_its_successors_records_for_silence(given: Given, tmp_path: Path) -> None:
    await given.read(tick("a", 0, ring_at=200))
    other = given.process("b", tmp_path / "second")
    await other.assigned([0])
    await given.read(tick("a", 1, ring_at=5000, seconds=150), owner=other)
    given.clock.seconds = 1000
    await given.owner.fire_due()
    assert len(given.rung()) == 2
    await other.close()


async def test_what_a_frozen_owner_wrote_late_is_superseded_again(given: Given, tmp_path: Path) -> None:
    await given.read(tick("a", 0))
    stale = Entry(0, 1, NEVER, NEVER, b"1,%d" % NEVER)
    await given.read(tick("a", 1))
    given.kafka.write(0, Change(b"a", None, stale))
    await given.read(tick("b", 2))
    last = {r.key: r.value for r in given.kafka.records[0]}
    owned = given.owner.find(b"a")
    assert owned is not None
    assert last[b"a"] == owned.encode()
    assert count(given.owner, b"a") == 2


@pytest.mark.req("SY-9")
async def test_a_restore_supersedes_what_a_frozen_owner_wrote_late(given: Given, tmp_path: Path) -> None:
    await given.read(tick("a", 0), tick("a", 1))
    given.kafka.write(0, Change(b"a", None, Entry(0, 1, NEVER, NEVER, b"1,%d" % NEVER)))
    other = given.process("b", tmp_path / "second")
    await other.assigned([0])
    await given.read(tick("b", 2), owner=other)
    assert count(other, b"a") == 2
    restored = other.find(b"a")
    assert restored is not None
    assert {r.key: r.value for r in given.kafka.records[0]}[b"a"] == restored.encode()
    await other.close()


async def test_a_directory_that_a_frozen_owner_holds_is_gone_round(given: Given) -> None:
    await given.read(tick("a", 0))
    other = given.process("b")
    await other.assigned([0])
    await given.read(tick("a", 1), owner=other)
    assert count(other, b"a") == 2
    assert (given.directory / "0.b").is_dir()
    await other.close()


@pytest.mark.req("SY-9")
async def test_a_copy_of_another_changelog_or_an_old_one_is_not_trusted(given: Given) -> None:
    ghost = Entry(0, 1, NEVER, NEVER, b"9,9")
    for changelog, next_offset, age in (("other.v1", 0, 0), ("changelog.v1", 0, 13 * 3600), ("changelog.v1", 99, 0)):
        store = LocalState(given.directory / "0", changelog, Memory())
        meta = advanced(store.meta, source_offset=0, log_time=0, changelog_next=next_offset, saved_at=time.time() - age)
        store.write([Change(b"ghost", None, ghost)], meta)
        store.close()
        await given.owner.assigned([0])
        await given.read(tick("a", 0))
        assert count(given.owner, b"ghost") is None
        await given.owner.revoked([0])


async def test_a_source_that_was_made_anew_stops_the_owner(given: Given, tmp_path: Path) -> None:
    await given.read(tick("a", 7))
    given.source.ends[0] = 1
    other = given.process("b", tmp_path / "second")
    await other.assigned([0])
    with pytest.raises(SourceRewound, match="Wipe state directories"):
        await other.process([tick("a", 0)], lambda _: True)


async def test_a_restore_is_abandoned_when_the_partition_goes(given: Given, tmp_path: Path) -> None:
    for offset in range(50):
        await given.read(tick(f"k{offset}", offset))
    other = given.process("b", tmp_path / "second")
    reading, go_on = asyncio.Event(), asyncio.Event()
    read = given.kafka.read

    async def slow(partition: int, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
        async for records in read(partition, start, end):
            reading.set()
            await go_on.wait()
            yield records

    given.kafka.read = slow  # type: ignore[method-assign]
    await other.assigned([0])
    processing = asyncio.create_task(other.process([tick("a", 60)], lambda _: True))
    await reading.wait()
    revoking = asyncio.create_task(other.revoked([0]))
    await asyncio.sleep(0)
    go_on.set()
    await revoking
    await other.assigned([])
    await processing
    assert other.find(b"k1") is None
    assert count(other, b"a") is None


async def test_many_due_timers_fire_in_rounds(given: Given) -> None:
    await given.read(*[tick(f"k{n}", n, ring_at=200) for n in range(1200)])
    given.clock.seconds = 1000
    await given.owner.fire_due()
    assert len(given.rung()) == 2400


async def test_pending_batches_hold_the_timers_back(given: Given) -> None:
    await given.read(tick("a", 0, ring_at=200, seconds=100))
    given.clock.seconds = 1000
    await given.owner.revoked([0])
    waiting = asyncio.create_task(given.read(tick("a", 1, ring_at=5000, seconds=190)))
    await asyncio.sleep(0.02)
    firing = asyncio.create_task(given.owner.fire_due())
    await given.owner.assigned([0])
    await asyncio.gather(waiting, firing)
    await given.owner.fire_due()
    assert len(given.rung()) == 2
