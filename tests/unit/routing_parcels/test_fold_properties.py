"""SY-2 for parcels: whatever crashes, comes twice or comes late, the same exceptions are raised, once by their id."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.parcels import state as states
from services.routing.parcels.fold import fold
from services.routing.parcels.state import ParcelState
from services.routing.parcels.track import TRACK_POINTS, points
from shared.contracts.parcels import ExceptionKind, Node, ParcelScan
from shared.messaging.partition_state.entry import decode
from tests.unit.routing_parcels.given import at, open_kinds, rules, scan
from tests.unit.routing_parcels.world import STEPS, Crash, Owner, World, clean_run

NUMBERS = ("SF0000000001", "SF0000000002", "SF0000000003")
seeds = st.integers(0, 2**32)
kinds = st.none() | st.sampled_from(list(ExceptionKind))
happenings = st.tuples(
    st.sampled_from(NUMBERS), st.integers(0, 60), st.sampled_from(list(Node)), kinds, st.integers(0, 3)
)
Event = tuple[ParcelScan, float, str]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Interleaved scans of a few parcels, hours apart, which enter the log a little after they happened."""
    events, hours = [], 0.0
    for place, (number, gap, node, kind, late) in enumerate(draw(st.lists(happenings, min_size=8, max_size=30))):
        hours += gap
        events.append((scan(hours - late, node, kind, number), hours, f"e{place}"))
    return events


@pytest.mark.req("SY-2", "SY-9")
@settings(max_examples=120, deadline=None)
@given(histories(), seeds, st.integers(0, 400))
def test_crashes_and_repeats_give_the_exceptions_of_the_clean_run(events: list[Event], seed: int, more: int) -> None:
    until = events[-1][1] + more
    expected, clean = clean_run(events, until)
    world, owner, dice = World(), None, random.Random(seed)
    for event, hours, cause in events:
        world.enter(event, hours, cause)
        if dice.random() < 0.5:
            owner = run(world, owner, dice)
        if dice.random() < 0.3:
            world.enter(event, hours, dice.choice([cause, f"{cause}-again"]))
    world.hours = max(world.hours, until)
    owner = run(world, owner, dice)
    while world.committed < len(world.log):
        owner.read(5)
    owner.fire()
    assert world.exceptions() == expected.exceptions()
    assert payloads(owner) == payloads(clean)


def run(world: World, owner: Owner | None, dice: random.Random) -> Owner:
    """A while of an owner's life, or the next one's: it may crash anywhere, and may lose its disk or its commit."""
    if owner is None or dice.random() < 0.5:
        keeps_disk = owner is not None and dice.random() < 0.5
        owner = Owner(world, owner.copy, owner.changelog_next) if owner and keeps_disk else Owner(world)
        owner.restore()
    try:
        owner.read(dice.randint(1, 4), dice.choice([None, *STEPS]), commit=dice.random() < 0.8)
        if world.committed == len(world.log):
            owner.fire(dice.choice([None, None, *STEPS]))
    except Crash:
        owner = Owner(world, owner.copy, owner.changelog_next) if dice.random() < 0.5 else Owner(world)
        owner.restore()
    return owner


def payloads(owner: Owner) -> dict[bytes, ParcelState]:
    return {key: states.decode(entry.payload) for key, entry in owner.entries().items()}


@pytest.mark.req("SY-9")
@settings(max_examples=50, deadline=None)
@given(histories(), st.integers(0, 2000))
def test_a_store_restored_from_the_changelog_alone_is_the_one_that_wrote_it(events: list[Event], more: int) -> None:
    world, owner = clean_run(events, events[-1][1] + more)
    restored = Owner(world)
    restored.restore()
    assert restored.entries() == owner.entries()


@pytest.mark.req("SY-2")
@settings(max_examples=80, deadline=None)
@given(histories(), seeds)
def test_a_frozen_owner_that_writes_late_does_no_harm(events: list[Event], seed: int) -> None:
    """It decided a batch, slept through its removal, and publishes outputs and states after its successor did."""
    until = events[-1][1] + 50
    expected, clean = clean_run(events, until)
    world, dice = World(), random.Random(seed)
    frozen: list[tuple[Owner, int]] = []
    owner = Owner(world)
    for event, hours, cause in events:
        world.enter(event, hours, cause)
        if dice.random() < 0.4:
            zombie = Owner(world, dict(owner.copy), owner.changelog_next)
            frozen.append((zombie, world.committed))
            owner = Owner(world)
            owner.restore()
        owner.read(dice.randint(1, 3))
        if frozen and dice.random() < 0.6:
            wake(world, *frozen.pop(dice.randrange(len(frozen))))
    while world.committed < len(world.log):
        owner.read(3)
    for zombie, committed in frozen:
        wake(world, zombie, committed)
    world.hours = max(world.hours, until)
    successor = Owner(world)
    successor.restore()
    successor.fire()
    assert world.exceptions() == expected.exceptions()
    assert payloads(successor) == payloads(clean)
    assert last_records(world) == {k: (e.offset, e.version) for k, e in successor.entries().items()}


def wake(world: World, zombie: Owner, committed: int) -> None:
    now, world.committed = world.committed, committed
    zombie.read(2, commit=False)
    world.committed = now


def last_records(world: World) -> dict[bytes, tuple[int, int]]:
    """What compaction would leave."""
    last = {r.key: r.value for r in world.changelog}
    return {k: decode(v).position for k, v in last.items() if v is not None}


scans_of_one = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(list(Node)), kinds), min_size=1, max_size=TRACK_POINTS, unique=True
)


@pytest.mark.req("RO-11")
@settings(max_examples=200, deadline=None)
@given(scans_of_one, seeds)
def test_in_whatever_order_scans_come_the_parcel_ends_the_same(
    drawn: list[tuple[int, Node, ExceptionKind | None]], seed: int
) -> None:
    """Track, node and what is open at the end are those of the order in time; repeats teach nothing."""
    scans = [scan(hours, node, kind) for hours, node, kind in sorted(drawn, key=lambda d: d[0])]
    dice = random.Random(seed)
    shuffled = [*scans, *dice.choices(scans, k=4)]
    dice.shuffle(shuffled)
    ordered, other = taken_in(scans), taken_in(shuffled)
    assert points(other.track) == points(ordered.track)
    assert other[1:7] == ordered[1:7]
    assert open_kinds(other) == open_kinds(ordered)
    kinds_held = [e.kind for e in other.episodes]
    assert len(kinds_held) == len(set(kinds_held))


def taken_in(scans: Sequence[ParcelScan]) -> ParcelState:
    """All within the first silence that is allowed, so that no timer plays a part."""
    state: ParcelState | None = None
    for place, event in enumerate(scans):
        state = fold(state, event, rules(), at(41), f"e{place}").state
    assert state is not None
    assert state.due
    return state
