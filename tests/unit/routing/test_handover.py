"""RO-4: an agent goes, and no case is lost, in two hands, or at the back of the queue; clocks go on untouched."""

import shutil
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing import rule_files
from services.routing.acts import Actor, Assign, NoteHandOver, Reply, Take, Wait
from services.routing.assignment import Queued, Terms, Workload, holder_of, in_queue, plan
from services.routing.case import decide
from services.routing.decision_table import RuleError
from services.routing.handover import table_file
from services.routing.handover.leaving import Leaving, is_back, is_pending, queued_of, wants_agent
from services.routing.refusals import NotAllowed
from services.routing.roster import Shift
from services.routing.state import AgentFound, AgentLeft, CaseState, ChangeSet, OrderMoved
from services.routing.workorders.order import Mover
from shared.contracts.cases import Case, CaseKind, CaseStatus
from shared.contracts.handovers import ShiftHandedOver, ShiftReason
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, contact, customer, decided, names, opened, rules
from tests.unit.routing_orders.orders import after_events, opening

pytestmark = pytest.mark.req("RO-4")

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = Shift(time(8), time(20), SHANGHAI)
NIGHT = Shift(time(20), time(8), SHANGHAI)
ALWAYS = Shift(time(0), time(0), SHANGHAI)
LIU = Actor("liu.yang", frozenset({"agent"}))
"""Works from 8 to 20."""
END = after(hours=8)
ROSTER = rules().roster


def held(text: str = "请问几点营业", who: Actor = LIU, n: int = 1) -> CaseState:
    state = opened(text, n=n, who=customer(f"customer-{n}"))
    return decided(state, Take(who), after(minutes=1)).state


def answered(n: int = 1) -> CaseState:
    """Nothing about it is urgent."""
    return decided(held(n=n), Reply(LIU, Personal("好的")), after(minutes=2)).state


def waiting() -> CaseState:
    return decided(held(), Wait(LIU, Personal("请问单号是多少？")), after(minutes=2)).state


def gone(
    state: CaseState, reason: ShiftReason = "shift_end", to: str | None = None, at: datetime = END
) -> ChangeSet | None:
    return decide(state, AgentLeft("liu.yang", at, reason, to), rules(), at)


def event(found: ChangeSet | None) -> ShiftHandedOver:
    assert found is not None
    (one,) = [change for change in found.changes if isinstance(change, ShiftHandedOver)]
    return one


@pytest.mark.parametrize(
    ("shift", "now", "left", "starts"),
    [
        (DAY, NOON, 8, 20),
        (NIGHT, after(hours=10), 10, 22),
        (NIGHT, after(hours=15), 5, 17),
        (DAY, after(hours=7.75), 0.25, 12.25),
    ],
)
def test_when_a_shift_ends_and_begins_again(shift: Shift, now: datetime, left: float, starts: float) -> None:
    """Hours."""
    assert shift.left(now) == timedelta(hours=left)
    start = shift.next_start(now)
    assert start is not None
    assert start - now == timedelta(hours=starts)
    assert (ALWAYS.left(now), ALWAYS.next_start(now)) == (None, None)


@given(st.integers(0, 3 * 24 * 60))
def test_a_shift_covers_until_its_end_and_not_at_it(minutes: int) -> None:
    now = after(minutes=minutes)
    for shift in (DAY, NIGHT):
        end = shift.next_end(now)
        assert end is not None
        assert not shift.covers(end)
        assert shift.covers(end - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("channel", "minutes", "given_to"),
    [(Channel.WEB, 21, True), (Channel.WEB, 19, False), (Channel.PHONE, 19, True), (Channel.PHONE, 9, False)],
)
def test_before_the_end_nothing_is_given_that_cannot_be_done(channel: Channel, minutes: int, given_to: bool) -> None:
    case = Queued("c1", 3, NOON, channel, CaseKind.QUERY, "tracing")
    now = END - timedelta(minutes=minutes)
    terms = Terms(rules().precedence, ROSTER.weights, now, too_late_for=rules().handover.too_late_for)
    assert plan([case], [Workload(ROSTER.agents["liu.yang"], 0, None)], terms) == [("c1", "liu.yang")] * given_to
    assert plan([case], [Workload(ROSTER.agents["zhao.min"], 0, None)], terms) == [("c1", "zhao.min")]


