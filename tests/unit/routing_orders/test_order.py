"""A work order: every move in every state, whose turn it is, its clock, and what no sequence can do (RO-9)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.refusals import ActRefused, IllegalMove, NotAllowed
from services.routing.workorders.order import (
    OPEN,
    POSSIBLE,
    Accept,
    Cancel,
    Complete,
    Event,
    Mover,
    Note,
    Return,
    Send,
    TimeUp,
    decide,
    next_due,
)
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, OrderStatus, Owner, OwnerKind, WorkOrder
from tests.unit.routing.builders import NOON, after
from tests.unit.routing_orders.orders import (
    COURIER,
    FULL,
    HANDLER,
    HUB,
    HUB_STAFF,
    PARTNER,
    RULES,
    TEXT,
    after_events,
    opening,
)

pytestmark = pytest.mark.req("RO-9")
RETURNED = Return(PARTNER, TEXT, "zhao.min")
PATHS: dict[OrderStatus, tuple[Event, ...]] = {
    OrderStatus.OFFERED: (),
    OrderStatus.ACCEPTED: (Accept(PARTNER),),
    OrderStatus.RETURNED: (RETURNED,),
    OrderStatus.COMPLETED: (Accept(PARTNER), Complete(PARTNER, TEXT)),
    OrderStatus.CANCELLED: (Cancel(HANDLER, TEXT),),
}
MOVES: dict[type, Event] = {
    Send: Send(HANDLER, HUB),
    Accept: Accept(PARTNER),
    Return: RETURNED,
    Note: Note(HANDLER, TEXT),
    Complete: Complete(PARTNER, TEXT),
    Cancel: Cancel(HANDLER, TEXT),
}


def in_status(status: OrderStatus) -> WorkOrder:
    order = after_events(opening(), *PATHS[status])
    assert order.status is status
    return order


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("kind", POSSIBLE, ids=lambda k: k.__name__)
def test_every_move_in_every_state_is_done_or_refused_with_a_reason(kind: type, status: OrderStatus) -> None:
    order = in_status(status)
    if status in POSSIBLE[kind]:
        decided = decide(order, MOVES[kind], RULES, NOON)
        assert decided is not None
        assert decided.order.version == order.version + 1
        return
    with pytest.raises(IllegalMove) as refused:
        decide(order, MOVES[kind], RULES, NOON)
    assert refused.value.code == "wrong_status"
    assert refused.value.en
    assert refused.value.zh


@pytest.mark.parametrize(
    ("status", "move"),
    [
        (OrderStatus.OFFERED, Accept(HUB_STAFF)),
        (OrderStatus.OFFERED, Accept(HANDLER)),
        (OrderStatus.ACCEPTED, Complete(HUB_STAFF, TEXT)),
        (OrderStatus.ACCEPTED, Return(HANDLER, TEXT, "x")),
        (OrderStatus.OFFERED, Note(HUB_STAFF, TEXT)),
        (OrderStatus.OFFERED, Cancel(PARTNER, TEXT)),
        (OrderStatus.RETURNED, Send(PARTNER, HUB)),
        (OrderStatus.RETURNED, Note(PARTNER, TEXT)),
    ],
)
def test_only_who_has_the_turn_moves_it(status: OrderStatus, move: Event) -> None:
    with pytest.raises(NotAllowed) as refused:
        decide(in_status(status), move, RULES, NOON)
    assert refused.value.code == "not_yours"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (opening(kind="dance"), "unknown_kind"),
        (opening(owner=Owner(kind=OwnerKind.PARTNER, name="hub")), "unknown_owner"),
        (opening(owner=Owner(kind=OwnerKind.HANDLER, name="zhao.min")), "unknown_owner"),
        (opening(handover=FULL[1:]), "field_missing"),
        (opening(handover=(*FULL[1:], HandoverField(name="problem", value=Personal("  ")))), "field_missing"),
        (opening(handover=(*FULL, FULL[0])), "wrong_field"),
        (opening(handover=(*FULL, HandoverField(name="amount", value=TEXT))), "wrong_field"),
        (opening(handover=(*FULL, HandoverField(name="goods", value=Personal("x" * 2001)))), "wrong_field"),
        (opening(mover=PARTNER), "not_yours"),
    ],
)
def test_what_is_not_opened(event: Event, code: str) -> None:
    with pytest.raises(ActRefused) as refused:
        decide(None, event, RULES, NOON)
    assert refused.value.code == code


def test_opened_again_nothing_follows() -> None:
    assert decide(after_events(opening()), opening(), RULES, NOON) is None


def test_rejected_before_and_returned_after_it_was_accepted() -> None:
    rejected = decide(in_status(OrderStatus.OFFERED), RETURNED, RULES, NOON)
    returned = decide(in_status(OrderStatus.ACCEPTED), RETURNED, RULES, NOON)
    assert rejected is not None
    assert returned is not None
    assert [c.type for c in (*rejected.changes, *returned.changes)] == ["rejected", "returned"]
    assert returned.order.owner == Owner(kind=OwnerKind.HANDLER, name="zhao.min")


def test_overdue_once_per_time_limit_and_anew_after_it_was_sent_again() -> None:
    order = reminded(after_events(opening()))
    assert decide(order, TimeUp(), RULES, order.due_at - timedelta(seconds=1)) is None
    late = decide(order, TimeUp(), RULES, order.due_at)
    assert late is not None
    assert late.order.overdue_at == order.due_at
    assert decide(late.order, TimeUp(), RULES, after(days=30)) is None
    back = decide(late.order, RETURNED, RULES, after(days=2))
    assert back is not None
    again = decide(back.order, Send(HANDLER, HUB, hours=2), RULES, after(days=2))
    assert again is not None
    assert next_due(again.order) == after(days=2, hours=1.5)
    assert next_due(reminded(again.order)) == after(days=2, hours=2)


def reminded(order: WorkOrder) -> WorkOrder:
    assert order.warn_at is not None
    decided = decide(order, TimeUp(), RULES, order.warn_at)
    assert decided is not None
    assert [change.type for change in decided.changes] == ["warned"]
    return decided.order


def test_its_owner_is_reminded_once_at_three_quarters_of_the_time_limit() -> None:
    order = after_events(opening())
    assert next_due(order) == order.warn_at == after(hours=18)
    assert decide(order, TimeUp(), RULES, after(hours=17)) is None
    assert decide(reminded(order), TimeUp(), RULES, after(hours=23)) is None


def test_who_is_late_or_moves_it_is_not_reminded_any_more() -> None:
    order = after_events(opening())
    late = decide(order, TimeUp(), RULES, after(days=3))
    done = decide(order, Accept(PARTNER), RULES, after(hours=20))
    back = decide(order, RETURNED, RULES, after(hours=1))
    assert late is not None
    assert done is not None
    assert back is not None
    assert [change.type for change in (*late.changes, *done.changes)] == ["overdue", "accepted"]
    assert next_due(late.order) is None
    assert next_due(back.order) == order.due_at


def test_a_move_after_the_time_limit_tells_that_it_is_overdue_first() -> None:
    decided = decide(after_events(opening()), Accept(PARTNER), RULES, after(days=3))
    assert decided is not None
    assert [change.type for change in decided.changes] == ["overdue", "accepted"]


movers = st.sampled_from([HANDLER, PARTNER, HUB_STAFF, Mover("nobody")])
owners = st.sampled_from([COURIER, HUB, Owner(kind=OwnerKind.PARTNER, name="stork")])
events = st.one_of(
    st.builds(Send, movers, owners),
    st.builds(Accept, movers),
    st.builds(Return, movers, st.just(TEXT), st.just("zhao.min")),
    st.builds(Note, movers, st.just(TEXT)),
    st.builds(Complete, movers, st.just(TEXT)),
    st.builds(Cancel, movers, st.just(TEXT)),
    st.just(TimeUp()),
)


@given(st.lists(st.tuples(events, st.integers(0, 40)), max_size=25))
def test_no_sequence_leaves_an_open_order_without_owner_or_fires_a_clock_twice(
    steps: list[tuple[Event, int]],
) -> None:
    order, now = after_events(opening()), NOON
    fired: dict[object, int] = {}
    for event, hours in steps:
        now += timedelta(hours=hours)
        try:
            decided = decide(order, event, RULES, now)
        except ActRefused:
            continue
        if decided is None:
            continue
        for change in decided.changes:
            if change.type == "overdue":
                fired[order.sent_at] = fired.get(order.sent_at, 0) + 1
        assert decided.order.version == order.version + 1
        order = decided.order
        if order.status in (OrderStatus.OFFERED, OrderStatus.ACCEPTED):
            assert order.owner in (COURIER, HUB)
        elif order.status is OrderStatus.RETURNED:
            assert order.owner == Owner(kind=OwnerKind.HANDLER, name="zhao.min")
        assert (order.ended_at is None) == (order.status in OPEN)
        assert order.status in OPEN or next_due(order) is None
    assert all(times == 1 for times in fired.values())
