"""What goes out for a parcel: the contract's events, with ids that follow from their cause."""

import pytest

from services.routing.parcels.messages import ParcelFold
from shared.contracts import topics
from shared.contracts.base import derived_id
from shared.contracts.parcels import (
    EXCEPTION_CLEARED,
    EXCEPTION_RAISED,
    PARCEL_MOVED,
    PARCEL_SNAPSHOT,
    ExceptionKind,
    Fault,
    Node,
    ParcelExceptionCleared,
    ParcelExceptionRaised,
    ParcelLookup,
    ParcelMoved,
    ParcelSnapshot,
)
from shared.messaging.partition_state.batch import micros
from tests.unit.routing_parcels.given import BOOK, NUMBER, at, incoming, scan

FOLD = ParcelFold(BOOK)
pytestmark = pytest.mark.req("RO-11")


def test_a_damage_is_raised_with_the_parcel_its_level_and_fault() -> None:
    event = scan(1, Node.SORTED, ExceptionKind.DAMAGE, fault=Fault.CARRIER)
    (message,) = FOLD.apply(None, incoming(event, 0, 2, "scan-1"), at(2)).messages
    assert (message.topic, message.key, message.type) == (topics.PARCEL_EXCEPTIONS.name, NUMBER, EXCEPTION_RAISED)
    raised = ParcelExceptionRaised.model_validate_json(message.value)
    assert raised.exception_id == derived_id(f"{NUMBER}/damage/scan-1", "exception")
    assert (raised.kind, raised.level, raised.fault) == (ExceptionKind.DAMAGE, 3, Fault.CARRIER)
    assert (raised.since, raised.detected_at) == (at(1), at(2))
    assert raised.parcel.track[0].exception is ExceptionKind.DAMAGE


def test_a_delay_is_level_2_and_named_by_its_timer_wherever_it_fires() -> None:
    state = FOLD.apply(None, incoming(scan(0), 0, 0), at(0)).state
    early = FOLD.fire(NUMBER.encode(), state, at(48)).messages
    late = FOLD.fire(NUMBER.encode(), state, at(100)).messages
    before_a_scan = FOLD.apply(state, incoming(scan(60, Node.SORTED), 1, 60), at(60)).messages
    assert early[0].id == late[0].id == before_a_scan[0].id
    raised = ParcelExceptionRaised.model_validate_json(early[0].value)
    assert (raised.level, raised.since) == (2, at(0))
    assert raised.exception_id == derived_id(f"{NUMBER}/delay/{NUMBER}@{micros(at(48))}", "exception")


def test_what_is_over_is_cleared_under_the_id_that_was_raised() -> None:
    raised = FOLD.apply(None, incoming(scan(0, exception=ExceptionKind.LOSS), 0, 0), at(0))
    (message,) = FOLD.apply(raised.state, incoming(scan(5, Node.SORTED), 1, 5), at(5)).messages
    assert message.type == EXCEPTION_CLEARED
    cleared = ParcelExceptionCleared.model_validate_json(message.value)
    first = ParcelExceptionRaised.model_validate_json(raised.messages[0].value)
    assert cleared.exception_id == first.exception_id
    assert (cleared.cleared_at, cleared.parcel.node) == (at(5), Node.SORTED)


def test_two_exceptions_of_one_cause_have_two_messages() -> None:
    state = FOLD.apply(None, incoming(scan(0), 0, 0), at(0)).state
    messages = FOLD.fire(NUMBER.encode(), state, at(24 * 8)).messages
    cleared = FOLD.apply(
        FOLD.fire(NUMBER.encode(), state, at(24 * 8)).state, incoming(scan(200), 1, 200), at(200)
    ).messages
    assert len({m.id for m in (*messages, *cleared)}) == 4


def test_the_same_event_again_gives_the_same_ids_and_a_trace_goes_on() -> None:
    event = incoming(scan(0, exception=ExceptionKind.REFUSED), 0, 0, "scan-1")
    assert [m.id for m in FOLD.apply(None, event, at(0)).messages] == [
        m.id for m in FOLD.apply(None, event, at(9)).messages
    ]


def test_a_lookup_is_answered_for_its_case() -> None:
    lookup = incoming(ParcelLookup(tracking_number=NUMBER, case_id="c-1"), 3, 1, "l-1")
    (message,) = FOLD.apply(None, lookup, at(1)).messages
    assert message.type == PARCEL_SNAPSHOT
    snapshot = ParcelSnapshot.model_validate_json(message.value)
    assert (snapshot.case_id, snapshot.parcel) == ("c-1", None)
    other = incoming(ParcelLookup(tracking_number=NUMBER, case_id="c-2"), 3, 1, "l-1")
    assert FOLD.apply(None, other, at(1)).messages[0].id != message.id


def test_the_key_is_the_tracking_number_whatever_the_record_says() -> None:
    event = incoming(scan(0), 0, 0)
    assert FOLD.key_of(event) == NUMBER.encode()


def test_a_scan_at_another_node_while_something_is_wrong_is_told_and_only_then() -> None:
    misrouted = FOLD.apply(None, incoming(scan(0, Node.PICKED_UP, ExceptionKind.MISROUTED), 0, 0), at(0))
    (raised,) = misrouted.messages
    same_node = FOLD.apply(misrouted.state, incoming(scan(1, Node.PICKED_UP), 1, 1), at(1))
    assert not same_node.messages
    further = FOLD.apply(same_node.state, incoming(scan(5, Node.HUB_IN), 2, 5, "scan-2"), at(5))
    (message,) = further.messages
    assert (message.topic, message.key, message.type) == (topics.PARCEL_EXCEPTIONS.name, NUMBER, PARCEL_MOVED)
    moved = ParcelMoved.model_validate_json(message.value)
    assert moved.exception_ids == (ParcelExceptionRaised.model_validate_json(raised.value).exception_id,)
    assert moved.parcel.node is Node.HUB_IN
    late = FOLD.apply(further.state, incoming(scan(4, Node.OUTLET_OUT), 3, 6), at(6))
    assert not late.messages
    over = FOLD.apply(late.state, incoming(scan(9, Node.DESTINATION_IN), 4, 9), at(9))
    assert [message.type for message in over.messages] == [EXCEPTION_CLEARED]
    well = FOLD.apply(over.state, incoming(scan(10, Node.OUT_FOR_DELIVERY), 5, 10), at(10))
    assert not well.messages


def test_a_damaged_parcel_is_not_followed_but_its_arrival_is_told() -> None:
    state = FOLD.apply(None, incoming(scan(0, Node.HUB_IN, ExceptionKind.DAMAGE), 0, 0), at(0)).state
    for hours, node in enumerate((Node.SORTED, Node.LINEHAUL_OUT, Node.OUT_FOR_DELIVERY), 1):
        applied = FOLD.apply(state, incoming(scan(hours, node), hours, hours), at(hours))
        assert not applied.messages
        state = applied.state
    (message,) = FOLD.apply(state, incoming(scan(9, Node.SIGNED), 9, 9), at(9)).messages
    assert message.type == PARCEL_MOVED
    assert ParcelMoved.model_validate_json(message.value).parcel.node is Node.SIGNED


def test_where_a_second_exception_is_raised_that_alone_is_told() -> None:
    misrouted = FOLD.apply(None, incoming(scan(0, Node.PICKED_UP, ExceptionKind.MISROUTED), 0, 0), at(0))
    held = FOLD.apply(misrouted.state, incoming(scan(5, Node.CUSTOMS, ExceptionKind.CUSTOMS_HOLD), 1, 5), at(5))
    assert [message.type for message in held.messages] == [EXCEPTION_RAISED]
