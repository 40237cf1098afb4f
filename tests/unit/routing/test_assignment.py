"""RO-4: who gets which case: group, language, shift, capacity; urgency first, then the longest waiting."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.acts import Actor, Assign, Resolve, Wait
from services.routing.assignment import Hold, Queued, Workload, groups_with_room, holds, plan
from services.routing.roster import Agent, Shift
from services.routing.state import AgentFound
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, decided, opened, rules

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALWAYS = Shift(time(0), time(0), SHANGHAI)
WEIGHTS = rules().roster.weights


def agent(
    name: str,
    *,
    groups: tuple[str, ...] = ("tracing",),
    skills: tuple[str, ...] = (),
    languages: tuple[str, ...] = ("zh", "en"),
    capacity: int = 100,
    shift: Shift = ALWAYS,
) -> Agent:
    return Agent(name, name, frozenset(groups), frozenset(skills), frozenset(languages), capacity, shift)


def free(of: Agent, load: int = 0, since: datetime | None = None) -> Workload:
    return Workload(of, load, since)


CASE = Queued("c1", "tracing", 3, NOON, Channel.WEB, "zh", frozenset({"delay"}))


@pytest.mark.req("RO-4")
@pytest.mark.parametrize(
    ("workload", "fits"),
    [
        (free(agent("a")), True),
        (free(agent("a", groups=("claims",))), False),
        (free(agent("a", languages=("en",))), False),
        (free(agent("a"), load=75), True),
        (free(agent("a"), load=76), False),
        (free(agent("a", shift=Shift(time(8), time(20), SHANGHAI))), True),
        (free(agent("a", shift=Shift(time(20), time(8), SHANGHAI))), False),
        (free(agent("a", shift=Shift(time(22), time(12, 30), SHANGHAI))), True),
    ],
)
def test_an_agent_must_fit(workload: Workload, fits: bool) -> None:
    assert plan([CASE], [workload], WEIGHTS, NOON) == ([("c1", "a")] if fits else [])


@pytest.mark.req("RO-4")
def test_the_urgent_first_then_the_longest_waiting() -> None:
    cases = [
        replace(CASE, case_id="late", opened_at=after(minutes=9)),
        replace(CASE, case_id="early", opened_at=after(minutes=1)),
        replace(CASE, case_id="urgent", opened_at=after(minutes=10), priority=1),
    ]
    pairs = plan(cases, [free(agent("a", capacity=50))], WEIGHTS, after(minutes=11))
    assert pairs == [("urgent", "a"), ("early", "a")]


@pytest.mark.req("RO-4")
def test_a_call_fills_an_agent_and_chats_do_not() -> None:
    call = replace(CASE, case_id="call", channel=Channel.PHONE, priority=1)
    chats = [replace(CASE, case_id=f"chat{n}") for n in range(5)]
    assert plan([call, *chats], [free(agent("a"))], WEIGHTS, NOON) == [("call", "a")]
    assert len(plan(chats, [free(agent("a"))], WEIGHTS, NOON)) == 4


@pytest.mark.req("RO-4")
def test_skill_then_the_least_laden_then_the_longest_idle() -> None:
    skilled = free(agent("skilled", skills=("delay",)), load=50)
    idle, busy = free(agent("idle")), free(agent("busy"), load=25)
    assert plan([CASE], [busy, idle, skilled], WEIGHTS, NOON) == [("c1", "skilled")]
    assert plan([CASE], [busy, idle], WEIGHTS, NOON) == [("c1", "idle")]
    rested = free(agent("rested"), since=after(hours=-2))
    tired = free(agent("tired"), since=after(hours=-1))
    assert plan([CASE], [tired, rested], WEIGHTS, NOON) == [("c1", "rested")]


channels = st.sampled_from([Channel.PHONE, Channel.WEB, Channel.EMAIL])
cases_ = st.lists(
    st.builds(
        Queued,
        case_id=st.uuids().map(str),
        group=st.sampled_from(["tracing", "claims"]),
        priority=st.integers(1, 4),
        opened_at=st.integers(0, 1000).map(lambda n: after(seconds=n)),
        channel=channels,
        language=st.sampled_from(["zh", "en"]),
        tags=st.just(frozenset()),
    ),
    max_size=30,
    unique_by=lambda c: c.case_id,
)
loads = st.lists(st.integers(0, 100), min_size=1, max_size=4)


@pytest.mark.req("RO-4")
@given(cases_, loads)
def test_nobody_is_overloaded_and_nobody_who_could_is_passed_over(cases: list[Queued], taken: list[int]) -> None:
    agents = [
        agent(f"a{n}", groups=("tracing", "claims") if n % 2 else ("tracing",), languages=("zh", "en")[: 1 + n % 2])
        for n in range(len(taken))
    ]
    workloads = [free(a, load) for a, load in zip(agents, taken, strict=True)]
    pairs = dict(plan(cases, workloads, WEIGHTS, after(hours=1)))
    load = {a.agent_id: start for a, start in zip(agents, taken, strict=True)}
    for case in cases:
        if case.case_id in pairs:
            load[pairs[case.case_id]] += WEIGHTS[case.channel]
    assert all(load[a.agent_id] <= max(a.capacity, 0) for a in agents)
    for case in cases:
        able = [
            a
            for a in agents
            if case.group in a.groups
            and case.language in a.languages
            and load[a.agent_id] + WEIGHTS[case.channel] <= a.capacity
        ]
        assert case.case_id in pairs or not able


@pytest.mark.req("RO-4")
def test_groups_with_room() -> None:
    night = Shift(time(20), time(8), SHANGHAI)
    full, off = free(agent("a"), load=95), free(agent("b", groups=("claims",), shift=night))
    assert groups_with_room([full, off], WEIGHTS, NOON) == set()
    assert groups_with_room([free(agent("a"))], WEIGHTS, NOON) == {"tracing"}


@pytest.mark.req("RO-4")
def test_an_agent_holds_a_case_until_it_is_resolved() -> None:
    ann = Actor("zhao.min", frozenset({"agent"}))
    queued = opened("快递到哪了")
    given_ = decided(queued, AgentFound("zhao.min"), after(seconds=1)).state
    case_id, roster = queued.case.case_id, rules().roster
    assert holds(None, queued.case, roster) == []
    assert holds(queued.case, given_.case, roster) == [Hold("zhao.min", case_id, 25)]
    waiting = decided(given_, Wait(ann, Personal("?")), after(seconds=2)).state
    assert holds(given_.case, waiting.case, roster) == []
    resolved = decided(given_, Resolve(ann), after(seconds=2)).state
    assert holds(given_.case, resolved.case, roster) == [Hold("zhao.min", case_id, None)]
    handed = decided(given_, Assign(ann, group="claims"), after(seconds=2)).state
    assert holds(given_.case, handed.case, roster) == [Hold("zhao.min", case_id, None)]
    lead = Actor("l", frozenset({"lead"}))
    moved = decided(given_, Assign(lead, agent="sun.tao"), after(seconds=2)).state
    assert holds(given_.case, moved.case, roster) == [Hold("zhao.min", case_id, None), Hold("sun.tao", case_id, 25)]
