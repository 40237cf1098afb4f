"""RO-1, IN-5: cases of two ids that turn out to be one person's become one, and two again where they are not."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from services.routing.acts import Actor, Take
from services.routing.aliases import Alias, Aliases, newest
from services.routing.clocks import of_kind
from services.routing.pairs.doubting import Doubt, doubt_said
from services.routing.pairs.doubts import AFTER_S, Doubts
from services.routing.pairs.parting import part
from services.routing.pairs.splitting import Split, split
from services.routing.pairs.uniting import are_two_persons, final, is_divided, unite
from services.routing.state import CaseState, ChangeSet
from services.routing.threading import is_slot
from shared.contracts.base import derived_id
from shared.contracts.case_pairs import WhoIsWho
from shared.contracts.cases import CaseKind, CaseStatus, ClockKind
from shared.contracts.customers import Evidence, HandlesLinked, KnownCustomer
from shared.contracts.people import ContactKind, Customer
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, contact, decided, names, opened, picture, raised, rules
from tests.unit.routing.memory import Process, World
from tests.unit.routing.test_aliases import ANN, BY_MAIL, BY_WECHAT, by_wechat, merged, separated

pytestmark = pytest.mark.req("RO-1", "IN-5")
BECAUSE = WhoIsWho(cause="o-1", evidence=Evidence.ORDER)
ONE_PERSON: Aliases = newest([merged()])
LEAD = Actor("lead.one", frozenset({"lead"}))


def case(n: int, who: Customer, text: str = "快递到哪了", minutes: float = 0, **more: Any) -> CaseState:
    at = NOON + timedelta(minutes=minutes)
    state = opened(text, at, n=n, who=who, at=at, **more)
    keys = [f"p:{number}:{who.customer_id}" for number in state.case.tracking_numbers]
    return replace(state, open_keys=(*keys, f"c:{who.customer_id}:0"))


def united(*states: CaseState, aliases: Aliases = ONE_PERSON) -> list[ChangeSet]:
    return unite(states, aliases, BECAUSE, rules(), after(minutes=5))


def still_open(states: Sequence[CaseState], found: Sequence[ChangeSet]) -> list[CaseState]:
    now = {s.case.case_id: s for s in states} | final(found)
    return [s for s in now.values() if s.case.status is not CaseStatus.CLOSED]


def test_the_younger_goes_into_the_older_and_both_say_why() -> None:
    older, younger = case(1, ANN), case(2, BY_WECHAT, minutes=0.1)
    ended, going = united(younger, older)
    assert (ended.state.case.merged_into, ended.state.open_keys) == (older.case.case_id, ())
    assert (names(ended)[-1], names(going)[-1]) == ("merged", "absorbed")
    assert [found.changes[-1].because for found in (ended, going)] == [BECAUSE, BECAUSE]  # type: ignore[union-attr]
    one = going.state.case
    assert (one.customer.customer_id, one.contacts) == ("p", 2)
    assert {point.kind for point in one.customer.contacts} == {ContactKind.PHONE, ContactKind.OPENID}
    assert set(going.state.open_keys) == {*older.open_keys, *younger.open_keys}


@pytest.mark.req("RO-6")
def test_the_customer_has_waited_since_the_first_of_the_two() -> None:
    older, younger = case(1, ANN), case(2, BY_WECHAT, minutes=0.2)
    _, going = united(younger, older)
    kinds = (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)
    clocks = [[of_kind(state.case.clocks, kind) for kind in kinds] for state in (going.state, older)]
    assert [(c and c.started_at, c and c.due_at) for c in clocks[0]] == [
        (c and c.started_at, c and c.due_at) for c in clocks[1]
    ]
    assert going.state.case.opened_at == NOON


def test_a_complaint_raises_the_query_that_it_goes_into() -> None:
    _, going = united(case(1, ANN), case(2, BY_WECHAT, "我要投诉你们，态度太差了", minutes=1))
    assert going.state.case.classification.kind is CaseKind.COMPLAINT
    assert "classified" in names(going)


@pytest.mark.parametrize(
    ("one", "other", "matters"),
    [
        ({}, {}, 1),
        ({"tracking_numbers": ("SF1",)}, {}, 1),
        ({}, {"order_numbers": ("O1",)}, 1),
        ({"tracking_numbers": ("SF1", "SF2")}, {"tracking_numbers": ("SF2",)}, 1),
        ({"order_numbers": ("O1",)}, {"order_numbers": ("O1",), "tracking_numbers": ("SF2",)}, 1),
        ({"tracking_numbers": ("SF1",)}, {"tracking_numbers": ("SF2",)}, 2),
        ({"tracking_numbers": ("SF1",)}, {"order_numbers": ("O1",)}, 2),
    ],
)
def test_different_matters_stay_two(one: Any, other: Any, matters: int) -> None:
    states = [case(1, ANN, **one), case(2, BY_WECHAT, minutes=1, **other)]
    assert is_divided(s.case for s in states) is (matters == 1)
    assert len(still_open(states, united(*states))) == matters


async def test_what_becomes_one_is_what_threading_would_have_joined() -> None:
    """Had it been known before that they are one, the second contact would have joined just then."""
    numbers: list[dict[str, Any]] = [{}, {"tracking_numbers": ("SF1",)}, {"order_numbers": ("O1",)}]
    numbers += [{"tracking_numbers": ("SF2",)}, {"tracking_numbers": ("SF1",), "order_numbers": ("O1",)}]
    for first in numbers:
        for second in numbers:
            world = World()
            world.told.append(merged())
            process = Process(world)
            await process.handle([contact("快递到哪了", 1, ANN, **first)])
            await process.handle([by_wechat(2, "快递到哪了", **second)])
            states = [case(1, ANN, **first), case(2, BY_WECHAT, minutes=1, **second)]
            assert len(still_open(states, united(*states))) == len(world.cases), (first, second)


def test_of_three_ids_in_any_order_one_is_left_and_a_repeat_does_nothing() -> None:
    states = [case(1, ANN), case(2, BY_WECHAT, minutes=1), case(3, BY_MAIL, minutes=2)]
    for order in permutations(states):
        found = united(*order)
        (left,) = still_open(order, found)
        assert (left.case.case_id, left.case.contacts, left.case.version) == (states[0].case.case_id, 3, 3)
        assert united(*(s for s in final(found).values())) == []
        assert next(iter(final(found).values())).case.status is CaseStatus.CLOSED, "it gives up its keys first"


def test_what_is_not_one_persons_or_one_ids_stays() -> None:
    states = case(1, ANN), case(2, BY_WECHAT)
    assert united(*states, aliases={}) == []
    assert united(*states, aliases=newest([merged(), separated()])) == []
    assert united(case(1, ANN), case(2, ANN)) == [], "threaded when they came, or split by a person"


def test_where_something_hangs_on_the_younger_it_goes_on_and_on_both_they_stay() -> None:
    claim, query = case(2, BY_WECHAT, "丢了，要赔偿", minutes=1), case(1, ANN)
    _, going = united(claim, query)
    assert going.state.case.case_id == claim.case.case_id
    assert united(case(1, ANN, "丢了，要赔偿"), claim) == []


def together() -> tuple[CaseState, CaseState, CaseState]:
    """Two cases, and the one that they became; the younger's comes first."""
    older = case(1, ANN, tracking_numbers=("SF1",))
    younger = case(2, BY_WECHAT, minutes=1, tracking_numbers=("SF1", "SF2"), order_numbers=("O1",))
    ended, going = united(older, younger)
    return ended.state, going.state, younger


