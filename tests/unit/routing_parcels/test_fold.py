"""RO-11, by example: what scans, questions and silence do to a parcel."""

from datetime import timedelta

import pytest

from services.routing.parcels.episodes import Raised, exception_id, timer_cause
from services.routing.parcels.fold import LOSS, Turned, fire, fold
from services.routing.parcels.state import KIND_CODE, NODE_CODE, parcel_of
from services.routing.parcels.track import TRACK_POINTS
from shared.contracts.parcels import ExceptionKind, Fault, Node, ParcelLookup, ParcelSnapshot, Shipment
from shared.messaging.partition_state.batch import instant, micros
from shared.messaging.partition_state.entry import NEVER
from tests.unit.routing_parcels.given import NUMBER, at, folded, named, open_kinds, rules, scan

pytestmark = pytest.mark.req("RO-11")


def test_a_parcel_opens_with_its_first_scan_and_waits_48_hours() -> None:
    state, turns = folded([scan(0, Node.PICKED_UP, place="杭州")])
    assert turns == []
    assert instant(state.due) == at(48)
    parcel = parcel_of(NUMBER, state)
    assert (parcel.node, parcel.carrier, parcel.track[0].place) == (Node.PICKED_UP, "sf", "杭州")


@pytest.mark.parametrize(
    ("node", "product", "hours"),
    [
        (Node.CUSTOMS, "standard", 120),
        (Node.CUSTOMS, "same_day", 120),
        (Node.ORDERED, "standard", 72),
        (Node.HUB_IN, "same_day", 12),
        (Node.HUB_IN, "never heard of", 48),
        (Node.OUT_FOR_DELIVERY, "express", 24),
        (Node.SORTED, "economy", 72),
    ],
)
def test_the_limit_of_silence_depends_on_node_and_product(node: Node, product: str, hours: int) -> None:
    state, _ = folded([scan(0, node, shipment=Shipment(product=product))])
    assert instant(state.due) == at(hours)


def test_silence_becomes_a_delay_and_then_a_presumed_loss_and_then_the_end() -> None:
    state, _ = folded([scan(0)])
    delayed = fire(state, NUMBER, rules(), at(48))
    assert named(delayed.outputs) == [("raised", "delay")]
    assert delayed.state is not None
    assert instant(delayed.due) == at(7 * 24)
    lost = fire(delayed.state, NUMBER, rules(), at(7 * 24))
    assert named(lost.outputs) == [("raised", "loss")]
    assert lost.state is not None
    assert instant(lost.due) == at(60 * 24)
    assert fire(lost.state, NUMBER, rules(), at(60 * 24)) == (None, (), NEVER)


def test_nothing_fires_before_its_time() -> None:
    state, _ = folded([scan(0)])
    assert fire(state, NUMBER, rules(), at(48) - timedelta(microseconds=1)).state is state


def test_a_delay_is_counted_from_the_last_scan_and_named_by_its_timer() -> None:
    state, _ = folded([scan(0), scan(10, Node.SORTED)])
    (raised,) = fire(state, NUMBER, rules(), at(60)).outputs
    assert isinstance(raised, Turned)
    assert isinstance(raised.turn, Raised)
    assert instant(raised.turn.episode.since) == at(10)
    cause = timer_cause(NUMBER, micros(at(58)))
    assert raised.turn.episode.exception_id == exception_id(NUMBER, KIND_CODE[ExceptionKind.DELAY], cause)


def test_a_scan_ends_delay_and_presumed_loss_and_waiting_begins_again() -> None:
    state, _ = folded([scan(0)])
    lost = fire(state, NUMBER, rules(), at(200)).state
    assert lost is not None
    found, turns = folded([scan(201, Node.LINEHAUL_IN)], lost)
    assert sorted(turns) == [("cleared", "delay"), ("cleared", "loss")]
    assert instant(found.due) == at(249)