def test_what_is_not_urgent_returns_to_the_queue_in_its_place() -> None:
    state = answered()
    assert not wants_agent(state.case, Leaving("liu.yang", END, "shift_end"), rules(), after(minutes=3))
    found = gone(state, at=after(minutes=3))
    told = event(found)
    assert (told.to, told.to_agent, told.reason) == ("queue", None, "shift_end")
    assert found is not None
    case = found.state.case
    assert (case.status, case.agent, case.preferred_agent) == (CaseStatus.QUEUED, None, "liu.yang")
    assert (case.opened_at, case.clocks, case.group) == (state.case.opened_at, state.case.clocks, state.case.group)
    assert gone(found.state, at=after(minutes=3)) is None, "once"


@pytest.mark.parametrize(
    ("state", "urgent"),
    [
        (held("我要投诉，我要赔偿，快递丢了"), True),
        (held(), True),
        (answered(), False),
    ],
    ids=["priority", "unanswered", "answered"],
)
def test_what_is_urgent(state: CaseState, urgent: bool) -> None:
    assert rules().handover.is_urgent(state.case, after(minutes=3)) is urgent


def test_a_clock_that_is_late_or_nearly_so_is_urgent() -> None:
    case = answered().case
    first = min(clock.due_at for clock in case.clocks if clock.state.value == "running")
    assert rules().handover.is_urgent(case, first - timedelta(minutes=59))
    assert not rules().handover.is_urgent(case, first - timedelta(minutes=61))


def test_what_is_urgent_goes_to_an_agent_at_once_with_the_note() -> None:
    noted = decided(held(), NoteHandOver(LIU, Personal("已联系网点，等回电")), after(minutes=2)).state
    found = gone(noted, to="zhao.min", at=after(minutes=3))
    told = event(found)
    assert found is not None
    assert names(found)[-2:] == ["shift_handed_over", "assigned"]
    assert (told.to, told.to_agent) == ("agent", "zhao.min")
    assert told.note == Personal("已联系网点，等回电")
    case = found.state.case
    assert (holder_of(case), case.preferred_agent) == ("zhao.min", "liu.yang")
    assert case.handover_note is not None


def test_only_the_handler_writes_the_note() -> None:
    with pytest.raises(NotAllowed):
        decided(held(), NoteHandOver(Actor("sun.tao", frozenset({"agent"})), Personal("x")))


def test_what_waits_for_its_customer_stays_with_an_agent_who_is_back_soon() -> None:
    found = gone(waiting())
    assert event(found).to == "stays"
    assert found is not None
    case = found.state.case
    assert (holder_of(case), case.status) == ("liu.yang", CaseStatus.WAITING_CUSTOMER)
    assert case.handover is not None
    assert case.handover.stays_until == after(hours=20)
    assert gone(found.state) is None, "once"
    assert event(gone(found.state, at=after(hours=32))).to == "stays", "the next shift's end is another one"


def test_should_the_customer_answer_before_it_goes_to_the_queue() -> None:
    kept = gone(waiting())
    assert kept is not None
    writes = contact("单号是SF100", n=9, who=customer("customer-1"), at=after(hours=10))
    early = decided(kept.state, writes, after(hours=10))
    assert event(early).reason == "woken"
    assert (early.state.case.status, early.state.case.agent) == (CaseStatus.QUEUED, None)
    late = decided(kept.state, writes, after(hours=21))
    assert (late.state.case.status, late.state.case.agent) == (CaseStatus.ASSIGNED, "liu.yang")


