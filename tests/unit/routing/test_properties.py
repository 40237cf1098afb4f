"""RO-1: however contacts and exceptions are batched, interleaved, repeated and raced, the cases are the same."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.base import Contract
from shared.contracts.interactions import Interaction
from shared.contracts.people import Customer
from tests.unit.routing.builders import contact, customer, raised
from tests.unit.routing.memory import Pending, Process, World

PEOPLE = [
    customer("ann", phone="+8613800000001", email="ann@x.cn"),
    customer("bob", phone="+8613900000002"),
    customer("eve", email="eve@x.cn"),
]
TEXTS = ["你好", "快递到哪了", "破损了，要求赔偿", "我要投诉", "谢谢", "where is my parcel"]

contacts = st.tuples(
    st.integers(0, len(PEOPLE) - 1), st.sampled_from(TEXTS), st.sampled_from([(), ("T1",), ("T2",), ("T3",)])
)


def numbered(rows: Sequence[tuple[int, str, tuple[str, ...]]]) -> list[Interaction]:
    """Parcels belong to one person each, so that the order between people does not matter."""
    return [
        contact(text, n, PEOPLE[who], tracking_numbers=tuple(f"{PEOPLE[who].customer_id}-{t}" for t in parcels))
        for n, (who, text, parcels) in enumerate(rows)
    ]


def essence(world: World) -> dict[str, object]:
    """Cases as people see them, whatever the order in which different people were served."""
    return {case_id: s.case.model_dump(exclude={"updated_at"}) for case_id, s in world.cases.items()}


def run(batches: Sequence[Sequence[Contract]]) -> World:
    async def all_of_them() -> World:
        world = World()
        for batch in batches:
            await Process(world).handle(batch)
        return world

    return asyncio.run(all_of_them())


@pytest.mark.req("RO-1")
@settings(max_examples=60)
@given(st.lists(contacts, min_size=1, max_size=14), st.data())
def test_batching_interleaving_and_repeats_change_nothing(
    rows: list[tuple[int, str, tuple[str, ...]]], data: st.DataObject
) -> None:
    events = numbered(rows)
    expected = essence(run([[event] for event in events]))
    lanes: dict[str, list[Interaction]] = defaultdict(list)
    for event in events:
        lanes[event.customer.customer_id].append(event)
    shuffled: list[Interaction] = []
    while any(lanes.values()):
        lane = data.draw(st.sampled_from(sorted(name for name, left in lanes.items() if left)))
        shuffled.append(lanes[lane].pop(0))
    batches: list[list[Interaction]] = [[]]
    for event in shuffled:
        batches[-1].append(event)
        if data.draw(st.booleans()):
            batches.append([])
        if data.draw(st.booleans()):
            batches[-1].append(data.draw(st.sampled_from(shuffled[: shuffled.index(event) + 1])))
    assert essence(run(batches)) == expected


anything = st.one_of(
    st.tuples(st.just("contact"), st.integers(0, 2), st.sampled_from(TEXTS), st.sampled_from([(), ("T1",), ("T2",)])),
    st.tuples(st.just("raised"), st.sampled_from([None, 0, 1]), st.just(""), st.sampled_from([("T1",), ("T2",)])),
)


def as_event(n: int, row: tuple[str, int | None, str, tuple[str, ...]]) -> Contract:
    what, who, text, parcels = row
    owner: Customer | None = None if who is None else PEOPLE[who]
    if what == "contact":
        return contact(text, n, owner, tracking_numbers=parcels)
    return raised(tracking=parcels[0], consignee=owner, n=n)


@pytest.mark.req("RO-1", "RO-11")
@settings(max_examples=80)
@given(st.lists(anything, min_size=1, max_size=12), st.data())
def test_races_never_break_what_must_hold(
    rows: list[tuple[str, int | None, str, tuple[str, ...]]], data: st.DataObject
) -> None:
    """Processes decide on what they see and commit later, in any order."""
    world = asyncio.run(_raced([as_event(n, row) for n, row in enumerate(rows)], data))
    keys = [key for state in world.cases.values() for key in state.open_keys]
    assert len(keys) == len(set(keys)), "two open cases share a key"
    contacts_seen = sum(state.case.contacts for state in world.cases.values())
    assert contacts_seen == sum(row[0] == "contact" for row in rows), "a contact was lost or counted twice"
    versions: dict[str, list[int]] = defaultdict(list)
    for message in world.published:
        if message.topic == "cases.v1":
            case = orjson.loads(message.value)["case"]
            versions[case["case_id"]].append(case["version"])
    for case_id, seen in versions.items():
        assert sorted(seen) == list(range(1, world.cases[case_id].case.version + 1))
    assert len({m.id for m in world.published}) == len(world.published)


async def _raced(events: Sequence[Contract], data: st.DataObject) -> World:
    world = World()
    pending: list[Pending] = []
    for event in events:
        pending.append(await Process(world).decide([event]))
        for _ in range(data.draw(st.integers(0, len(pending)))):
            await pending.pop(data.draw(st.integers(0, len(pending) - 1))).commit()
    while pending:
        await pending.pop(data.draw(st.integers(0, len(pending) - 1))).commit()
    return world
