"""RO-4: who gets which case: group, language, shift, capacity; urgency first, then the longest waiting."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.acts import Actor, Assign, Decline, Resolve, Wait
from services.routing.assignment import Queued, Terms, Workload, capacity_on_shift, groups_with_room, holder_of, plan
from services.routing.roster import Agent, Shift
from services.routing.state import AgentFound
from shared.contracts.cases import CaseKind, CaseStatus
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


CASE = Queued("c1", 3, NOON, Channel.WEB, CaseKind.QUERY, "tracing", "zh", frozenset({"delay"}))


def at(now: datetime, peak: bool = False) -> Terms:
    return Terms(rules().precedence, WEIGHTS, now, peak)


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
    assert plan([CASE], [workload], at(NOON)) == ([("c1", "a")] if fits else [])


@pytest.mark.req("RO-4")
def test_the_urgent_first_then_the_longest_waiting() -> None:
    cases = [
        replace(CASE, case_id="late", opened_at=after(minutes=9)),
        replace(CASE, case_id="early", opened_at=after(minutes=1)),
        replace(CASE, case_id="urgent", opened_at=after(minutes=10), priority=1),
    ]
    pairs = plan(cases, [free(agent("a", capacity=50))], at(after(minutes=11)))
    assert pairs == [("urgent", "a"), ("early", "a")]


@pytest.mark.req("RO-4")
def test_a_call_fills_an_agent_and_chats_do_not() -> None:
    call = replace(CASE, case_id="call", channel=Channel.PHONE, priority=1)
    chats = [replace(CASE, case_id=f"chat{n}") for n in range(5)]
    assert plan([call, *chats], [free(agent("a"))], at(NOON)) == [("call", "a")]
    assert len(plan(chats, [free(agent("a"))], at(NOON))) == 4


@pytest.mark.req("RO-4")
def test_skill_then_the_least_laden_then_the_longest_idle() -> None:
    skilled = free(agent("skilled", skills=("delay",)), load=50)
    idle, busy = free(agent("idle")), free(agent("busy"), load=25)
    assert plan([CASE], [busy, idle, skilled], at(NOON)) == [("c1", "skilled")]
    assert plan([CASE], [busy, idle], at(NOON)) == [("c1", "idle")]
    rested = free(agent("rested"), since=after(hours=-2))
    tired = free(agent("tired"), since=after(hours=-1))
    assert plan([CASE], [tired, rested], at(NOON)) == [("c1", "rested")]


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
        kind=st.sampled_from(list(CaseKind)),
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
    terms = at(after(hours=1))
    pairs = dict(plan(cases, workloads, terms))
    place = {c.case_id: terms.precedence.place(c, terms.now, terms.peak) for c in cases}
    load = {a.agent_id: start for a, start in zip(agents, taken, strict=True)}
    for case in cases:
        if case.case_id in pairs:
            load[pairs[case.case_id]] += WEIGHTS[case.channel]
    assert all(load[a.agent_id] <= max(a.capacity, 0) for a in agents)
    left = [c for c in cases if c.case_id not in pairs]
    lightest = min((WEIGHTS[c.channel] for c in left), default=0)
    for case in left:
        able = [
            a
            for a in agents
            if case.group in a.groups
            and case.language in a.languages
            and load[a.agent_id] + WEIGHTS[case.channel] <= a.capacity
        ]
        # Somebody may be kept free for a call that stands before it.
        before = [c for c in left if place[c.case_id] <= place[case.case_id]]
        assert not able or any(WEIGHTS[c.channel] > lightest for c in before)


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
    waiting = decided(given_, Wait(ann, Personal("?")), after(seconds=2)).state
    resolved = decided(given_, Resolve(ann), after(seconds=2)).state
    handed = decided(given_, Assign(ann, group="claims"), after(seconds=2)).state
    moved = decided(given_, Assign(Actor("l", frozenset({"lead"})), agent="sun.tao"), after(seconds=2)).state
    holders = [holder_of(state.case) for state in (queued, given_, waiting, resolved, handed, moved)]
    assert holders == [None, "zhao.min", "zhao.min", None, None, "sun.tao"]


@pytest.mark.req("RO-4")
def test_a_call_whose_caller_was_asked_something_does_not_fill_its_agent() -> None:
    roster = rules().roster
    assert roster.weight(Channel.PHONE, CaseStatus.ASSIGNED) == 100
    assert roster.weight(Channel.PHONE, CaseStatus.WAITING_CUSTOMER) == 0
    assert replace(roster, waiting_percent=30).weight(Channel.WEB, CaseStatus.WAITING_CUSTOMER) == 7


@pytest.mark.req("RO-4")
def test_the_customers_last_agent_comes_first_unless_busy_or_away() -> None:
    known = replace(CASE, preferred="last")
    better = free(agent("better", skills=("delay",)))
    assert plan([known], [better, free(agent("last"), load=50)], at(NOON)) == [("c1", "last")]
    too_busy = free(agent("last", capacity=200), load=170)
    assert plan([known], [better, too_busy], at(NOON)) == [("c1", "better")]
    assert plan([known], [better, Workload(agent("last"), 0, None, away=True)], at(NOON)) == [("c1", "better")]


@pytest.mark.req("RO-4")
def test_who_is_away_gets_nothing_and_who_declined_not_that_case_again() -> None:
    away = Workload(agent("a"), 0, None, away=True)
    assert plan([CASE], [away], at(NOON)) == []
    assert groups_with_room([away], WEIGHTS, NOON) == set()
    declined = replace(CASE, declined=frozenset({"a"}))
    assert plan([declined, replace(CASE, case_id="c2")], [free(agent("a"))], at(NOON)) == [("c2", "a")]


@pytest.mark.req("RO-4")
def test_giving_back_needs_a_reason_and_keeps_the_clocks() -> None:
    ann = Actor("zhao.min", frozenset({"agent"}))
    given_ = decided(opened("快递到哪了"), AgentFound("zhao.min"), after(seconds=1)).state
    back = decided(given_, Decline(ann, "不懂海关业务"), after(seconds=9))
    case = back.state.case
    assert [c.type for c in back.changes] == ["declined"]
    assert (case.status, case.agent, case.declined_by) == ("queued", None, ("zhao.min",))
    assert case.clocks == given_.case.clocks


@pytest.mark.req("RO-5")
def test_at_peak_phone_complaints_go_first_and_mail_that_can_wait_waits_two_hours_at_most() -> None:
    mail = replace(CASE, case_id="mail", channel=Channel.EMAIL, opened_at=after(minutes=-25))
    chat = replace(CASE, case_id="chat", opened_at=after(minutes=-1))
    call = replace(CASE, case_id="call", channel=Channel.PHONE, kind=CaseKind.COMPLAINT, priority=2)
    urgent = replace(CASE, case_id="urgent", priority=1)
    one = [free(agent("a", capacity=1000))]
    assert [c for c, _ in plan([mail, chat, call, urgent], one, at(NOON))] == ["urgent", "call", "mail", "chat"]
    assert [c for c, _ in plan([mail, chat, call, urgent], one, at(NOON, peak=True))] == [
        "call",
        "urgent",
        "chat",
        "mail",
    ]
    late = replace(mail, opened_at=after(minutes=-121))
    assert [c for c, _ in plan([late, chat], one, at(NOON, peak=True))] == ["mail", "chat"]
    important = replace(mail, priority=2)
    assert [c for c, _ in plan([chat, important], one, at(NOON, peak=True))] == ["mail", "chat"]


@pytest.mark.req("RO-4", "RO-5")
@given(st.integers(1, 4), channels, st.sampled_from(list(CaseKind)), st.booleans())
def test_whoever_waits_long_enough_stands_before_anybody_who_comes(
    priority: int, channel: Channel, kind: CaseKind, peak: bool
) -> None:
    patient = replace(CASE, priority=priority, channel=channel, kind=kind, opened_at=after(hours=-8))
    newcomer = replace(CASE, case_id="new", priority=1, channel=Channel.PHONE, kind=CaseKind.COMPLAINT)
    place = rules().precedence.place
    assert place(patient, NOON, peak) < place(newcomer, NOON, peak)


@pytest.mark.req("RO-5")
def test_the_pressure_is_the_last_hours_work_against_the_capacity() -> None:
    terms = rules().precedence
    assert terms.pressure({}, WEIGHTS, 0) == 0
    assert terms.pressure({Channel.PHONE: 1}, WEIGHTS, 0) == float("inf")
    # 100 calls of 6 minutes fill ten agents for an hour.
    assert terms.pressure({Channel.PHONE: 100}, WEIGHTS, 1000) == pytest.approx(1.0)
    assert terms.is_peak(0.6)
    assert not terms.is_peak(0.59)
    night = Shift(time(20), time(8), SHANGHAI)
    crew = [free(agent("a")), free(agent("b", shift=night)), Workload(agent("c"), 0, None, away=True)]
    assert capacity_on_shift(crew, NOON) == 100


@pytest.mark.req("RO-4")
def test_for_a_call_that_nobody_is_free_for_an_agent_is_kept_free() -> None:
    call = replace(CASE, case_id="call", channel=Channel.PHONE, priority=2)
    chat = replace(CASE, case_id="chat")
    crew = [free(agent("a"), load=25), free(agent("b"), load=50)]
    assert plan([call, chat], crew, at(NOON)) == [("chat", "b")]
    assert plan([call, chat], crew[:1], at(NOON)) == []
    urgent = replace(chat, priority=1)
    assert plan([call, urgent], crew[:1], at(NOON)) == [("chat", "a")], "what comes before the call goes first"


@pytest.mark.req("RO-5")
def test_at_peak_chats_go_together_so_that_whole_agents_are_left_for_calls() -> None:
    crew = [free(agent("idle")), free(agent("chatting"), load=25)]
    assert plan([CASE], crew, at(NOON)) == [("c1", "idle")]
    assert plan([CASE], crew, at(NOON, peak=True)) == [("c1", "chatting")]
