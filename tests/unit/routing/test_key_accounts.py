"""RO-5: a key account by volume: the mark, its queue and its time limits on new cases, and on those that are open."""

from datetime import timedelta

import pytest

from services.routing.acts import Actor, Resolve
from services.routing.case import decide
from services.routing.key_accounts.account import as_key_account, marked, tier_of_both
from services.routing.state import AgentFound, CaseState, IncidentOver, KeyAccountFound
from shared.contracts.cases import Case, CaseStatus, ClockKind
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from tests.unit.routing.builders import (
    HUB,
    NOON,
    after,
    contact,
    customer,
    decided,
    incident,
    names,
    opened,
    raised,
    rules,
)
from tests.unit.routing.memory import Process, World
from tests.unit.routing.test_aliases import ANN, BY_WECHAT, by_wechat, merged

pytestmark = pytest.mark.req("RO-5")

UNTIL = after(days=20)
MERCHANT = customer("shop-1")


def of(world: World) -> Case:
    (state,) = world.cases.values()
    return state.case


def clock(case: Case, kind: ClockKind) -> timedelta:
    """How long after NOON it is due."""
    return next(c.due_at for c in case.clocks if c.kind is kind) - NOON


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.WEB, Channel.WECHAT, Channel.WEIBO, Channel.EMAIL])
async def test_the_next_contact_by_any_channel_is_in_the_key_accounts_queue_and_says_why(channel: Channel) -> None:
    world = World()
    world.key_until["shop-1"] = UNTIL
    await Process(world).handle([contact("我的快递破损了", 1, MERCHANT, channel=channel)])
    case = of(world)
    assert (case.group, case.customer.tier, case.customer.tier_by) == ("vip", "vip", "volume")


async def test_its_time_limits_are_those_of_key_accounts() -> None:
    world = World()
    world.key_until["shop-1"] = UNTIL
    await Process(world).handle([contact("快递到哪了", 1, MERCHANT)])
    assert clock(of(world), ClockKind.FIRST_RESPONSE) == timedelta(seconds=20)


async def test_when_the_mark_is_over_new_cases_are_like_all_others() -> None:
    world = World()
    world.key_until["shop-1"] = NOON
    await Process(world).handle([contact("快递破损了", 1, MERCHANT)])
    case = of(world)
    assert (case.group != "vip", case.customer.tier, case.customer.tier_by) == (True, "standard", None)


async def test_a_further_contact_makes_an_open_case_one_and_a_later_one_leaves_it() -> None:
    world = World()
    await Process(world).handle([contact("快递破损了", 1, MERCHANT)])
    assert of(world).group != "vip"
    world.key_until["shop-1"] = UNTIL
    await Process(world).handle([contact("怎么还没消息", 2, MERCHANT)])
    assert (of(world).group, of(world).customer.tier_by, of(world).contacts) == ("vip", "volume", 2)
    world.key_until.clear()
    await Process(world).handle([contact("有人吗", 3, MERCHANT)])
    assert (of(world).group, of(world).customer.tier_by, of(world).contacts) == ("vip", "volume", 3)


async def test_all_ids_of_a_person_are_one_key_account() -> None:
    world = World()
    world.told.append(merged())
    world.key_until |= dict.fromkeys(("m", "o", "p"), UNTIL)
    await Process(world).handle([by_wechat(1)])
    await Process(world).handle([contact("在吗", 2, ANN)])
    assert (of(world).group, of(world).contacts) == ("vip", 2)
    assert of(world).customer.customer_id == BY_WECHAT.customer_id


async def test_an_exception_of_a_key_accounts_parcel_is_in_its_queue_before_anybody_writes() -> None:
    world = World()
    world.key_until |= {"ann": UNTIL, "shop-1": UNTIL}
    await Process(world).handle([raised(n=1, tracking="SF1", consignee=customer("ann"))])
    await Process(world).handle([raised(n=2, tracking="SF2", merchant="shop-1")])
    await Process(world).handle([raised(n=3, tracking="SF3", consignee=customer("bob"))])
    found = {s.case.customer.customer_id: (s.case.group, s.case.customer.tier_by) for s in world.cases.values()}
    assert found == {"ann": ("vip", "volume"), "shop-1": ("vip", "volume"), "bob": ("tracing", None)}


