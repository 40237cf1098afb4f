"""What is told without unpacking a parcel's state is what the fold comes to, byte for byte (RO-11)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.parcels import state as states
from services.routing.parcels.fold import fold
from services.routing.parcels.messages import ParcelFold
from services.routing.parcels.quick import moved_on
from services.routing.parcels.scan import Scan, scan_of
from services.routing.parcels.state import ParcelState
from services.routing.parcels.track import TRACK_POINTS, points
from shared.contracts.parcels import ExceptionKind, Node, ParcelLookup, Shipment
from shared.messaging.partition_state.batch import decide, micros
from shared.messaging.partition_state.entry import Entry, decode
from tests.unit.routing_parcels.given import BOOK, NUMBER, at, folded, incoming, rules, scan

pytestmark = pytest.mark.req("RO-11")
kinds = st.none() | st.none() | st.sampled_from(list(ExceptionKind))
shipments = st.none() | st.none() | st.builds(Shipment, product=st.sampled_from(["standard", "express"]))
scans = st.builds(
    scan,
    st.integers(-30, 90),
    st.sampled_from(list(Node)),
    kinds,
    shipment=shipments,
    place=st.none() | st.text(max_size=90),
)


def quick(state: ParcelState, event: Scan, hours: float) -> Any:
    return moved_on(states.encode(state), event, rules(at(hours)), micros(at(hours)))


@settings(max_examples=600, deadline=None)
@given(st.lists(scans, min_size=1, max_size=6), scans, st.integers(-5, 200))
def test_it_is_what_the_fold_comes_to(earlier: list[Any], event: Any, hours: int) -> None:
    state = None
    for place, one in enumerate(earlier):
        state = fold(state, one, rules(), at(0), f"e{place}").state
    if state is None or (told := quick(state, scan_of(event), hours)) is None:
        return
    after, outputs, due = fold(state, event, rules(at(hours)), at(hours), "e")
    assert after is not None
    assert told == (states.encode(after), due)
    assert outputs == ()


def test_a_parcel_that_is_well_and_moves_on_is_told_quickly() -> None:
    state, _ = folded(
        [scan(0, Node.PICKED_UP, shipment=Shipment(product="express")), scan(3, Node.HUB_IN, place="杭州")]
    )
    told = quick(state, scan_of(scan(5, Node.SIGNED, place="成都")), 6)
    assert told is not None
    after = states.decode(told[0])
    assert (after.signed, after.due) == (True, told[1])
    assert [p[4] for p in points(after.track)] == [None, "杭州", "成都"]


@pytest.mark.parametrize(
    ("state", "event", "hours"),
    [
        ([scan(0)], scan(5, exception=ExceptionKind.DAMAGE), 5),
        ([scan(0)], scan(5, shipment=Shipment()), 5),
        ([scan(0, exception=ExceptionKind.DAMAGE)], scan(5), 5),
        ([scan(0)], scan(49), 49),
        ([scan(9)], scan(5), 9),
        ([scan(0)], scan(0), 5),
        ([scan(0)], scan(40), 1),
        ([scan(n / 10) for n in range(TRACK_POINTS)], scan(5), 5),
    ],
)
def test_the_rest_is_for_the_fold(state: list[Any], event: Any, hours: int) -> None:
    assert quick(folded(state)[0], scan_of(event), hours) is None


def test_a_batch_takes_either_way_as_the_events_need_it() -> None:
    fold_of, key = ParcelFold(BOOK), NUMBER.encode()
    first = decide([incoming(scan(0), 0, 0)], {key: None}, fold_of, at(0)).changes[0].after
    assert first is not None
    events = [scan(1, Node.SORTED), scan(2, Node.CUSTOMS, ExceptionKind.CUSTOMS_HOLD), scan(3, Node.LINEHAUL_OUT)]
    batch = [*[incoming(e, n, n) for n, e in enumerate(events, start=1)], incoming(scan(4, Node.SIGNED), 4, 4)]
    lookup = incoming(ParcelLookup(tracking_number=NUMBER, case_id="c"), 5, 4)
    decided = decide([*batch, lookup], {key: first.encode()}, fold_of, at(4))
    (change,) = decided.changes
    assert isinstance(change.after, Entry)
    assert (change.after.offset, change.after.version) == (4, 5)
    assert [p[1] for p in points(states.decode(change.after.payload).track)] == [3, 4, 7, 5, 11]
    assert len(decided.messages) == 3
    again = decide([*batch, lookup], {key: decode(change.after.encode()).encode()}, fold_of, at(4))
    assert again.changes == []