@pytest.mark.parametrize(("reason", "at"), [("asked", END), ("signed_off", after(hours=1))])
def test_else_it_goes_to_the_queue_and_goes_on_waiting(reason: ShiftReason, at: datetime) -> None:
    """Handed over because the agent asks, or back only in 19 hours."""
    state = waiting()
    found = gone(state, reason, at=at)
    assert event(found).to == "queue"
    assert found is not None
    case = found.state.case
    assert (case.status, case.agent, in_queue(case)) == (CaseStatus.WAITING_CUSTOMER, None, True)
    taken = decided(found.state, AgentFound("zhao.min"), at).state.case
    assert (taken.status, taken.agent) == (CaseStatus.WAITING_CUSTOMER, "zhao.min")
    assert decided(found.state, Take(Actor("sun.tao", frozenset({"agent"}))), at).state.case.agent == "sun.tao"
    answer = decided(found.state, contact("SF100", n=9, who=customer("customer-1")), at).state.case
    assert (answer.status, in_queue(answer)) == (CaseStatus.QUEUED, True)


def test_what_stays_goes_as_well_when_the_agent_asks_for_it() -> None:
    kept = gone(waiting())
    assert kept is not None
    assert event(gone(kept.state, "asked", at=after(hours=9))).to == "queue"
    assert gone(kept.state, "signed_off", at=after(hours=9)) is None


def test_overtime_is_the_agents_own() -> None:
    state = held()
    late = decided(state, Reply(LIU, Personal("好的")), END + timedelta(minutes=5)).state
    assert not is_pending(late.case, Leaving("liu.yang", END, "shift_end"), after(hours=9))
    assert is_pending(late.case, Leaving("liu.yang", after(hours=32), "shift_end"), after(hours=32))


@pytest.mark.parametrize(
    ("by", "stays"), [("courier-7", False), ("system", False), ("lead.one", False), (LIU.agent, True)]
)
def test_what_others_do_about_the_case_after_the_shift_is_not_its_agents(by: str, stays: bool) -> None:
    """A partner's answer, a rule's order, a lead's note: the agent is at home none the less."""
    order = after_events(opening(mover=Mover(by, handles=True)))
    heard = decided(held(), OrderMoved(order, ("noted",)), END + timedelta(minutes=5)).state.case
    assert heard.handled_at is not None
    assert is_pending(heard, Leaving("liu.yang", END, "shift_end"), after(hours=9)) is not stays
    lead = Reply(Actor(by, frozenset({"lead"})), Personal("好的"))
    answered_by = decided(held(), lead, END + timedelta(minutes=5)).state.case
    assert is_pending(answered_by, Leaving("liu.yang", END, "shift_end"), after(hours=9)) is not stays


def test_what_a_lead_gives_to_an_agent_who_has_gone_is_meant_so() -> None:
    given_to = Assign(Actor("lead.one", frozenset({"lead"})), agent="liu.yang")
    case = decided(opened(), given_to, END + timedelta(minutes=5)).state.case
    assert not is_pending(case, Leaving("liu.yang", END, "signed_off"), after(hours=9))


def test_who_is_at_work_again_before_anybody_looked_keeps_what_they_hold() -> None:
    leaving, shift = Leaving("liu.yang", END, "shift_end"), rules().roster.agents["liu.yang"].shift
    again = shift.next_start(END)
    assert again is not None
    assert not is_back(leaving, rules(), again - timedelta(minutes=1))
    assert is_back(leaving, rules(), again)


def test_who_has_gone_is_given_nothing_by_a_plan_that_was_made_before() -> None:
    assert decide(opened(), AgentFound("liu.yang"), rules(), END) is None
    assert decide(opened(), AgentFound("liu.yang"), rules(), END - timedelta(minutes=1)) is not None


