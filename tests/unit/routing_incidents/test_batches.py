"""RO-12: two processes, kills and replays: one reserved case for a parcel, one notice for a customer."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.incidents.cause import Cell
from shared.contracts.base import Contract
from shared.contracts.cases import CaseChanged
from shared.contracts.incidents import IncidentParcel
from shared.contracts.parcels import ExceptionKind
from shared.contracts.topics import CASES, INCIDENTS
from tests.unit.routing.builders import HUB, after, cleared, contact, customer, incident, raised
from tests.unit.routing.memory import Process, World

pytestmark = pytest.mark.req("RO-12")

PEOPLE = [customer(name, phone=f"+861390000000{n}") for n, name in enumerate(("ann", "bob", "cho"))]


def delay(n: int, who: int = 0) -> Any:
    return raised(n=n, tracking=f"SF{n}00", consignee=PEOPLE[who], place=HUB)


def world(*incidents: Any) -> World:
    made = World()
    made.incidents = list(incidents or (incident(),))
    return made


def told(of: World) -> list[IncidentParcel]:
    return [IncidentParcel.model_validate_json(m.value) for m in of.published if m.topic == INCIDENTS.name]


def cases(of: World) -> list[CaseChanged]:
    return [CaseChanged.model_validate_json(m.value) for m in of.published if m.topic == CASES.name]


async def test_exceptions_of_its_cause_open_no_cases_and_tell_each_customer_once() -> None:
    here = world()
    await Process(here).handle([delay(1), delay(2), delay(3, who=1)])
    assert cases(here) == []
    assert [(one.tracking_number, one.move, one.tell, one.reserved) for one in told(here)] == [
        ("SF100", "affected", True, True),
        ("SF200", "affected", False, True),
        ("SF300", "affected", True, True),
    ]
    assert here.counts == {Cell(ExceptionKind.DELAY, "sf", HUB): 3}
    assert {state.stored_version for state in here.cases.values()} == {0}


async def test_another_hub_and_a_loss_have_cases_as_ever() -> None:
    here = world()
    elsewhere = raised(n=1, tracking="SF100", consignee=PEOPLE[0], place="上海青浦分拨中心")
    loss = raised(ExceptionKind.LOSS, 1, n=2, tracking="SF200", consignee=PEOPLE[1], place=HUB)
    await Process(here).handle([elsewhere, loss])
    assert len(cases(here)) == 2
    assert told(here) == [], "a loss is another cause than a delay"
    lost = world(incident(kind=ExceptionKind.LOSS))
    await Process(lost).handle([loss])
    (opened,) = cases(lost)
    assert opened.case.incident_id == lost.incidents[0].incident_id
    assert [(one.tell, one.reserved) for one in told(lost)] == [(True, False)]


async def test_two_parcels_of_one_customer_in_two_processes_make_one_notice() -> None:
    here = world()
    one, other = Process(here), Process(here)
    first, second = await one.decide([delay(1)]), await other.decide([delay(2)])
    await first.commit()
    await second.commit()
    assert Counter(news.tell for news in told(here)) == {True: 1, False: 1}
    (affected,) = here.affected.values()
    assert len(affected.open) == 2


async def test_the_customer_is_told_once_more_with_the_last_parcel() -> None:
    here = world()
    process = Process(here)
    events = [delay(1), delay(2)]
    await process.handle(events)
    await process.handle([cleared(events[0])])
    await process.handle([cleared(events[1])])
    over = [one for one in told(here) if one.move == "over"]
    assert [(one.tracking_number, one.reason, one.tell) for one in over] == [
        ("SF100", "moved_on", False),
        ("SF200", "moved_on", True),
    ]
    assert all(not state.open_keys for state in here.cases.values())


@pytest.mark.parametrize("how", ["tracking", "nothing", "number"])
async def test_a_contact_of_an_affected_customer_opens_the_reserved_case(how: str) -> None:
    here = world()
    await Process(here).handle([delay(1)])
    (reserved,) = here.cases.values()
    named = {
        "tracking": {"tracking_numbers": ("SF100",)},
        "nothing": {},
        "number": {"case_number": reserved.case.number},
    }[how]
    await Process(here).handle([contact("我的快递怎么还没到", n=5, who=PEOPLE[0], at=after(minutes=5), **named)])
    (opened,) = cases(here)
    assert opened.case.case_id == reserved.case.case_id
    assert opened.case.incident_number == here.incidents[0].number
    assert len(here.cases) == 1
    await Process(here).handle([cleared(delay(1))])
    (over,) = [one for one in told(here) if one.move == "over"]
    assert (over.tell, over.reserved) == (False, False), "its case tells it"


async def test_after_the_parcel_moved_on_only_the_number_finds_it() -> None:
    here = world()
    await Process(here).handle([delay(1), cleared(delay(1))])
    (reserved,) = here.cases.values()
    await Process(here).handle([contact("发票怎么开", n=5, who=PEOPLE[0])])
    await Process(here).handle([contact("收到了，谢谢", n=6, who=PEOPLE[0], case_number=reserved.case.number)])
    ids = [changed.case.case_id for changed in cases(here)]
    assert len(set(ids)) == 2
    assert reserved.case.case_id in ids


EVENTS: list[Contract] = [
    delay(1),
    delay(2),
    delay(3, who=1),
    cleared(delay(1)),
    cleared(delay(3, who=1)),
    contact("SF100到哪了", n=5, who=PEOPLE[0], tracking_numbers=("SF100",)),
    contact("SF300到哪了", n=6, who=PEOPLE[1], tracking_numbers=("SF300",)),
    contact("怎么还没到", n=7, who=PEOPLE[1]),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, len(EVENTS) - 1), min_size=1, max_size=4), min_size=1, max_size=6), st.data())
async def test_whatever_is_repeated_and_raced_nothing_is_doubled(batches: list[list[int]], data: Any) -> None:
    here = world()
    pending = [await Process(here).decide([EVENTS[n] for n in dict.fromkeys(batch)]) for batch in batches]
    for one in data.draw(st.permutations(pending)):
        await one.commit()
    for batch in batches:
        await Process(here).handle([EVENTS[n] for n in dict.fromkeys(batch)])
    news = told(here)
    notices = Counter((one.customer.customer_id, one.move) for one in news if one.tell)
    assert set(notices.values()) <= {1}
    parcels = Counter((one.tracking_number, one.move) for one in news)
    assert set(parcels.values()) <= {1}
    opened = Counter(
        changed.case.case_id for changed in cases(here) if any(change.type == "opened" for change in changed.changes)
    )
    assert set(opened.values()) <= {1}
    sent = {n for batch in batches for n in batch}
    assert sum(here.counts.values()) == len(sent & {0, 1, 2})
