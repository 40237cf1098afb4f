"""kill -9 in every window of a batch and of the timers: each exception once by its id, no state lost (SY-2, SY-9)."""

import signal
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from services.routing.parcels import state as states
from services.routing.parcels.state import parcel_of
from shared.contracts import topics
from shared.contracts.parcels import ParcelLookup
from tests.integration.polling import poll
from tests.integration.routing_parcels.given import NUMBERS, Event, scans, silent
from tests.integration.routing_parcels.harness import Bench

WINDOWS = ["before outputs", "after outputs", "half the changelog", "after changelog", "after copy"]
pytestmark = pytest.mark.req("SY-2", "RO-11")


@pytest.mark.parametrize("window", WINDOWS)
async def test_a_kill_in_each_window_of_a_batch_doubles_and_loses_nothing(bench: Bench, window: str) -> None:
    now = datetime.now(UTC)
    await bench.send(scans(300, 0, now), now)
    marker = bench.directory / "killed"
    first = await bench.start(KILL_AT=window, KILL_MARKER=str(marker))
    await poll(lambda: first.ended, 40, what="the process to kill itself")
    assert marker.read_text() == window
    await bench.send(scans(200, 300, now), now)
    other_disk = WINDOWS.index(window) % 2 == 1
    await bench.start("another" if other_disk else "state")
    await bench.drained()
    ids, expected_states = bench.expected()
    assert await bench.exceptions() == ids
    assert await bench.changelog_states() == expected_states
    assert await bench.read(topics.DEAD_LETTERS) == []


@pytest.mark.parametrize("window", ["before outputs", "after outputs", "half the changelog", "after copy"])
async def test_a_kill_in_each_window_of_the_timers_raises_each_delay_once(bench: Bench, window: str) -> None:
    now = datetime.now(UTC)
    await bench.send(silent(range(40), now), now)
    marker = bench.directory / "killed"
    first = await bench.start(KILL_AT=f"timer {window}", KILL_MARKER=str(marker))
    await poll(lambda: first.ended, 40, what="the process to kill itself")
    assert marker.read_text() == f"timer {window}"
    await bench.start("another")
    ids, expected_states = bench.expected(until=datetime.now(UTC))
    assert len(ids) == 40

    async def all_raised() -> bool:
        return await bench.exceptions() >= ids

    await poll(all_raised, 60, 0.5, "every delay to be raised")
    await bench.drained()
    assert await bench.exceptions() == ids
    assert await bench.changelog_states() == expected_states


@pytest.mark.req("SY-9")
async def test_another_machine_restores_the_same_parcels_and_answers_for_them(bench: Bench, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    await bench.send(scans(300, 0, now), now)
    first = await bench.start()
    await bench.drained()
    first.child.send_signal(signal.SIGTERM)
    await first.child.wait()
    second = await bench.start("another")
    _, expected_states = bench.expected()

    async def restored() -> bool:
        return second.ended or (await bench.where_is(second, NUMBERS[0])).status_code == 200

    await poll(second.ready, 30)
    await poll(restored, 30, 0.2)
    lookups: list[Event] = [
        (ParcelLookup(tracking_number=n, case_id=f"case-{n}"), f"l{n}") for n in [*NUMBERS, "UNKNOWN1"]
    ]
    await bench.send(lookups, now)
    await bench.drained()
    answers = [m for m in (await bench.outputs()).values() if "case_id" in m]
    snapshots = {m["tracking_number"]: m.get("parcel") for m in answers}
    expected = {
        n: parcel_of(n, states.decode(payload)).model_dump(mode="json") for n, payload in expected_states.items()
    }
    assert snapshots.pop("UNKNOWN1") is None
    assert {n: without_nothing(p) for n, p in snapshots.items()} == {n: without_nothing(p) for n, p in expected.items()}
    answer = await bench.where_is(second, NUMBERS[1])
    assert without_nothing(answer.json()["parcel"]) == without_nothing(expected[NUMBERS[1]])
    unknown = await bench.where_is(second, "UNKNOWN1")
    assert unknown.status_code == 404
    assert unknown.headers["content-type"] == "application/problem+json"
    assert unknown.json()["partitions"] == [0, 1, 2, 3]
    assert await bench.read(topics.DEAD_LETTERS) == []


def without_nothing(value: object) -> object:
    """JSON without its nulls and without the consignee."""
    if isinstance(value, dict):
        return {k: without_nothing(v) for k, v in value.items() if v is not None and k != "consignee"}
    return [without_nothing(v) for v in value] if isinstance(value, list) else value


async def test_a_malformed_last_record_does_not_hold_the_timers(bench: Bench) -> None:
    now = datetime.now(UTC)
    await bench.start()
    await bench.send(silent(range(20), now), now)
    for partition in range(4):
        await bench.send_garbage(partition)
    ids, _ = bench.expected(until=datetime.now(UTC))

    async def all_raised() -> bool:
        return await bench.exceptions() == ids

    await poll(all_raised, 60, 0.5, "every delay to be raised")
    assert len(await bench.read(topics.DEAD_LETTERS)) == 4
    kinds = {orjson.loads(r.value)["kind"] for r in await bench.read(topics.PARCEL_EXCEPTIONS)}
    assert kinds == {"delay"}