def test_two_persons_after_all_have_a_case_each_again() -> None:
    ended, going, younger = together()
    assert are_two_persons("p", "o", newest([merged(), separated()]))
    pair = part(going, ended, BECAUSE, rules(), after(minutes=9))
    assert pair is not None
    left, again = pair
    assert (names(left)[-1], names(again)[-1]) == ("split_off", "split_from")
    assert (left.state.case.tracking_numbers, left.state.case.order_numbers) == (("SF1",), ())
    assert (left.state.case.customer, left.state.case.contacts, left.state.case.brought) == (ANN, 1, None)
    one = again.state.case
    assert (one.status, one.merged_into, one.customer, one.number) == (
        CaseStatus.QUEUED,
        None,
        BY_WECHAT,
        younger.case.number,
    )
    assert one.tracking_numbers == ("SF1", "SF2")
    assert {c.started_at for c in one.clocks} == {younger.case.opened_at}
    assert part(left.state, again.state, BECAUSE, rules(), after(minutes=9)) is None, "once"


def test_after_it_each_case_has_its_own_persons_facts_alone() -> None:
    """Name, tier, subject, thread and files that the other brought go with them; what was known before stays."""
    theirs = {"subject": Personal("在吗"), "message_id": "<o@x>", "media": (picture("o"),), "goods_type": "food"}
    known = BY_WECHAT.model_copy(update={"name": Personal("王五"), "tier": "vip", "tier_by": "contract"})
    older = case(1, ANN.model_copy(update={"name": None}), media=(picture("p"),))
    younger = case(2, known, minutes=1, **theirs)
    ended, going = united(older, younger)
    one = going.state.case
    assert (one.subject, one.mail_thread, one.customer.name, one.customer.tier) == (
        theirs["subject"],
        "<o@x>",
        known.name,
        "vip",
    )
    pair = part(going.state, ended.state, BECAUSE, rules(), after(minutes=9))
    assert pair is not None
    left, again = (found.state.case for found in pair)
    facts = (left.subject, left.mail_thread, left.goods_type, left.customer, left.group, left.awaited_media)
    assert facts == (None, None, None, older.case.customer, older.case.group, (picture("p").ref,))
    its = (again.subject, again.mail_thread, again.goods_type, again.customer, again.awaited_media)
    assert its == (theirs["subject"], "<o@x>", "food", known, (picture("o").ref,))
    targets = [{c.kind: c.due_at - c.started_at for c in one.clocks} for one in (left, older.case)]
    assert targets[0] == targets[1]