async def test_a_case_that_an_incident_keeps_back_is_opened_with_the_mark() -> None:
    world = World()
    world.incidents.append(incident())
    world.key_until["ann"] = UNTIL
    await Process(world).handle([raised(n=1, tracking="SF1", consignee=customer("ann"), place=HUB)])
    (reserved,) = world.cases.values()
    assert reserved.reserved
    opened_at_the_end = decided(reserved, IncidentOver(), after(hours=2)).state.case
    assert (opened_at_the_end.group, opened_at_the_end.customer.tier_by) == ("vip", "volume")


def test_an_open_case_goes_into_the_queue_with_the_time_that_it_has_used() -> None:
    before = opened("快递到哪了", channel=Channel.EMAIL)
    found = decided(before, KeyAccountFound(), after(minutes=10))
    case = found.state.case
    assert names(found)[0] == "tier_changed"
    assert "first_response:retargeted" in names(found)
    assert (case.group, case.customer.tier_by, case.version) == ("vip", "volume", 2)
    assert clock(case, ClockKind.FIRST_RESPONSE) == timedelta(minutes=30)


def test_whoever_has_the_case_in_hand_keeps_it() -> None:
    held = decided(opened("快递破损了"), AgentFound("zhao.min"), after(seconds=1)).state
    case = decided(held, KeyAccountFound(), after(minutes=1)).state.case
    assert (case.agent, case.status, case.group) == ("zhao.min", CaseStatus.ASSIGNED, held.case.group)
    assert case.customer.tier == "vip"


def nothing_follows(state: CaseState) -> bool:
    return decide(state, KeyAccountFound(), rules(), after(hours=1)) is None


def test_what_has_the_tier_already_or_is_over_stays_as_it_is() -> None:
    once = decided(opened("快递破损了"), KeyAccountFound(), after(minutes=1)).state
    assert nothing_follows(once)
    assert nothing_follows(opened("快递破损了", who=customer("c", tier="vip", tier_by="contract")))
    agent = Actor("zhao.min", frozenset({"lead"}))
    held = decided(opened("快递破损了"), AgentFound("zhao.min"), after(seconds=1)).state
    solved = decided(held, Resolve(agent, Personal("已赔付")), after(minutes=2)).state
    assert nothing_follows(solved)


CONTRACT = customer("c", tier="vip", tier_by="contract")
SILVER = customer("c", tier="silver", tier_by="contract")
PLAIN = customer("c")
VOLUME = marked(PLAIN, rules())


def test_a_contracts_tier_holds_and_one_that_the_tables_do_not_know_keeps_its_name() -> None:
    assert marked(CONTRACT, rules()) is CONTRACT
    assert (VOLUME.tier, VOLUME.tier_by) == ("vip", "volume")
    silver = marked(SILVER, rules())
    assert (silver.tier, silver.tier_by, rules().tier(silver)) == ("silver", "volume", "vip")
    assert rules().tier(SILVER) == "standard"


@pytest.mark.parametrize(
    ("known", "new", "tier", "by"),
    [
        (PLAIN, PLAIN, "standard", None),
        (PLAIN, VOLUME, "vip", "volume"),
        (VOLUME, PLAIN, "vip", "volume"),
        (VOLUME, CONTRACT, "vip", "contract"),
        (CONTRACT, PLAIN, "vip", "contract"),
    ],
)
def test_of_one_person_who_is_known_twice(known: Customer, new: Customer, tier: str, by: str | None) -> None:
    assert tier_of_both(known, new) == {"tier": tier, "tier_by": by}


def test_a_contact_counts_by_when_it_was_received() -> None:
    one = contact("在吗", 1, PLAIN)
    assert as_key_account(one, None, rules()) is one
    assert as_key_account(one, NOON, rules()) is one
    assert as_key_account(one, after(seconds=1), rules()).customer.tier_by == "volume"
