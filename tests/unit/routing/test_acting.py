"""Acts that are decided together: each sees what those before it made, and none is hurt by another (RO-4, SY-2)."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from services.routing.acting import Acting, Answer
from services.routing.acts import Act, Actor, Reclassify, Reply, Take
from services.routing.asked import ActRequest, KeyReused, Pair, PairRequest, StaleVersion, UnknownCase
from services.routing.pairs.merging import merge
from services.routing.refusals import ActRefused
from services.routing.state import CaseState
from shared.contracts.cases import CaseKind
from shared.contracts.personal import Personal
from tests.unit.routing.builders import after, opened, rules

pytestmark = pytest.mark.req("RO-4", "SY-2")
ANN, BOB = Actor("zhao.min", frozenset({"agent"})), Actor("sun.tao", frozenset({"agent"}))
LEAD = Actor("lead.one", frozenset({"lead"}))


def acting(*known: CaseState, answered: dict[str, Answer] | None = None) -> Acting:
    return Acting({state.case.case_id: state for state in known}, answered or {}, rules(), after(seconds=1))


def asked(state: CaseState, act: Act, key: str = "k", **more: Any) -> ActRequest:
    fields: dict[str, Any] = {"version": state.case.version, "fingerprint": type(act).__name__} | more
    return ActRequest(case_id=state.case.case_id, act=act, key=key, **fields)


def test_the_second_act_on_a_case_sees_the_first() -> None:
    state = opened()
    together = acting(state)
    taken = together.act(asked(state, Take(ANN))).case
    with pytest.raises(StaleVersion):
        together.act(asked(state, Reply(ANN, Personal("好")), "late"))
    replied = together.act(asked(state, Reply(ANN, Personal("好")), "next", version=taken.version)).case
    assert replied.version == taken.version + 1 == state.case.version + 2
    assert together.changed[state.case.case_id].case == replied
    assert len(together.told) == len({one.id for one in together.told}) == 2


def test_who_is_refused_changes_nothing_and_hurts_nobody() -> None:
    mine, other = opened(n=1), opened(n=2)
    together = acting(mine, other)
    with pytest.raises(ActRefused):
        together.act(asked(mine, Reply(BOB, Personal("好"))))
    together.act(asked(other, Take(BOB)))
    assert list(together.changed) == [other.case.case_id]
    assert [one.key for one in together.told] == [other.case.case_id]


def test_the_same_act_again_is_answered_alike_within_and_after_the_round() -> None:
    state = opened()
    together, request = acting(state), asked(state, Take(ANN))
    first = together.act(request)
    assert together.act(request) == first
    later = acting(together.changed[state.case.case_id], answered=together.answers)
    assert later.act(request) == first
    assert not later.changed
    assert not later.told
    for again in (together, later):
        with pytest.raises(KeyReused):
            again.act(replace(request, fingerprint="another"))


def test_an_unknown_or_only_reserved_case_is_none() -> None:
    state = opened()
    for known in ((), (replace(state, reserved=True),)):
        with pytest.raises(UnknownCase):
            acting(*known).act(asked(state, Take(ANN)))


def test_a_correction_is_told_with_what_it_corrects() -> None:
    state = opened("快递到哪了")
    together = acting(state)
    taken = together.act(asked(state, Take(ANN))).case
    together.act(asked(state, Reclassify(ANN, kind=CaseKind.COMPLAINT), "r", version=taken.version))
    assert [one.topic for one in together.told][-1] == "training.v1"


def pair(named: CaseState, other: str | None) -> PairRequest:
    def decide(state: CaseState, other: CaseState | None, case_id: str, now: Any) -> Pair:
        assert other is not None
        return merge(state, other, LEAD, rules(), now)

    return PairRequest(named.case.case_id, LEAD, partial(decide), named.case.version, "k", "merge", other)


@pytest.mark.req("RO-1")
def test_a_pair_changes_whole_after_an_act_on_one_of_them_and_what_ends_is_written_first() -> None:
    ending, going = opened(n=1), opened(n=2)
    together = acting(ending, going)
    together.act(asked(going, Take(LEAD)))
    ended = together.act(pair(ending, going.case.number)).case
    assert ended.merged_into == going.case.case_id
    assert list(together.changed) == [ending.case.case_id, going.case.case_id]
    assert together.changed[going.case.case_id].case.version == going.case.version + 2


@pytest.mark.req("RO-1")
@pytest.mark.parametrize("name", ["PC00000000", "no number", "00000000-0000-0000-0000-000000000000"])
def test_a_pair_with_nobody_is_refused(name: str) -> None:
    state = opened()
    with pytest.raises(UnknownCase):
        acting(state).act(pair(state, name))
