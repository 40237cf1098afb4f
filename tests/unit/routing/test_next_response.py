"""RO-6: after the first answer every message that waits has a clock, of the oldest that nobody has answered."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing import clocks
from services.routing.acts import Actor, Reclassify, Reply, Resolve, Take, Wait
from services.routing.state import CaseState, TimerFired
from shared.contracts.cases import Case, Clock, ClockKind, ClockState, Escalated
from shared.contracts.interactions import Call
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, clock_states, contact, decided, names, opened

pytestmark = pytest.mark.req("RO-6")
FIRST, NEXT = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE
ANN = Actor("ann.agent", frozenset({"agent"}))
REPLY = Reply(ANN, Personal("在路上"))


def answered(channel: Channel = Channel.WEB, tier: str = "standard", text: str = "箱子破损了") -> CaseState:
    """A case that ann took and answered within ten seconds."""
    state = opened(text, channel=channel, who=Customer(customer_id="ann", tier=tier))
    return decided(decided(state, Take(ANN), after(seconds=5)).state, REPLY, after(seconds=10)).state


def written(state: CaseState, at: datetime, n: int = 2, text: str = "嗯，就是这个", **more: object) -> CaseState:
    more.setdefault("channel", state.case.channel)
    return decided(state, contact(text, n=n, at=at, who=state.case.customer, **more), at).state


def next_of(case: Case) -> Clock:
    clock = clocks.of_kind(case.clocks, NEXT)
    assert clock is not None
    return clock


@pytest.mark.parametrize(
    ("channel", "tier", "seconds"),
    [
        (Channel.WEB, "standard", 120),
        (Channel.WECHAT, "vip", 60),
        (Channel.EMAIL, "standard", 7200),
        (Channel.EMAIL, "vip", 1800),
        (Channel.PHONE, "standard", 15),
    ],
)
def test_a_further_message_starts_it_by_the_table(channel: Channel, tier: str, seconds: int) -> None:
    state = answered(channel, tier)
    assert NEXT not in clock_states(state.case)
    found = decided(state, contact("嗯，就是这个", 2, state.case.customer, channel=channel, at=after(minutes=5)))
    assert "next_response:started" in names(found)
    clock = next_of(found.state.case)
    assert (clock.started_at, clock.due_at - clock.started_at) == (after(minutes=5), timedelta(seconds=seconds))


def test_while_the_first_answer_is_owed_no_other_clock_starts() -> None:
    state = written(opened("箱子破损了"), after(seconds=10))
    assert clock_states(state.case)[FIRST] == "running"
    assert NEXT not in clock_states(state.case)


def test_further_messages_do_not_restart_it() -> None:
    state = written(answered(), after(minutes=5))
    again = written(state, after(minutes=6), n=3)
    assert next_of(again.case) == next_of(state.case)
    late = written(again, after(minutes=9), n=4)
    assert next_of(late.case).started_at == after(minutes=5)
    assert next_of(late.case).state is ClockState.BREACHED


def test_it_warns_breaches_and_climbs_its_ladder() -> None:
    state = written(answered(), after(minutes=5))
    found = decided(state, TimerFired(), after(minutes=8))
    assert names(found) == ["next_response:warned", "next_response:breached", "escalated"]
    (rung,) = (c for c in found.changes if isinstance(c, Escalated))
    assert (rung.ladder, rung.reason) == ("next-response", "next_response_breached")


def test_an_answer_meets_it_and_the_next_message_begins_anew_with_its_own_breach_and_rung() -> None:
    late = decided(written(answered(), after(minutes=5)), REPLY, after(minutes=9))
    assert names(late)[-2:] == ["next_response:met", "replied"]
    assert next_of(late.state.case).breached_at == after(minutes=7)
    anew = written(late.state, after(minutes=20), n=3)
    clock = next_of(anew.case)
    assert (clock.state, clock.started_at, clock.breached_at) == (ClockState.RUNNING, after(minutes=20), None)
    assert "escalated" in names(decided(anew, TimerFired(), after(minutes=23)))


@pytest.mark.parametrize("act", [Wait(ANN, Personal("请发照片")), Resolve(ANN, Personal("已补发"))])
def test_a_question_and_a_solution_are_answers_too(act: Wait | Resolve) -> None:
    found = decided(written(answered(), after(minutes=5)), act, after(minutes=6))
    assert clock_states(found.state.case)[NEXT] == "met"


def test_it_is_never_paused_and_counts_after_a_question_of_ours() -> None:
    waiting = decided(answered(), Wait(ANN, Personal("请发照片")), after(minutes=1)).state
    state = written(waiting, after(hours=30))
    assert next_of(state.case).started_at == after(hours=30)
    assert clocks.pause(next_of(state.case), after(hours=31)) is None


def test_thanks_wait_for_no_answer() -> None:
    state = written(answered(), after(minutes=5), text="谢谢，非常满意，给你们点赞")
    assert NEXT not in clock_states(state.case)


def test_an_answered_call_is_its_own_answer() -> None:
    call = Call(call_id="1", rings=2, wait_seconds=10, talk_seconds=60, answered=True)
    at = after(minutes=5)
    found = decided(answered(), contact("嗯", 2, channel=Channel.PHONE, call=call, at=at), after(minutes=7))
    clock = next_of(found.state.case)
    assert (clock.state, clock.met_at) == (ClockState.MET, at + timedelta(seconds=10))


def test_more_urgency_brings_it_nearer() -> None:
    state = written(answered(Channel.EMAIL), after(minutes=5))
    urgent = decided(state, Reclassify(ANN, priority=1), after(minutes=10))
    assert "next_response:retargeted" in names(urgent)
    clock = next_of(urgent.state.case)
    assert (clock.started_at, clock.due_at) == (after(minutes=5), after(minutes=65))


def test_a_case_that_is_opened_again_owes_a_first_answer_and_no_other() -> None:
    over = decided(written(answered(), after(minutes=5)), Resolve(ANN, Personal("已补发")), after(minutes=6)).state
    again = written(over, after(hours=1), n=3, text="还是破损，要投诉")
    assert clock_states(again.case)[FIRST] == "running"
    assert clock_states(again.case)[NEXT] == "met"


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 300)), max_size=12))
def test_whatever_comes_the_oldest_unanswered_message_counts(steps: list[tuple[bool, int]]) -> None:
    """A model of one variable beside it: since when the customer waits."""
    state, now, since, befell = answered(), NOON + timedelta(seconds=10), None, list[str]()
    for n, (writes, seconds) in enumerate(steps, start=2):
        now += timedelta(seconds=seconds)
        found = decided(state, contact("嗯，就是这个", n=n, at=now, who=state.case.customer) if writes else REPLY, now)
        state, befell = found.state, [*befell, *names(found)]
        since = (since or now) if writes else None
        clock = clocks.of_kind(state.case.clocks, NEXT)
        if since is None:
            assert not clocks.owes_answer(clock)
        else:
            assert clock is not None
            assert (clock.started_at, clocks.owes_answer(clock)) == (since, True)
            assert (clock.state is ClockState.BREACHED) == (now >= clock.due_at)
    of_it = [name.partition(":")[2] for name in befell if name.startswith("next_response:")]
    assert of_it.count("started") - of_it.count("met") == (since is not None)
    assert of_it.count("breached") <= of_it.count("started")
