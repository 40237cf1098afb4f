"""RO-1: which case a contact belongs to, over batches, processes and races."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from services.routing.number import number_of
from services.routing.state import CaseState
from shared.contracts.base import Contract
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, Customer
from tests.unit.routing.builders import after, cleared, contact, customer, parcel, raised
from tests.unit.routing.memory import Process, World

PHONE, MAIL = "+8613800000001", "ann@example.cn"
ANN = customer("ann", phone=PHONE)
ANN_BY_MAIL = customer("ann-mail", email=MAIL)
ANN_BOTH = customer("ann", phone=PHONE, email=MAIL)
BOB = customer("bob", phone="+8613900000002")


def about(tracking: str, n: int, who: Customer, text: str = "没到") -> Interaction:
    return contact(f"{tracking}{text}", n, who, tracking_numbers=(tracking,))


async def threaded(*batches: Sequence[Contract]) -> World:
    world = World()
    for batch in batches:
        await Process(world).handle(batch)
    return world


def cases(world: World) -> list[Case]:
    return [state.case for state in world.cases.values()]


@pytest.mark.req("RO-1")
@pytest.mark.parametrize("together", [True, False])
async def test_messages_of_one_customer_make_one_case(together: bool) -> None:
    events = [contact("你好", 1, ANN), contact("在吗", 2, ANN), about("SF100", 3, ANN, "到哪了")]
    world = await (threaded(events) if together else threaded(*[[e] for e in events]))
    (case,) = cases(world)
    assert (case.contacts, case.version, case.tracking_numbers) == (3, 3, ("SF100",))


@pytest.mark.req("RO-1")
async def test_a_contact_about_a_parcel_joins_the_case_about_it() -> None:
    world = await threaded(
        [about("SF1", 1, ANN, "破损")],
        [about("SF2", 2, ANN, "破损")],
        [about("SF1", 3, ANN, "有消息吗")],
    )
    assert sorted((c.tracking_numbers, c.contacts) for c in cases(world)) == [(("SF1",), 2), (("SF2",), 1)]


@pytest.mark.req("RO-1")
async def test_a_contact_about_an_order_joins_the_case_about_it() -> None:
    world = await threaded(
        [contact("订单没发货", 1, ANN, order_numbers=("T1",))],
        [contact("另一个", 2, ANN, order_numbers=("T2",))],
        [contact("有消息吗", 3, ANN, order_numbers=("T1",))],
    )
    assert sorted((c.order_numbers, c.contacts) for c in cases(world)) == [(("T1",), 2), (("T2",), 1)]


@pytest.mark.req("RO-1")
async def test_the_same_parcel_of_two_customers_is_two_cases() -> None:
    world = await threaded(
        [about("SF1", 1, ANN, "没收到")],
        [about("SF1", 2, BOB, "没收到")],
        [about("SF1", 3, BOB, "呢")],
    )
    assert sorted((c.customer.customer_id, c.contacts) for c in cases(world)) == [("ann", 1), ("bob", 2)]


@pytest.mark.req("RO-1")
async def test_one_person_is_found_by_phone_or_by_mail() -> None:
    world = await threaded(
        [about("SF1", 1, ANN_BOTH, "没收到")],
        [contact("SF1呢", 2, ANN_BY_MAIL, channel=Channel.EMAIL, tracking_numbers=("SF1",))],
        [contact("怎么样了", 3, ANN_BY_MAIL, channel=Channel.EMAIL)],
    )
    (case,) = cases(world)
    assert case.contacts == 3


@pytest.mark.req("RO-1")
async def test_a_case_number_leads_to_its_case_whoever_writes() -> None:
    world = await threaded([about("SF1", 1, ANN, "没收到")])
    number = cases(world)[0].number.lower()
    await Process(world).handle([contact("Re: 工单", 2, BOB, case_number=number)])
    (case,) = cases(world)
    assert case.contacts == 2
    await Process(world).handle([contact("Re: 工单", 3, BOB, case_number="PC00000000")])
    assert len(world.cases) == 2
    assert number_of(case.case_id).lower() == number


@pytest.mark.req("RO-1", "SY-5")
async def test_who_writes_under_a_strangers_number_does_not_get_the_strangers_answers() -> None:
    world = await threaded([about("SF1", 1, ANN, "没收到")])
    number = cases(world)[0].number
    mail = contact("怎么样了", 2, BOB, channel=Channel.EMAIL, case_number=number, message_id="<b>")
    await Process(world).handle([mail])
    (case,) = cases(world)
    assert (case.customer, case.channel, case.mail_thread) == (ANN, Channel.WEB, None)


@pytest.mark.req("RO-1")
async def test_without_a_reference_it_is_the_case_last_worked_on_that_is_open() -> None:
    world = await threaded(
        [about("SF1", 1, ANN, "破损")],
        [about("SF2", 2, ANN, "破损")],
    )
    first = next(s for s in world.cases.values() if s.case.tracking_numbers == ("SF1",))
    worked_on = first.case.model_copy(update={"updated_at": after(minutes=1)})
    world.cases[first.case.case_id] = CaseState(worked_on, first.next_due, first.open_keys)
    await Process(world).handle([contact("有消息吗", 3, ANN)])
    assert world.cases[first.case.case_id].case.contacts == 2
    done = world.cases[first.case.case_id]
    resolved = done.case.model_copy(update={"status": CaseStatus.RESOLVED})
    world.cases[first.case.case_id] = CaseState(resolved, done.next_due, done.open_keys)
    await Process(world).handle([contact("有消息吗", 4, ANN)])
    assert sorted(c.contacts for c in cases(world)) == [2, 2]


def closed(state: CaseState, keys: tuple[str, ...]) -> CaseState:
    case = state.case.model_copy(update={"status": CaseStatus.CLOSED, "closed_at": after(hours=1)})
    return CaseState(case, state.next_due, keys)


@pytest.mark.req("RO-1")
async def test_the_reopen_window_ends_with_the_keys() -> None:
    world = await threaded([about("SF1", 1, ANN, "破损")])
    (state,) = world.cases.values()
    by_reference = tuple(key for key in state.open_keys if not key.startswith("c"))
    world.cases[state.case.case_id] = closed(state, by_reference)
    await Process(world).handle([contact("开发票", 2, ANN)])
    assert len(world.cases) == 2, "without a reference the window was over"
    await Process(world).handle([about("SF1", 3, ANN, "还是破损")])
    assert world.cases[state.case.case_id].case.reopened == 1
    world.cases[state.case.case_id] = closed(world.cases[state.case.case_id], ())
    await Process(world).handle([about("SF1", 4, BOB, "又破损")])
    assert len(world.cases) == 3


@pytest.mark.req("RO-11")
async def test_contact_and_exception_of_one_parcel_share_a_case_in_any_order() -> None:
    asked = about("SF1", 1, ANN, "怎么没到")
    event = raised(tracking="SF1", consignee=ANN_BOTH)
    for order in permutations([asked, event]):
        (case,) = cases(await threaded(*[[e] for e in order]))
        assert (case.contacts, case.exception_id) == (1, event.exception_id)


@pytest.mark.req("RO-11")
async def test_an_exception_of_an_unknown_owner_shares_the_case_too() -> None:
    asked = about("SF1", 1, ANN, "怎么没到")
    event = raised(tracking="SF1")
    for order in permutations([asked, event]):
        (case,) = cases(await threaded(*[[e] for e in order]))
        assert case.customer.customer_id == "ann"
        assert case.exception_id == event.exception_id


@pytest.mark.req("RO-11")
async def test_an_exception_does_not_join_a_strangers_case() -> None:
    world = await threaded([about("SF1", 1, BOB, "到哪了")], [raised(tracking="SF1", consignee=ANN)])
    assert sorted(c.customer.customer_id for c in cases(world)) == ["ann", "bob"]


@pytest.mark.req("RO-11")
async def test_the_end_of_an_exception_finds_its_case() -> None:
    event = raised(tracking="SF1", consignee=ANN)
    opened_by_it = await threaded([event], [cleared(event)])
    assert [c.status for c in cases(opened_by_it)] == [CaseStatus.RESOLVED]
    joined = await threaded([about("SF1", 1, ANN, "到哪了")], [event], [cleared(event)])
    assert [(c.status, c.version) for c in cases(joined)] == [(CaseStatus.RESOLVED, 3)]
    complained = await threaded([about("SF1", 1, ANN, "延误，投诉")], [event], [cleared(event)])
    assert [(c.status, c.version) for c in cases(complained)] == [(CaseStatus.QUEUED, 3)]


RACES: dict[str, list[Contract]] = {
    "two contacts by phone and mail": [contact("你好", 1, ANN_BOTH), contact("您好", 2, ANN_BY_MAIL)],
    "about one parcel": [
        about("SF1", 1, ANN_BOTH),
        about("SF1", 2, ANN_BY_MAIL),
    ],
    "contact and exception": [about("SF1", 1, ANN), raised(tracking="SF1", consignee=ANN)],
    "contact and exception of an unknown owner": [
        about("SF1", 1, ANN),
        raised(tracking="SF1"),
    ],
    "with and without a reference": [contact("你好", 1, ANN_BOTH), about("SF1", 2, ANN_BY_MAIL)],
    "two exceptions": [raised(tracking="SF1", consignee=ANN), raised(tracking="SF1", consignee=ANN_BOTH, n=2)],
    "the same contact twice": [contact("你好", 1, ANN), contact("你好", 1, ANN)],
}


@pytest.mark.req("RO-1", "RO-11")
@pytest.mark.parametrize("race", RACES)
@pytest.mark.parametrize("busy", [False, True])
async def test_two_at_once_in_two_processes_make_one_case(race: str, busy: bool) -> None:
    """Both decide before either commits; `busy`: the customer has another open case already."""
    world = World()
    if busy:
        await Process(world).handle([about("SF9", 9, ANN_BOTH, "破损")])
    first, second = [await Process(world).decide([event]) for event in RACES[race]]
    await first.commit()
    await second.commit()
    new = [c for c in cases(world) if "SF9" not in c.tracking_numbers]
    by_reference = any(parcel("SF1").tracking_number in c.tracking_numbers for c in cases(world))
    assert len(new) == (1 if by_reference or not busy else 0)


@pytest.mark.req("RO-1")
async def test_fifty_at_once_make_one_case() -> None:
    world = World()
    events = [contact("你好", n, ANN_BOTH if n % 2 else ANN_BY_MAIL) for n in range(50)]
    pending = [await Process(world).decide([event]) for event in events]
    for one in pending:
        await one.commit()
    (case,) = cases(world)
    assert (case.contacts, case.version) == (50, 50)
