"""IN-4: a file that a contact only named joins the case of that contact, or the case is told that it can't be had."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.acts import Actor, Close, Resolve, Take
from services.routing.case import decide
from services.routing.case_row import document
from services.routing.handlers import CaseHandler
from services.routing.state import CaseState
from shared.contracts.base import Contract
from shared.contracts.cases import CaseStatus, MediaAdded, MediaMissing
from shared.contracts.media import MediaFault
from shared.contracts.personal import Personal
from shared.messaging.outcome import Dead
from tests.unit.routing.builders import (
    NOON,
    after,
    contact,
    customer,
    decided,
    missing,
    names,
    opened,
    picture,
    rules,
    stored,
)
from tests.unit.routing.memory import Doubting, Fixed, Incidents, Known, Process, Transaction, World, as_incoming

pytestmark = pytest.mark.req("IN-4", "RO-1")


def waiting() -> CaseState:
    return opened("看图", media=(picture(1),))


def test_a_case_waits_for_what_its_contacts_name_and_is_found_by_it() -> None:
    first = waiting()
    both = decided(first, contact("还有一张", 2, media=(picture(2), picture(1)))).state
    assert (first.case.awaited_media, both.case.awaited_media) == ((picture(1).ref,), (picture(1).ref, picture(2).ref))
    assert document(both)["awaited_media"] == list(both.case.awaited_media)
    assert "awaited_media" not in document(opened())


def test_a_file_that_came_is_added_once_and_wakes_nobody() -> None:
    before = waiting()
    found = decided(before, stored(1))
    assert names(found) == ["media_added"]
    (added,) = found.changes
    assert isinstance(added, MediaAdded)
    assert (added.ref, added.attachments) == (picture(1).ref, (stored(1).attachment,))
    case = found.state.case
    assert (case.awaited_media, case.contacts, case.status) == ((), 1, before.case.status)
    assert case.version == before.case.version + 1
    assert decide(found.state, stored(1), rules(), NOON) is None


def test_a_file_that_cannot_be_had_is_told_with_its_reason() -> None:
    found = decided(waiting(), missing(1, MediaFault.EXPIRED))
    (change,) = found.changes
    assert isinstance(change, MediaMissing)
    assert (change.ref, change.fault, found.state.case.awaited_media) == (picture(1).ref, MediaFault.EXPIRED, ())


def test_a_closed_case_takes_the_file_and_stays_closed() -> None:
    li = Actor("li", frozenset({"agent"}))
    taken = decided(waiting(), Take(li)).state
    resolved = decided(taken, Resolve(li, summary=Personal("已补发"))).state
    closed = decided(resolved, Close(li)).state
    found = decided(closed, stored(1), after(minutes=1))
    assert (names(found), found.state.case.status) == (["media_added"], CaseStatus.CLOSED)


async def handled(*batches: Sequence[Contract]) -> World:
    world = World()
    for batch in batches:
        await Process(world).handle(batch)
    return world


@pytest.mark.parametrize("together", [True, False])
async def test_the_file_of_a_contact_that_joined_comes_to_the_case_that_it_joined(together: bool) -> None:
    ann = customer("ann")
    events = [contact("你好", 1, ann), contact("图", 2, ann, media=(picture(2),)), stored(2)]
    world = await (handled(events) if together else handled(*[[e] for e in events]))
    (state,) = world.cases.values()
    assert (state.case.version, state.case.contacts, state.case.awaited_media) == (3, 2, ())


@given(st.permutations(range(4)), st.lists(st.integers(1, 8), max_size=4))
async def test_in_whatever_portions_and_however_often_each_file_is_in_the_case_once(
    order: Sequence[int], cuts: Sequence[int]
) -> None:
    """The order that the partition keeps: contacts, then their files in any order; each may be read again."""
    contacts = [contact("图", n, customer("ann"), media=(picture(n),)) for n in range(4)]
    events: list[Contract] = [*contacts, *(stored(n) if n % 2 else missing(n) for n in order)] * 2
    world, start = World(), 0
    for end in [*sorted(set(cuts)), len(events)]:
        await Process(world).handle(events[start:end])
        start = end
    (state,) = world.cases.values()
    assert (state.case.contacts, state.case.version, state.case.awaited_media) == (4, 8, ())


async def test_a_file_whose_contact_could_not_be_handled_goes_where_that_one_went() -> None:
    """To the dead letters, so that both can be replayed; never into a void."""
    session: Any = None
    world = World()
    handler = CaseHandler(Transaction(world), Known(world), Incidents(world), rules(), Fixed(), Doubting(world))
    assert await handler([as_incoming(stored(1))], session) == [Dead("no case waits for media:wechat/1")]
