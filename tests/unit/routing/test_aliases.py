"""RO-1, IN-5: contacts of one person by several ids, before and after somebody parts them; and what follows a call."""

from itertools import permutations
from typing import Any, cast

import pytest

from services.routing.alias_store import AliasStore
from services.routing.aliases import newest
from shared.contracts.base import derived_id
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.customers import (
    CustomersMerged,
    CustomersSeparated,
    Evidence,
    HandlesLinked,
    KnownCustomer,
)
from shared.contracts.interactions import Call, Interaction
from shared.contracts.people import Channel, ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal
from shared.mongo import Database
from tests.unit.routing.builders import NOON, contact, customer, raised
from tests.unit.routing.memory import Process, World

pytestmark = pytest.mark.req("RO-1", "IN-5")

ANN = customer("p", phone="+8613800000001")
BY_MAIL = customer("m", email="ann@example.cn")
BY_WECHAT = Customer(customer_id="o", contacts=(ContactPoint(kind=ContactKind.OPENID, value=Personal("openid-1")),))


def merged(version: int = 2) -> CustomersMerged:
    return CustomersMerged(
        customer_id="p",
        version=version,
        at=NOON,
        cause="c",
        evidence=Evidence.ORDER,
        customers=(KnownCustomer(customer_id="p", handles=("m", "o", "p")),),
        absorbed=("o",),
    )


def separated(version: int = 3) -> CustomersSeparated:
    return CustomersSeparated(
        customer_id="p",
        version=version,
        at=NOON,
        cause="d",
        evidence=Evidence.PERSON,
        customers=(
            KnownCustomer(customer_id="p", handles=("m", "p"), apart=("o",)),
            KnownCustomer(customer_id="o", handles=("o",), apart=("m", "p")),
        ),
        restored=("o",),
    )


def by_wechat(n: int, text: str = "在吗", **more: object) -> Interaction:
    return contact(text, n, BY_WECHAT, channel=Channel.WECHAT, **more)


def cases(world: World) -> dict[str, Case]:
    return {s.case.customer.customer_id: s.case for s in world.cases.values()}


@pytest.mark.parametrize("first", [ANN, BY_WECHAT])
async def test_who_is_merged_joins_the_case_that_the_other_id_opened(first: Customer) -> None:
    world = World()
    await Process(world).handle([contact("没收到", 1, first)])
    world.told.append(merged())
    second = BY_WECHAT if first is ANN else ANN
    await Process(world).handle([contact("在吗", 2, second, channel=Channel.WECHAT)])
    (case,) = cases(world).values()
    assert (case.contacts, case.customer.customer_id, case.channel) == (2, first.customer_id, Channel.WECHAT)
    assert {c.kind for c in case.customer.contacts} == {ContactKind.PHONE, ContactKind.OPENID}


async def test_without_a_merge_they_are_two() -> None:
    world = World()
    await Process(world).handle([contact("没收到", 1, ANN), by_wechat(2)])
    assert len(world.cases) == 2


async def test_a_merged_persons_contact_about_a_parcel_and_its_exception_join_too() -> None:
    world = World()
    await Process(world).handle([contact("SF1没收到", 1, ANN, tracking_numbers=("SF1",))])
    world.told.append(merged())
    await Process(world).handle([by_wechat(2, "SF1呢", tracking_numbers=("SF1",))])
    await Process(world).handle([raised(tracking="SF1", consignee=BY_MAIL)])
    (case,) = cases(world).values()
    assert case.contacts == 2
    assert case.exception_id is not None


async def test_ids_of_one_person_at_once_open_one_case() -> None:
    world = World()
    world.told.append(merged())
    events = [contact("你好", n, (ANN, BY_MAIL, BY_WECHAT)[n % 3]) for n in range(30)]
    pending = [await Process(world).decide([event]) for event in events]
    for one in pending:
        await one.commit()
    (case,) = cases(world).values()
    assert case.contacts == 30


@pytest.mark.parametrize("reference", [(), ("SF1",)])
@pytest.mark.parametrize("opener", [ANN, BY_WECHAT])
async def test_after_an_unmerge_they_are_two_and_the_case_stays(opener: Customer, reference: tuple[str, ...]) -> None:
    world = World()
    world.told.append(merged())
    other = BY_WECHAT if opener is ANN else ANN
    await Process(world).handle([contact("没收到", 1, opener, tracking_numbers=reference)])
    await Process(world).handle([contact("在吗", 2, other, tracking_numbers=reference)])
    assert len(world.cases) == 1
    world.told.append(separated())
    await Process(world).handle([contact("还没到", 3, other, tracking_numbers=reference)])
    await Process(world).handle([contact("还没到", 4, other, tracking_numbers=reference)])
    await Process(world).handle([contact("还没到", 5, opener, tracking_numbers=reference)])
    found = cases(world)
    assert {i: c.contacts for i, c in found.items()} == {opener.customer_id: 3, other.customer_id: 2}
    world.told.append(merged(4))
    await Process(world).handle([by_wechat(6), contact("好", 7, ANN)])
    assert len(world.cases) == 2


