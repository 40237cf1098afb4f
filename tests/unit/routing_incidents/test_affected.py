"""RO-12: a customer is told once at each end; and what the news tell, in whatever order, is what was stored."""

from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.incidents.affected import Affected, Linked, expect, link, release, retold
from services.routing.state import CaseState
from shared.contracts.incidents import IncidentParcel, OverReason
from tests.unit.routing.builders import HUB, NOON, after, customer, decided, incident, raised

pytestmark = pytest.mark.req("RO-12")

ANN = customer("ann")
CASE = decided(None, raised(consignee=ANN, place=HUB)).state.case
WAITING = CaseState(CASE, reserved=True)


def one(n: int) -> Linked:
    return Linked(f"SF{n}", f"case-{n}", f"PC{n}", f"e{n}", ANN)


@pytest.mark.parametrize(
    ("reason", "reserved", "tell"),
    [
        ("moved_on", True, True),
        ("moved_on", False, False),
        ("closed", True, False),
        ("closed", False, True),
        ("unlinked", False, False),
    ],
)
def test_who_tells_that_it_is_over(reason: OverReason, reserved: bool, tell: bool) -> None:
    waiting = WAITING if reserved else None
    linked = link(None, incident(), "ann", one(1), waiting, NOON)
    assert linked is not None
    assert linked[1].tell
    after_it, news = release(linked[0], "SF1", reason, waiting, NOON)
    assert (news.tell, news.reserved, after_it.open) == (tell, reserved, ())


def test_a_parcel_that_comes_under_it_after_the_customer_heard_that_it_is_over_is_told_again() -> None:
    news: list[IncidentParcel] = []
    current: Affected | None = None
    for n in (1, 2):
        linked = link(current, incident(), "ann", one(n), WAITING, NOON)
        assert linked is not None
        current, over = release(linked[0], f"SF{n}", "moved_on", WAITING, NOON)
        news += [linked[1], over]
    assert [(told.move, told.tell) for told in news] == [("affected", True), ("over", True)] * 2


Move = Literal["link", "48", "72", "moved_on", "closed", "unlinked"]
Step = tuple[int, Move]
steps = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(get_args(Move))), max_size=12)


def played(taken: list[Step]) -> tuple[Affected | None, list[IncidentParcel]]:
    current: Affected | None = None
    news: list[IncidentParcel] = []
    outcome: tuple[Affected, IncidentParcel | None] | None
    for n, step in taken:
        if step == "link":
            outcome = link(current, incident(), "ann", one(n), WAITING, NOON)
        elif current is None or not (known := [p for p in current.open if p.tracking_number == f"SF{n}"]):
            continue
        elif step == "48" or step == "72":
            outcome = expect(current, known[0], int(step), after(hours=int(step)), True, WAITING, NOON)
        else:
            outcome = release(current, f"SF{n}", step, WAITING, NOON)
        if outcome is not None and outcome[1] is not None:
            current = outcome[0]
            news.append(outcome[1])
    return current, news


@given(steps, st.randoms())
def test_what_the_news_tell_in_whatever_order_is_what_was_stored(taken: list[Step], chance: st.randoms) -> None:  # type: ignore[valid-type]
    stored, news = played(taken)
    chance.shuffle(news)  # type: ignore[attr-defined]
    told = retold(news, {})
    if stored is None:
        assert told == {}
        return
    (again,) = told.values()
    assert sorted(again.parcels, key=lambda p: p.tracking_number) == sorted(
        stored.parcels, key=lambda p: p.tracking_number
    )
    assert (again.version, again.told_hours) == (stored.version, stored.told_hours)
    begun, ended = (sum(event.tell for event in news if event.move == move) for move in ("affected", "over"))
    assert begun >= max(1, ended)
