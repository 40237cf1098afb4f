"""RO-9, ME-1: what became of work orders, who owes the next step, and how long each of them took."""

from datetime import timedelta
from typing import get_args

import pytest

from services.metrics.exporter import families
from services.metrics.fold import fold
from services.metrics.indicator import ORDER_STEPS
from shared.contracts.base import Contract
from shared.contracts.work_orders import OrderCancelled, OrderChange, OrderStatus
from tests.unit.metrics import events
from tests.unit.metrics.order_events import WORDS, order_life

pytestmark = pytest.mark.req("RO-9", "ME-1")

LIFE = order_life(events.START)
Figures = dict[tuple[str, ...], int]


def figures(given: list[Contract]) -> Figures:
    """By indicator and labels, without zeros."""
    found: Figures = {}
    for (name, labels, _), amount in fold(events.batch(given)).amounts.items():
        found[name, *labels] = found.get((name, *labels), 0) + amount
    return {key: amount for key, amount in found.items() if amount}


def test_a_life_is_counted_by_who_owed_the_step_and_nothing_stays_open() -> None:
    minute, eight_hours = 60_000, "28800000"
    assert figures([*LIFE]) == {
        ("work_orders", "opened", "partner", "trace"): 1,
        ("work_orders", "rejected", "partner", "trace"): 1,
        ("work_orders", "sent", "department", "trace"): 1,
        ("work_orders", "accepted", "department", "trace"): 1,
        ("work_orders", "overdue", "department", "trace"): 1,
        ("work_orders", "completed", "department", "trace"): 1,
        ("work_orders_completed", "department", "hub", "no"): 1,
        ("work_order_acceptance_seconds", "department", "hub", "900000"): 1,
        ("work_order_acceptance_seconds", "department", "hub", "sum"): 15 * minute,
        ("work_order_completion_seconds", "department", "trace", eight_hours): 1,
        ("work_order_completion_seconds", "department", "trace", "sum"): 270 * minute,
    }


@pytest.mark.parametrize(
    ("events_read", "owner"),
    [(1, ("partner", "courier")), (2, ("handler", "handler")), (3, ("department", "hub")), (5, ("department", "hub"))],
)
def test_it_is_open_with_exactly_one_owner_and_no_person_is_named(events_read: int, owner: tuple[str, str]) -> None:
    opened = str(int(events.START.timestamp()) // 3600)
    held = {key: n for key, n in figures([*LIFE[:events_read]]).items() if key[0] == "work_orders_open"}
    assert held == {("work_orders_open", *owner, opened): 1}


def test_a_cancelled_order_is_counted_for_who_had_it() -> None:
    opened = LIFE[0]
    over = LIFE[1].model_copy(
        update={
            "changes": (OrderCancelled(by="zhao.min", reason=WORDS),),
            "order": opened.order.model_copy(update={"version": 2, "status": OrderStatus.CANCELLED}),
        }
    )
    found = figures([opened, over])
    assert found["work_orders", "cancelled", "partner", "trace"] == 1
    assert not [key for key in found if key[0] == "work_orders_open"]


def test_an_order_of_events_older_than_the_standing_is_not_left_open() -> None:
    opened = LIFE[0].model_copy(update={"before": None})
    words = {"changes": (OrderCancelled(by="zhao.min", reason=WORDS),), "before": None}
    over = opened.order.model_copy(update={"version": 2, "status": OrderStatus.CANCELLED})
    found = figures([opened, opened.model_copy(update={**words, "order": over})])
    assert not [key for key, n in found.items() if key[0] == "work_orders_open" and n]


def test_events_older_than_the_standing_count_without_moving_the_gauge() -> None:
    older = [event.model_copy(update={"before": None}) for event in LIFE[1:-1]]
    found = figures([*older])
    assert found["work_orders", "rejected", "handler", "trace"] == 1
    assert not [key for key in found if key[0] == "work_orders_open"]


def test_the_age_is_shown_in_brackets_for_each_owner() -> None:
    totals = {(name, labels): n for (name, labels, _), n in fold(events.batch([LIFE[0]])).amounts.items()}
    shown = next(f for f in families(totals, events.START + timedelta(hours=5)) if f.name.endswith("work_orders_open"))
    ages = {s.labels["age"]: s.value for s in shown.samples if s.labels["owner"] == "courier"}
    assert ages == {"0-1h": 0, "1-2h": 0, "2-4h": 0, "4-8h": 1, "8-24h": 0, "24-72h": 0, "72h+": 0}


def test_every_change_of_an_order_but_notes_is_counted() -> None:
    types = {get_args(change.model_fields["type"].annotation)[0] for change in get_args(get_args(OrderChange)[0])}
    assert types - set(ORDER_STEPS) == {"noted"}
    assert set(ORDER_STEPS) <= types