def test_the_newest_holds_in_any_order_and_again() -> None:
    linked = HandlesLinked(
        customer_id="p",
        version=1,
        at=NOON,
        cause="b",
        evidence=Evidence.WEB,
        customers=(KnownCustomer(customer_id="p", handles=("m", "p")),),
        linked=("m", "p"),
    )
    for order in permutations([linked, merged(), separated()]):
        found = newest([*order, *order])
        assert found["o"].same == ("o",)
        assert (found["m"].same, found["m"].apart) == (("m", "p"), ("o",))


def call(n: int, who: Customer, text: str = "未接来电，请回电", **more: object) -> Interaction:
    talk = Call(call_id=f"call-{n}", rings=3, wait_seconds=10, talk_seconds=0, answered=False)
    return contact(text, n, who, channel=Channel.PHONE, call=talk, **more)


WITHHELD = Customer(customer_id="unknown-caller")


@pytest.mark.parametrize("together", [True, False])
async def test_a_transcript_from_a_withheld_number_belongs_to_the_case_of_its_call(together: bool) -> None:
    world = World()
    first = call(1, WITHHELD)
    events = [first, call(2, WITHHELD, "我的包裹破损了", follows=first.interaction_id)]
    for batch in [events] if together else [[e] for e in events]:
        await Process(world).handle(batch)
    (case,) = cases(world).values()
    assert case.contacts == 2
    assert case.case_id == derived_id(first.interaction_id, "case")


async def test_it_follows_into_the_case_that_the_call_joined_and_so_does_what_comes_last() -> None:
    world = World()
    await Process(world).handle([contact("SF1破损", 1, ANN, tracking_numbers=("SF1",))])
    await Process(world).handle([contact("SF2丢了", 2, ANN, tracking_numbers=("SF2",))])
    first = call(3, WITHHELD, "SF1的事", case_number=next(iter(world.cases.values())).case.number)
    await Process(world).handle([first])
    await Process(world).handle([contact("SF2呢", 4, ANN, tracking_numbers=("SF2",))])
    later = call(5, WITHHELD, "录音转写", follows=first.interaction_id)
    last = call(6, WITHHELD, "录音", follows=first.interaction_id)
    await Process(world).handle([later])
    await Process(world).handle([last])
    by_parcel = {s.case.tracking_numbers: s.case.contacts for s in world.cases.values()}
    assert by_parcel == {("SF1",): 4, ("SF2",): 2}


async def test_a_call_that_nobody_knows_any_more_is_followed_by_a_case_of_its_own() -> None:
    world = World()
    await Process(world).handle([call(2, WITHHELD, follows=derived_id("gone", "interaction"))])
    assert [c.status for c in cases(world).values()] == [CaseStatus.QUEUED]


class Collection:
    """Counts what it is asked; `rows` by id."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    async def find_one(self, wanted: object, fields: object) -> dict[str, Any] | None:
        self.asked.append("any")
        return next(iter(self.rows.values()), None)

    def find(self, wanted: dict[str, Any], session: object = None) -> "Collection":
        self.asked.append("some")
        self._found = [row for i, row in self.rows.items() if i in wanted["_id"]["$in"]]
        return self

    async def to_list(self, length: object) -> list[dict[str, Any]]:
        return self._found

    def collection(self, name: str) -> "Collection":
        return self


async def test_while_nobody_has_an_alias_nobody_is_asked_for_but_now_and_then() -> None:
    rows, seconds = Collection(), [0.0]
    store = AliasStore(cast(Database, rows), lambda: seconds[0])
    for _ in range(20):
        assert await store.of(["p"]) == {}
    assert rows.asked == ["any"]
    rows.rows["p"] = {"_id": "p", "same": ["o", "p"], "apart": [], "version": 2}
    seconds[0] = 2.0
    found = await store.of(["p", "q"])
    assert found["p"].same == ("o", "p")
    assert await store.of([]) == {}
    assert rows.asked == ["any", "any", "some"], "one question for a batch"
