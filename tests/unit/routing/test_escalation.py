"""RO-8: the ladders of escalation.yaml, rung by rung, from the file itself."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.routing.acts import Actor, Assign, Resolve, Take
from services.routing.draft import Draft
from services.routing.due import Calendar, fire, next_due
from services.routing.escalation import Ladder, Step
from services.routing.hours import ALWAYS
from services.routing.state import TimerFired
from shared.contracts.cases import ClockKind, Escalated
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, contact, decided, opened, rules

ANN = Actor("chen.jing", frozenset({"agent"}))
LEAD = Actor("zhou.na", frozenset({"lead"}))
NEVER_CAME = "显示已签收，可是我没收到"
THREE = Ladder(
    "three",
    ClockKind.FIRST_RESPONSE,
    tuple(
        Step(level, timedelta(minutes=30 * (level - 1)), role, ("desk",), ALWAYS)
        for level, role in ((1, "lead"), (2, "lead"), (3, "supervisor"))
    ),
)


def ladder(name: str) -> Ladder:
    return next(one for one in rules().calendar.ladders if one.ladder_id == name)


def only(*ladders: Ladder) -> Calendar:
    return replace(rules().calendar, ladders=ladders)


def climbed(draft: Draft) -> list[tuple[int, str]]:
    return [(c.level, c.role) for c in draft.changes if isinstance(c, Escalated)]


@pytest.mark.req("RO-8")
def test_every_missed_limit_has_its_ladder() -> None:
    assert ladder("first-response").steps[0].role == "lead"
    assert ladder("legal-answer").steps[0].role == "supervisor"
    assert ladder("legal-answer").steps[0].critical
    assert {one.starts for one in rules().calendar.ladders} >= set(ClockKind)


@pytest.mark.req("RO-8")
@pytest.mark.parametrize(("minutes", "level"), [(0, 0), (1, 1), (29, 1), (31, 2), (59, 2), (61, 3), (600, 3)])
def test_rungs_follow_each_other_in_time_and_each_once(minutes: int, level: int) -> None:
    draft = Draft(opened("快递到哪了").case)
    fire(draft, only(THREE), after(minutes=minutes))
    assert draft.case.escalation_level == level
    fire(draft, only(THREE), after(minutes=minutes))
    assert [reached for reached, _ in climbed(draft)] == list(range(1, level + 1))


@pytest.mark.req("RO-8")
def test_the_next_rung_is_waited_for() -> None:
    draft = Draft(opened("快递到哪了").case)
    fire(draft, only(THREE), after(minutes=1))
    assert next_due(draft.case, (), only(THREE)) == after(minutes=30, seconds=30)


@pytest.mark.req("RO-8", "RO-13")
def test_signed_but_not_received_climbs_from_the_courier_to_the_province() -> None:
    case = opened(NEVER_CAME).case
    assert "not_received" in case.classification.tags
    draft, rungs = Draft(case), only(ladder("signed-not-received"))
    fire(draft, rungs, NOON)
    assert climbed(draft) == [(1, "courier")]
    fire(draft, rungs, after(minutes=59))
    assert climbed(draft) == [(1, "courier")]
    fire(draft, rungs, after(minutes=60))
    assert climbed(draft)[1:] == [(2, "regional_specialist")]
    fire(draft, rungs, after(minutes=120))
    assert climbed(draft)[2:] == [(3, "provincial_supervisor")]
    assert draft.case.escalation_level == 3


@pytest.mark.req("RO-8")
def test_an_answer_in_the_first_hour_leaves_the_region_out_but_not_the_province() -> None:
    taken = decided(opened(NEVER_CAME), Take(ANN), after(minutes=40)).state
    draft = Draft(taken.case)
    fire(draft, only(ladder("signed-not-received")), after(hours=3))
    assert climbed(draft) == [(3, "provincial_supervisor")]


@pytest.mark.req("RO-8")
def test_a_solved_case_climbs_no_further() -> None:
    taken = decided(opened(NEVER_CAME), Take(ANN), after(minutes=1)).state
    solved = decided(taken, Resolve(ANN, Personal("已找到，放在物业")), after(minutes=30)).state
    draft = Draft(solved.case)
    fire(draft, only(ladder("signed-not-received")), after(hours=5))
    assert climbed(draft) == []


NIGHT = datetime.fromisoformat("2026-11-11T23:30:00+08:00")


@pytest.mark.req("RO-8")
def test_nobody_is_rung_up_at_night_unless_it_is_critical() -> None:
    case = opened(NEVER_CAME, at=NIGHT, now=NIGHT).case
    draft = Draft(case)
    rungs = only(ladder("signed-not-received"))
    fire(draft, rungs, NIGHT + timedelta(hours=7))
    assert climbed(draft) == []
    fire(draft, rungs, datetime.fromisoformat("2026-11-12T08:00:00+08:00"))
    assert climbed(draft) == [(1, "courier")]
    (step,) = ladder("legal-answer").steps
    assert step.at(NIGHT) == NIGHT


@pytest.mark.req("RO-8")
def test_a_late_case_that_nobody_touches_rings_the_supervisor_and_again_after_the_next_silence() -> None:
    rungs = only(ladder("overdue-idle"))
    draft = Draft(opened("箱子破损了").case)
    fire(draft, rungs, after(minutes=31))
    assert climbed(draft) == [(1, "supervisor")]
    assert [c.channels for c in draft.changes if isinstance(c, Escalated)] == [("phone",)]
    fire(draft, rungs, after(hours=5))
    assert climbed(draft) == [(1, "supervisor")], "one silence, one call"
    draft.set(handled_at=after(hours=5))
    fire(draft, rungs, after(hours=5, minutes=29))
    assert climbed(draft) == [(1, "supervisor")]
    fire(draft, rungs, after(hours=5, minutes=30))
    assert climbed(draft) == [(1, "supervisor")] * 2


@pytest.mark.req("RO-8")
def test_two_ladders_are_climbed_beside_each_other_and_the_case_has_the_higher_level() -> None:
    state = opened(NEVER_CAME)
    found = decided(state, TimerFired(), after(hours=2))
    reached = [(c.ladder, c.level, c.raised) for c in found.changes if isinstance(c, Escalated)]
    assert reached == [
        ("signed-not-received", 1, True),
        ("first-response", 1, False),
        ("overdue-idle", 1, False),
        ("signed-not-received", 2, True),
        ("signed-not-received", 3, True),
    ]
    assert found.state.case.escalation_level == 3


@pytest.mark.req("RO-8")
def test_a_reopened_case_begins_at_the_foot() -> None:
    state = decided(opened(NEVER_CAME), TimerFired(), after(hours=2)).state
    given = decided(state, Assign(LEAD, agent="zhou.na"), after(hours=2)).state
    solved = decided(given, Resolve(LEAD, Personal("已送达")), after(hours=3)).state
    again = decided(solved, contact("还是没收到！显示签收", n=2, at=after(hours=4)), after(hours=4))
    assert again.state.case.reopened == 1
    assert again.state.case.climbs == ()
    fired = decided(again.state, TimerFired(), after(hours=4, seconds=1))
    assert [c.role for c in fired.changes if isinstance(c, Escalated)] == ["courier"]