def test_whoever_goes_is_not_asked_to_take_it() -> None:
    case = queued_of(held().case, Leaving("liu.yang", NOON, "signed_off"))
    terms = Terms(rules().precedence, ROSTER.weights, NOON)
    case = replace(case, group="tracing", preferred="liu.yang")
    assert plan([case], [Workload(ROSTER.agents["liu.yang"], 0, None)], terms) == []
    assert plan([case], [Workload(ROSTER.agents[a], 0, None) for a in ("liu.yang", "sun.tao")], terms) == [
        (case.case_id, "sun.tao")
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("phone: 10", "phone: ten", r"handover\.yaml:\d+: .*phone"),
        ("up_to_priority: 2", "up_to_priority: 9", r"handover\.yaml:\d+: .*up_to_priority"),
        ("unanswered: true", "unanswered: 3", r"handover\.yaml:\d+: .*unanswered"),
        ("stays_within_hours: 14", "stays_within_hours: -1", r"handover\.yaml.*stays_within_hours"),
        (", system: 15", "", r"handover\.yaml:\d+: .*system"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = Path(shutil.copy(rule_files.DIRECTORY / table_file.FILE, tmp_path))
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RuleError, match=says):
        table_file.load(tmp_path)


STEPS = ("assign", "leave", "sign_off", "asked", "reply", "wait", "answer", "hour")
CREW = ("liu.yang", "zhao.min", "sun.tao")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.integers(0, 2)), max_size=25))
def test_no_case_is_lost_or_in_two_hands_and_the_order_of_waiting_is_kept(steps: list[tuple[str, int, int]]) -> None:
    cases = [opened("请问几点营业", n=n, who=customer(f"customer-{n}"), at=after(minutes=n)) for n in range(6)]
    order = [state.case.opened_at for state in cases]
    now = after(minutes=10)
    for turn, (step, n, who) in enumerate(steps):
        now += timedelta(hours=1) if step == "hour" else timedelta(minutes=1)
        cases = _after(step, cases, n, CREW[who], now, turn)
        assert all(_in_one_place(state.case) for state in cases)
        assert [state.case.opened_at for state in cases] == order
        if step in ("leave", "sign_off", "asked"):
            assert not any(_works_on(state.case, CREW[who]) for state in cases)


def _in_one_place(case: Case) -> bool:
    return in_queue(case) != (holder_of(case) is not None)


def _works_on(case: Case, agent: str) -> bool:
    stays = case.handover is not None and case.handover.stays_until is not None
    return holder_of(case) == agent and not stays


def _after(step: str, cases: list[CaseState], n: int, agent: str, now: datetime, turn: int) -> list[CaseState]:
    """Each case after the step; what is not possible changes nothing."""
    state, actor = cases[n], Actor(agent, frozenset({"agent"}))
    reasons: dict[str, ShiftReason] = {"leave": "shift_end", "sign_off": "signed_off", "asked": "asked"}
    if step in reasons:
        return _left(cases, Leaving(agent, now, reasons[step]), now)
    holds = holder_of(state.case) == agent
    found = None
    if step == "assign":
        found = decide(state, AgentFound(agent), rules(), now)
    elif step == "answer":
        who = customer(f"customer-{n}")
        found = decide(state, contact("还有一个问题", n=f"{turn}/{n}", who=who, at=now), rules(), now)
    elif step == "reply" and holds:
        found = decide(state, Reply(actor, Personal("好的")), rules(), now)
    elif step == "wait" and holds and state.case.status is CaseStatus.ASSIGNED:
        found = decide(state, Wait(actor, Personal("单号？")), rules(), now)
    return [found.state if found is not None and one is state else one for one in cases]


def _left(cases: list[CaseState], leaving: Leaving, now: datetime) -> list[CaseState]:
    """As a look does it, twice: the second time there is nothing left."""
    pending = [state.case for state in cases if is_pending(state.case, leaving, now)]
    urgent = [queued_of(case, leaving) for case in pending if wants_agent(case, leaving, rules(), now)]
    crew = [Workload(ROSTER.agents[name], 0, None, away=name == leaving.agent) for name in CREW]
    places = dict(plan(urgent, crew, Terms(rules().precedence, ROSTER.weights, now)))
    left = AgentLeft(leaving.agent, leaving.at, leaving.reason)
    after_it = []
    for state in cases:
        found = decide(state, replace(left, to=places.get(state.case.case_id)), rules(), now)
        after_it.append(found.state if found else state)
        assert (found is not None) == (state.case in pending)
    assert all(decide(state, left, rules(), now) is None for state in after_it)
    return after_it