def test_a_timer_that_was_due_when_a_scan_entered_the_log_fires_before_it() -> None:
    state, _ = folded([scan(0)])
    outcome = fold(state, scan(50, Node.SORTED), rules(), at(50), "late-scan")
    assert named(outcome.outputs) == [("raised", "delay"), ("cleared", "delay")]
    raised, cleared = outcome.outputs
    assert isinstance(raised, Turned)
    assert isinstance(cleared, Turned)
    assert raised.turn.episode.exception_id == cleared.turn.episode.exception_id
    live = fire(state, NUMBER, rules(), at(48)).outputs[0]
    assert isinstance(live, Turned)
    assert live.turn.episode.exception_id == raised.turn.episode.exception_id


def test_a_second_scan_of_the_same_moment_does_not_end_the_silence() -> None:
    state, _ = folded([scan(0)])
    delayed = fire(state, NUMBER, rules(), at(48)).state
    assert delayed is not None
    outcome = fold(delayed, scan(0, Node.SORTED), rules(), at(49), "e")
    assert named(outcome.outputs) == []
    assert outcome.state is not None
    assert (outcome.state.last_node, instant(outcome.due)) == (NODE_CODE[Node.SORTED], at(7 * 24))
    assert open_kinds(outcome.state) == {ExceptionKind.DELAY}


@pytest.mark.parametrize("kind", list(ExceptionKind))
def test_a_reported_exception_is_raised_once_while_it_is_open(kind: ExceptionKind) -> None:
    _, turns = folded([scan(0), scan(1, exception=kind), scan(2, Node.SORTED, exception=kind)])
    assert turns == [("raised", kind.value)]


@pytest.mark.parametrize(
    ("kind", "node", "is_over"),
    [
        (ExceptionKind.DELAY, Node.SORTED, True),
        (ExceptionKind.LOSS, Node.HUB_IN, True),
        (ExceptionKind.FAILED_DELIVERY, Node.OUT_FOR_DELIVERY, True),
        (ExceptionKind.FAILED_DELIVERY, Node.HUB_IN, False),
        (ExceptionKind.CUSTOMS_HOLD, Node.LINEHAUL_OUT, True),
        (ExceptionKind.CUSTOMS_HOLD, Node.CUSTOMS, False),
        (ExceptionKind.REFUSED, Node.SIGNED, True),
        (ExceptionKind.DAMAGE, Node.SIGNED, False),
        (ExceptionKind.WRONG_SIGN, Node.SIGNED, False),
        (ExceptionKind.MISROUTED, Node.DESTINATION_IN, True),
        (ExceptionKind.WRONG_ADDRESS, Node.OUT_FOR_DELIVERY, True),
    ],
)
def test_what_a_later_scan_clears(kind: ExceptionKind, node: Node, is_over: bool) -> None:
    state, turns = folded([scan(1, exception=kind), scan(2, node)])
    assert (("cleared", kind.value) in turns) is is_over
    assert open_kinds(state) == (set() if is_over else {kind})


def test_a_report_shows_that_the_parcel_is_not_lost() -> None:
    _, turns = folded([scan(0, exception=ExceptionKind.LOSS), scan(5, exception=ExceptionKind.DAMAGE)])
    assert turns == [("raised", "loss"), ("cleared", "loss"), ("raised", "damage")]


def test_the_same_kind_again_after_it_was_cleared_is_a_new_exception() -> None:
    failed = ExceptionKind.FAILED_DELIVERY
    one = fold(None, scan(0, Node.OUT_FOR_DELIVERY, failed), rules(), at(0), "a")
    two = fold(one.state, scan(1, Node.OUT_FOR_DELIVERY), rules(), at(1), "b")
    three = fold(two.state, scan(2, Node.OUT_FOR_DELIVERY, failed), rules(), at(2), "c")
    assert named([*one.outputs, *two.outputs, *three.outputs]) == [
        ("raised", "failed_delivery"),
        ("cleared", "failed_delivery"),
        ("raised", "failed_delivery"),
    ]
    ids = {o.turn.episode.exception_id for o in (*one.outputs, *three.outputs) if isinstance(o, Turned)}
    assert len(ids) == 2


def test_silence_is_no_exception_of_its_own_while_the_parcel_is_reported_lost() -> None:
    state, _ = folded([scan(0, exception=ExceptionKind.LOSS)])
    assert named(fire(state, NUMBER, rules(), at(24 * 30)).outputs) == []


