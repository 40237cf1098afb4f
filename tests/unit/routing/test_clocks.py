"""RO-6, RO-7: the clocks of a case: each step once, in order, paused time does not count."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing import clocks
from services.routing.acts import Actor, Reply, Resolve, Take, Wait
from services.routing.case import decide
from services.routing.clocks import Target
from services.routing.hours import ALWAYS
from services.routing.state import CaseState, ChangeSet, TimerFired
from shared.contracts.cases import CaseStatus, ClockKind, ClockState, Escalated
from shared.contracts.interactions import Call
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, clock_states, contact, decided, names, opened, raised, rules

FIRST, RESOLUTION, LEGAL = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION, ClockKind.LEGAL_ANSWER
ANN = Actor("ann.agent", frozenset({"agent"}))


@pytest.mark.req("RO-6", "RO-7")
@pytest.mark.parametrize(
    ("text", "channel", "tier", "first_s", "resolution_h", "legal_days"),
    [
        ("快递到哪了", Channel.WEB, "standard", 30, 3, None),
        ("快递到哪了", Channel.WECHAT, "vip", 20, 3, None),
        ("快递到哪了", Channel.EMAIL, "standard", 7200, 3, None),
        ("快递到哪了", Channel.EMAIL, "vip", 1800, 3, None),
        ("快递到哪了", Channel.PHONE, "standard", 15, 3, None),
        ("箱子破损了", Channel.WEB, "standard", 30, 24, 7),
        ("箱子破损了，赔钱", Channel.WEB, "standard", 30, 24, 7),
        ("我要向邮政管理局申诉", Channel.EMAIL, "standard", 7200, 4, 7),
        ("申请退货", Channel.WEB, "standard", 30, 24, None),
    ],
)
def test_limits_follow_from_the_table(
    text: str, channel: Channel, tier: str, first_s: int, resolution_h: int, legal_days: int | None
) -> None:
    case = opened(text, channel=channel, who=Customer(customer_id="c", tier=tier)).case
    limits = {clock.kind: clock.due_at - clock.started_at for clock in case.clocks}
    expected = {FIRST: timedelta(seconds=first_s), RESOLUTION: timedelta(hours=resolution_h)}
    if legal_days:
        expected[LEGAL] = timedelta(days=legal_days)
    assert limits == expected
    assert all(clock.warn_at < clock.due_at and clock.rule for clock in case.clocks)


@pytest.mark.req("RO-6")
def test_clocks_run_from_the_acceptance_of_the_contact_not_from_its_handling() -> None:
    case = opened("快递到哪了", now=after(minutes=5)).case
    assert {clock.started_at for clock in case.clocks} == {NOON}


def fired(state: CaseState, at: datetime) -> ChangeSet:
    return decided(state, TimerFired(), at)


@pytest.mark.req("RO-6", "RO-8")
def test_a_clock_warns_then_breaches_then_escalates() -> None:
    state = opened("快递到哪了")
    assert state.next_due == after(seconds=21)
    warned = fired(state, after(seconds=21))
    assert names(warned) == ["first_response:warned"]
    breached = fired(warned.state, after(seconds=30))
    assert names(breached) == ["first_response:breached", "escalated"]
    assert breached.state.case.escalation_level == 1
    assert breached.state.case.version == 3


@pytest.mark.req("RO-6", "RO-7")
def test_after_a_standstill_everything_missed_fires_once_in_order() -> None:
    state = opened("箱子破损了")
    found = fired(state, after(days=30))
    assert names(found) == [
        "first_response:warned",
        "first_response:breached",
        "escalated",
        "escalated",
        "resolution:warned",
        "resolution:breached",
        "escalated",
        "fields_requested",
        "escalated",
        "legal_answer:warned",
        "legal_answer:breached",
        "escalated",
    ]
    rungs = [(c.ladder, c.level) for c in found.changes if isinstance(c, Escalated)]
    assert rungs == [
        ("first-response", 1),
        ("overdue-idle", 1),
        ("resolution", 1),
        ("resolution", 2),
        ("legal-answer", 1),
    ]
    case = found.state.case
    assert [c.breached_at for c in case.clocks] == [after(seconds=30), after(hours=24), after(days=7)]
    assert found.state.next_due is None


@pytest.mark.req("RO-6")
@given(st.lists(st.integers(0, 9 * 24 * 3600), max_size=8))
def test_whenever_the_timer_looks_each_step_fires_exactly_once(seconds: list[int]) -> None:
    state, seen = opened("箱子破损了"), []
    for second in [*sorted(seconds), 30 * 24 * 3600]:
        found = decide(state, TimerFired(), rules(), after(seconds=second))
        if found is not None and found.changes:
            assert found.state.case.version == state.case.version + 1
            seen += names(found)
            state = found.state
    assert sorted(seen) == sorted(
        ["escalated"] * 5
        + ["fields_requested"]
        + [*(f"{k.value}:{w}" for k in (FIRST, RESOLUTION, LEGAL) for w in ("warned", "breached"))]
    )


@pytest.mark.req("RO-6")
def test_a_reply_in_time_meets_the_first_response() -> None:
    taken = decided(opened("快递到哪了"), Take(ANN), after(seconds=5)).state
    replied = decided(taken, Reply(ANN, Personal("在路上")), after(seconds=20))
    assert names(replied) == ["first_response:met", "replied"]
    assert replied.state.case.first_response_at == after(seconds=20)


@pytest.mark.req("RO-6")
def test_a_late_reply_meets_a_clock_that_keeps_its_breach() -> None:
    taken = decided(opened("快递到哪了"), Take(ANN), after(seconds=5)).state
    replied = decided(taken, Reply(ANN, Personal("在路上")), after(minutes=2))
    assert names(replied) == [
        "first_response:warned",
        "first_response:breached",
        "escalated",
        "first_response:met",
        "replied",
    ]
    clock = clocks.of_kind(replied.state.case.clocks, FIRST)
    assert clock is not None
    assert (clock.state, clock.breached_at) == (ClockState.MET, after(seconds=30))


@pytest.mark.req("RO-6")
def test_waiting_for_the_customer_stops_the_service_clock_but_not_the_law() -> None:
    taken = decided(opened("箱子破损了"), Take(ANN), after(seconds=5)).state
    waiting = decided(taken, Wait(ANN, Personal("请发照片")), after(seconds=10))
    assert names(waiting) == ["first_response:met", "replied", "resolution:paused"]
    assert waiting.state.case.status is CaseStatus.WAITING_CUSTOMER
    assert clock_states(waiting.state.case) == {FIRST: "met", RESOLUTION: "paused", LEGAL: "running"}
    answered = decided(waiting.state, contact("嗯，就是这个", n=2, at=after(hours=30)), after(hours=30))
    assert names(answered) == ["contact_added", "resolution:resumed", "next_response:started"]
    assert answered.state.case.status is CaseStatus.ASSIGNED
    resolution = clocks.of_kind(answered.state.case.clocks, RESOLUTION)
    assert resolution is not None
    assert resolution.due_at == after(hours=54) - timedelta(seconds=10)


@pytest.mark.req("RO-6", "RO-7")
def test_resolving_meets_all_clocks() -> None:
    taken = decided(opened("箱子破损了"), Take(ANN), after(seconds=5)).state
    found = decided(taken, Resolve(ANN, Personal("已补发")), after(hours=1))
    assert set(clock_states(found.state.case).values()) == {"met"}


@pytest.mark.req("RO-6")
@pytest.mark.parametrize(
    ("wait_s", "expected"),
    [(6, ["met"]), (15, ["warned", "breached", "met"]), (40, ["warned", "breached", "met"])],
)
def test_an_answered_call_has_its_first_response_already(wait_s: int, expected: list[str]) -> None:
    call = Call(call_id="1", rings=wait_s // 5, wait_seconds=wait_s, talk_seconds=60, answered=True)
    found = decided(None, contact("快递到哪了", channel=Channel.PHONE, call=call), after(minutes=3))
    befell = [name.partition(":")[2] for name in names(found) if name.startswith("first_response:")]
    assert befell == ["started", *expected]
    assert found.state.case.first_response_at == after(seconds=wait_s)


@pytest.mark.req("RO-6")
def test_a_missed_call_still_waits_for_its_answer() -> None:
    call = Call(call_id="1", rings=9, wait_seconds=45, talk_seconds=0, answered=False)
    case = opened("", channel=Channel.PHONE, call=call).case
    assert clock_states(case)[FIRST] == "running"


@pytest.mark.req("RO-6")
def test_nobody_waits_for_a_first_answer_to_an_exception_until_the_customer_writes() -> None:
    state = decided(None, raised(consignee=Customer(customer_id="ann"))).state
    assert set(clock_states(state.case)) == {RESOLUTION}
    asked = decided(state, contact("快递怎么还没到？"), after(hours=1))
    assert "first_response:started" in names(asked)


steps = st.lists(
    st.tuples(st.sampled_from(["pause", "resume", "warned", "breached", "meet"]), st.integers(1, 4000)), max_size=12
)


@pytest.mark.req("RO-6")
@given(steps)
def test_paused_time_never_counts(acts: list[tuple[str, int]]) -> None:
    """Whatever happens, the end moves by exactly the time that the clock stood still."""
    target = Target(timedelta(hours=1), timedelta(minutes=40), "t")
    clock = clocks.start(RESOLUTION, target, NOON)
    now, stood = NOON, timedelta()
    for what, seconds in acts:
        now += timedelta(seconds=seconds)
        new = None
        if what == "pause":
            new = clocks.pause(clock, now)
        elif what == "resume":
            paused_at = clock.paused_at
            new = clocks.resume(clock, ALWAYS, now)
            if new is not None and paused_at is not None:
                stood += now - paused_at
        elif what == "meet":
            new = clocks.meet(clock, now)
        elif (step := clocks.next_step(clock)) is not None and step[0] <= now:
            new = clocks.step(clock, step[1], step[0])
        clock = new or clock
    assert clock.due_at == NOON + target.limit + stood
