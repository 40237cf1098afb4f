"""RO-8: ladders are data; a step goes one level up, once; further levels are further steps."""

from datetime import timedelta

import pytest

from services.routing.draft import Draft
from services.routing.due import Calendar, fire, next_due
from services.routing.escalation import Step
from shared.contracts.cases import ClockKind
from tests.unit.routing.builders import after, opened, rules

THREE = {
    ClockKind.FIRST_RESPONSE: (
        Step(1, timedelta(0), "lead"),
        Step(2, timedelta(minutes=30), "lead"),
        Step(3, timedelta(minutes=60), "supervisor"),
    )
}


@pytest.mark.req("RO-8")
def test_the_ladder_in_force_tells_the_lead_at_the_breach() -> None:
    ladder = rules().calendar.ladders[ClockKind.FIRST_RESPONSE]
    assert ladder[0] == Step(1, timedelta(0), "lead")
    assert rules().calendar.ladders[ClockKind.LEGAL_ANSWER][0].role == "supervisor"


@pytest.mark.req("RO-8")
@pytest.mark.parametrize(("minutes", "level"), [(0, 0), (1, 1), (29, 1), (31, 2), (59, 2), (61, 3), (600, 3)])
def test_levels_follow_each_other_in_time(minutes: int, level: int) -> None:
    calendar = Calendar(THREE, rules().life, rules().calendar.fields)
    draft = Draft(opened("快递到哪了").case)
    fire(draft, calendar, after(minutes=minutes))
    assert draft.case.escalation_level == level
    fire(draft, calendar, after(minutes=minutes))
    assert [c.level for c in draft.changes if c.type == "escalated"] == list(range(1, level + 1))


@pytest.mark.req("RO-8")
def test_the_next_step_is_waited_for() -> None:
    calendar = Calendar(THREE, rules().life, rules().calendar.fields)
    draft = Draft(opened("快递到哪了").case)
    fire(draft, calendar, after(minutes=1))
    assert next_due(draft.case, (), calendar) == after(minutes=30, seconds=30)