def test_a_carriers_delay_is_not_raised_again_by_the_timer() -> None:
    state, _ = folded([scan(0, exception=ExceptionKind.DELAY)])
    assert named(fire(state, NUMBER, rules(), at(49)).outputs) == []


def test_signed_ends_all_timers_and_the_parcel_is_kept_for_30_days() -> None:
    state, turns = folded(
        [scan(0), scan(5, Node.OUT_FOR_DELIVERY, ExceptionKind.FAILED_DELIVERY), scan(9, Node.SIGNED)]
    )
    assert turns == [("raised", "failed_delivery"), ("cleared", "failed_delivery")]
    assert instant(state.due) == at(9 + 30 * 24)
    assert fire(state, NUMBER, rules(), at(9 + 29 * 24)).state is state
    assert fire(state, NUMBER, rules(), at(9 + 30 * 24)).state is None


def test_a_dispute_after_the_signature_is_raised() -> None:
    state, turns = folded([scan(9, Node.SIGNED), scan(30, Node.SIGNED, ExceptionKind.WRONG_SIGN)])
    assert turns == [("raised", "wrong_sign")]
    assert state.signed


def test_a_late_signature_is_a_signature() -> None:
    state, _ = folded([scan(0), scan(9, Node.HELD), scan(5, Node.SIGNED)])
    assert state.signed
    assert parcel_of(NUMBER, state).node is Node.HELD


def test_a_late_scan_takes_its_place_in_time_and_changes_no_deadline() -> None:
    state, turns = folded([scan(0), scan(10, Node.SORTED), scan(5, Node.LINEHAUL_IN)])
    assert [p.at for p in parcel_of(NUMBER, state).track] == [at(0), at(5), at(10)]
    assert (parcel_of(NUMBER, state).node, instant(state.due), turns) == (Node.SORTED, at(58), [])


def test_a_late_report_of_what_is_over_raises_nothing() -> None:
    _, turns = folded([scan(0), scan(10, Node.SIGNED), scan(5, exception=ExceptionKind.FAILED_DELIVERY)])
    assert turns == []


def test_a_late_report_of_damage_is_raised_because_no_scan_ends_it() -> None:
    _, turns = folded([scan(0), scan(10, Node.SIGNED), scan(5, exception=ExceptionKind.DAMAGE)])
    assert turns == [("raised", "damage")]


def test_a_late_scan_does_not_clear_what_was_reported_after_it() -> None:
    failed = ExceptionKind.FAILED_DELIVERY
    state, turns = folded([scan(10, Node.OUT_FOR_DELIVERY, failed), scan(9, Node.OUT_FOR_DELIVERY)])
    assert turns == [("raised", "failed_delivery")]
    assert open_kinds(state) == {failed}


@pytest.mark.req("SY-2")
def test_the_same_scan_again_is_no_change_at_all() -> None:
    state, _ = folded([scan(0), scan(1, Node.SORTED, ExceptionKind.DAMAGE), scan(2, Node.LINEHAUL_OUT)])
    for again in (scan(0), scan(1, Node.SORTED, ExceptionKind.DAMAGE), scan(2, Node.LINEHAUL_OUT)):
        outcome = fold(state, again, rules(), at(3), "another id")
        assert outcome.state is state
        assert outcome.outputs == ()


def test_the_track_keeps_the_last_24_scans() -> None:
    state, _ = folded([scan(hour, place=f"p{hour}") for hour in range(40)])
    track = parcel_of(NUMBER, state).track
    assert len(track) == TRACK_POINTS
    assert [p.place for p in track] == [f"p{hour}" for hour in range(40 - TRACK_POINTS, 40)]
    older = fold(state, scan(3, exception=ExceptionKind.DAMAGE), rules(), at(41), "x")
    assert older.state is state


def test_a_scan_from_the_future_happened_now() -> None:
    outcome = fold(None, scan(24 * 365), rules(), at(0), "e")
    assert outcome.state is not None
    assert instant(outcome.state.last_at) == at(0)
    near = fold(None, scan(0.5), rules(), at(0), "e")
    assert near.state is not None
    assert instant(near.state.last_at) == at(0.5)