def test_what_was_known_before_and_what_came_meanwhile_stays() -> None:
    older = case(1, ANN, subject=Personal("发票"), message_id="<p@x>")
    younger = case(2, BY_WECHAT, minutes=1, subject=Personal("发票"), message_id="<p@x>", media=(picture("o"),))
    ended, going = united(older, younger)
    later = going.state.case.model_copy(update={"awaited_media": ()})
    pair = part(replace(going.state, case=later), ended.state, BECAUSE, rules(), after(minutes=9))
    assert pair is not None
    left, again = (found.state.case for found in pair)
    assert (left.subject, left.mail_thread) == (Personal("发票"), "<p@x>")
    assert again.awaited_media == (), "it came to the case that went on, which keeps it"


def test_what_the_case_is_about_now_and_what_is_over_is_not_parted() -> None:
    ended, going, _ = together()
    about = going.case.model_copy(update={"parcel": raised(tracking="SF2").parcel})
    assert part(replace(going, case=about), ended, BECAUSE, rules(), after(minutes=9)) is None
    over = going.case.model_copy(update={"status": CaseStatus.RESOLVED})
    assert part(replace(going, case=over), ended, BECAUSE, rules(), after(minutes=9)) is None


def test_what_a_person_split_is_not_put_together_again() -> None:
    wish = Split(LEAD, Personal("发票"), CaseKind.QUERY, "other", 3)
    state = decided(case(1, ANN), Take(LEAD)).state
    one, other = split(state, wish, derived_id("new", "case"), rules(), after(minutes=1))
    assert united(one.state, other.state) == []


async def test_a_contact_that_shows_two_cases_casts_doubt_and_no_other_does() -> None:
    world = World()
    process = Process(world)
    await process.handle([contact("没收到", 1, ANN), by_wechat(2)])
    assert world.doubts == {}
    both = ANN.model_copy(update={"contacts": (*ANN.contacts, *BY_WECHAT.contacts)})
    await process.handle([contact("在吗", 3, both)])
    (doubt,) = world.doubts.values()
    assert doubt.because == WhoIsWho(cause=derived_id("3", "interaction"), evidence=Evidence.WEB)
    held = {key for state in world.cases.values() for key in state.open_keys if is_slot(key)}
    assert len([s for s in world.cases.values() if set(s.open_keys) & set(doubt.keys)]) == 2, held


def linked(evidence: Evidence) -> HandlesLinked:
    customers = (KnownCustomer(customer_id="p", handles=("o", "p")),)
    return HandlesLinked(
        customer_id="p", version=1, at=NOON, cause="c", evidence=evidence, customers=customers, linked=("o", "p")
    )


def test_what_casts_doubt_of_who_is_who() -> None:
    life = rules().life
    assert doubt_said(linked(Evidence.WEB), "e", life) is None, "the contact itself finds the cases of both"
    by_order, one, two = (doubt_said(e, "e", life) for e in (linked(Evidence.ORDER), merged(), separated()))
    assert by_order is not None
    assert one is not None
    assert two is not None
    assert (by_order.parted, one.parted, two.parted) == (False, False, True)
    assert len(by_order.keys) == 2 * life.open_cases_seen
    assert set(one.keys) == set(two.keys)


class Kept(Doubts):
    """In memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Doubt] = {}

    async def add(self, doubts: Iterable[Doubt], session: Any = None) -> None:
        self.rows |= {doubt.cause: doubt for doubt in doubts}

    async def settled(self, causes: Collection[str], session: Any = None) -> None:
        self.rows = {cause: doubt for cause, doubt in self.rows.items() if cause not in causes}


async def test_what_cannot_be_settled_is_put_off_a_few_times_and_no_more() -> None:
    kept, doubt = Kept(), Doubt("e", ("c:x:0",), BECAUSE)
    tries = []
    await kept.add([doubt])
    while kept.rows:
        (doubt,) = kept.rows.values()
        tries.append(doubt.tries)
        await kept.put_off(doubt)
    assert tries == list(range(len(AFTER_S)))


def test_aliases_know_one_person_from_two_and_from_nobody() -> None:
    assert not are_two_persons("p", "o", ONE_PERSON)
    assert not are_two_persons("p", "o", {"p": Alias(("p",), (), 1)}), "nothing is known of the other"
