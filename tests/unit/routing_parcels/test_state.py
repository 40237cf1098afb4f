"""The stored form of a parcel: what is written is read again, by later releases too."""

from hypothesis import given
from hypothesis import strategies as st

from services.routing.parcels.state import FAULTS, KINDS, NODES, Episode, ParcelState, decode, encode, parcel_of
from services.routing.parcels.track import appended
from shared.contracts.parcels import ExceptionKind, Node, Shipment
from shared.contracts.people import Customer
from shared.contracts.personal import Personal
from tests.unit.routing_parcels.given import NUMBER, folded, scan

times = st.integers(min_value=0, max_value=2**52)
episodes = st.builds(Episode, st.integers(0, 9), st.uuids().map(str), times, times, times)
texts = st.none() | st.text(max_size=30)
track_points = st.tuples(times, st.integers(0, 11), st.integers(-1, 9), st.integers(-1, 5), texts, texts)


@st.composite
def states(draw: st.DrawFn) -> ParcelState:
    track = b""
    for point in draw(st.lists(track_points, min_size=1, max_size=30)):
        track = appended(track, point)
    return ParcelState(
        carrier=draw(st.text(max_size=8)),
        due=draw(times),
        silence=draw(st.integers(0, 2)),
        signed=draw(st.booleans()),
        last_at=draw(times),
        last_node=draw(st.integers(0, 11)),
        last_kind=draw(st.integers(-1, 9)),
        episodes=tuple(draw(st.lists(episodes, max_size=3))),
        product=draw(st.text(max_size=8)),
        shipment_at=draw(times),
        shipment=draw(st.sampled_from([b"", b'{"product":"express","goods":"\xe6\x9c\x8d"}'])),
        track=track,
    )


@given(states())
def test_what_is_encoded_is_decoded(state: ParcelState) -> None:
    assert decode(encode(state)) == state
    assert len(parcel_of(NUMBER, state).track) == min(24, state.track.count(b"\n"))


def test_the_stored_codes_are_never_renumbered() -> None:
    """States in the changelog hold these places: a member may be appended, not moved."""
    assert [n.value for n in NODES[:12]] == [
        "ordered", "picked_up", "outlet_out", "hub_in", "sorted", "linehaul_out", "linehaul_in", "customs",
        "destination_in", "out_for_delivery", "held", "signed",
    ]  # fmt: skip
    assert [k.value for k in KINDS[:10]] == [
        "delay", "loss", "damage", "wrong_sign", "customs_hold", "failed_delivery", "refused", "wrong_address",
        "misrouted", "other",
    ]  # fmt: skip
    assert [f.value for f in FAULTS[:6]] == ["carrier", "consignee", "merchant", "customs", "weather", "other"]


def test_a_state_of_the_first_release_is_read() -> None:
    stored = (
        b'["sf",1793692800000000,0,false,1793520000000000,3,2,[[2,"id",1793520000000000,1793520000000000,0]],'
        b'"express",1793520000000000,21]\n{"product":"express"}[1793520000000000,3,2,0,"\xe6\x9d\xad",null]\n'
    )
    state = decode(stored)
    parcel = parcel_of(NUMBER, state)
    assert parcel.node is Node.HUB_IN
    assert parcel.track[0].exception is ExceptionKind.DAMAGE
    assert parcel.shipment == Shipment(product="express")
    assert encode(state) == stored


def test_the_consignee_comes_back_whole() -> None:
    consignee = Customer(customer_id="c", name=Personal("王小明"), language="en")
    state, _ = folded([scan(0, shipment=Shipment(consignee=consignee))])
    shipment = parcel_of(NUMBER, decode(encode(state))).shipment
    assert shipment is not None
    assert shipment.consignee == consignee