def test_a_scan_older_than_what_is_kept_opens_nothing() -> None:
    assert fold(None, scan(0), rules(), at(60 * 24), "e") == (None, (), NEVER)
    assert fold(None, scan(0, Node.SIGNED), rules(), at(30 * 24), "e") == (None, (), NEVER)
    assert fold(None, scan(0), rules(), at(60 * 24 - 1), "e").state is not None


def test_a_parcel_that_was_forgotten_opens_again() -> None:
    state, _ = folded([scan(0)])
    outcome = fold(state, scan(61 * 24), rules(), at(61 * 24), "e")
    assert named(outcome.outputs) == [("raised", "delay"), ("raised", "loss")]
    assert outcome.state is not None
    assert len(parcel_of(NUMBER, outcome.state).track) == 1
    assert open_kinds(outcome.state) == set()


def test_the_carriers_fault_is_passed_on() -> None:
    outcome = fold(None, scan(0, exception=ExceptionKind.DAMAGE, fault=Fault.CARRIER), rules(), at(0), "e")
    state = outcome.state
    assert state is not None
    assert parcel_of(NUMBER, state).track[0].fault is Fault.CARRIER
    assert parcel_of(NUMBER, state).track[0].exception is ExceptionKind.DAMAGE


def test_of_two_statements_about_a_shipment_the_later_one_holds() -> None:
    early, late = Shipment(product="express", freight_fen=1200), Shipment(freight_fen=1500, insured_fen=50_000)
    for scans in ([scan(0, shipment=early), scan(1, shipment=late)], [scan(1, shipment=late), scan(0, shipment=early)]):
        state, _ = folded(scans)
        shipment = parcel_of(NUMBER, state).shipment
        assert shipment is not None
        assert (shipment.product, shipment.freight_fen, shipment.insured_fen) == ("express", 1500, 50_000)


def test_a_lookup_is_answered_and_changes_nothing() -> None:
    state, _ = folded([scan(0)])
    lookup = ParcelLookup(tracking_number=NUMBER, case_id="c-1")
    outcome = fold(state, lookup, rules(), at(1), "l")
    assert outcome.state is state
    (snapshot,) = outcome.outputs
    assert isinstance(snapshot, ParcelSnapshot)
    assert snapshot.parcel == parcel_of(NUMBER, state)
    assert snapshot.case_id == "c-1"


def test_a_lookup_of_an_unknown_parcel_says_so() -> None:
    lookup = ParcelLookup(tracking_number=NUMBER, case_id="c-1")
    assert fold(None, lookup, rules(), at(1), "l").outputs == (
        ParcelSnapshot(tracking_number=NUMBER, case_id="c-1", parcel=None),
    )


def test_long_texts_are_cut() -> None:
    event = scan(0).model_copy(update={"description": "长" * 5000, "place": "p" * 5000})
    outcome = fold(None, event, rules(), at(0), "e")
    assert outcome.state is not None
    point = parcel_of(NUMBER, outcome.state).track[0]
    assert (len(point.description or ""), len(point.place or "")) == (240, 80)


def test_a_presumed_loss_is_level_1_and_a_delay_level_2() -> None:
    levels = rules().levels
    assert levels[LOSS] == 1
    assert levels[KIND_CODE[ExceptionKind.DELAY]] == 2
    assert {levels[KIND_CODE[k]] for k in ExceptionKind} - {1, 2} == {3}


def test_what_the_carrier_says_of_the_arrival_is_kept_beside_the_shipment_and_takes_nothing_from_it() -> None:
    terms = Shipment(product="express", insured_fen=50_000)
    says = scan(5, Node.SORTED).model_copy(update={"estimated_at": at(50)})
    state, _ = folded([scan(0, shipment=terms), says, scan(9, Node.LINEHAUL_OUT)])
    parcel = parcel_of(NUMBER, state)
    assert parcel.shipment is not None
    assert (parcel.shipment.product, parcel.shipment.insured_fen) == ("express", 50_000)
    assert parcel.estimate is not None
    assert (parcel.estimate.arrives_at, parcel.estimate.stated_at) == (at(50), at(5))
    alone, _ = folded([says])
    assert parcel_of(NUMBER, alone).shipment is None
