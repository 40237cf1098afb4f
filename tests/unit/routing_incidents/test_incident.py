"""RO-12: the incident's clock of 30 minutes, its escalation, its task force's acts, and its closing review."""

from typing import Any

import pytest

from services.routing.acts import Actor
from services.routing.incidents.incident import (
    Acknowledge,
    Close,
    Decided,
    Estimate,
    LinkCase,
    Note,
    TimePassed,
    decide,
    next_due,
)
from services.routing.refusals import IllegalMove, NotAllowed
from shared.contracts.cases import ClockState
from shared.contracts.incidents import Cause, Incident, IncidentStatus, MemberKind, Review, Scope
from shared.contracts.parcels import ExceptionKind
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, incident, incident_rules

pytestmark = pytest.mark.req("RO-12")

LEAD = Actor("li.lead", frozenset({"lead"}))
TRACER = Actor("sun.tao", frozenset({"agent"}), frozenset({"tracing"}))
STRANGER = Actor("lin.xia", frozenset({"agent"}), frozenset({"after_sales"}))
REVIEW = Review(cause=Personal("分拣线停机"), remedy=Personal("人工分拣"), prevention=Personal("备用电源"))


def names(decided: Decided | None) -> list[str]:
    assert decided is not None
    return [f"clock:{c.change}" if c.type == "clock" else c.type for c in decided.changes]


def done(of: Incident, act: Any, **later: float) -> Decided:
    decided = decide(of, act, incident_rules(), after(**later))
    assert decided is not None
    return decided


def test_it_is_opened_with_its_clock_and_task_force() -> None:
    one = incident()
    assert (one.version, one.status, one.number[:2]) == (1, IncidentStatus.OPEN, "IN")
    assert (one.clock.due_at - one.opened_at).total_seconds() == 30 * 60
    assert (one.clock.warn_at - one.opened_at).total_seconds() == 21 * 60
    assert (MemberKind.DEPARTMENT, "hub") in {(member.kind, member.name) for member in one.task_force}
    assert one.escalation_level == 1, "the lead is told at once"


@pytest.mark.parametrize(
    ("kind", "scope", "member"),
    [
        (ExceptionKind.CUSTOMS_HOLD, Scope.SITE, "customs"),
        (ExceptionKind.LOSS, Scope.CARRIER_SITE, "claims"),
        (ExceptionKind.DELAY, Scope.SITE, "hub"),
        (ExceptionKind.DELAY, Scope.REGION, "provincial_supervisor"),
    ],
)
def test_the_task_force_is_that_of_its_cause(kind: ExceptionKind, scope: Scope, member: str) -> None:
    force = incident_rules().force_of(Cause(scope=scope, kind=kind))
    assert member in {one.name for one in force}


def test_nobody_answers_and_each_rung_is_told_once() -> None:
    one = incident()
    rules = incident_rules()
    assert next_due(one, rules) == after(minutes=21)
    assert decide(one, TimePassed(), rules, after(minutes=20)) is None
    warned = done(one, TimePassed(), minutes=21)
    assert names(warned) == ["clock:warned"]
    late = done(warned.incident, TimePassed(), minutes=30)
    assert names(late) == ["clock:breached", "escalated"]
    assert late.incident.clock.breached_at == after(minutes=30)
    last = done(late.incident, TimePassed(), hours=5)
    assert names(last) == ["escalated"]
    assert next_due(last.incident, rules) is None


def test_after_a_standstill_everything_fires_once_in_order() -> None:
    found = done(incident(), TimePassed(), hours=9)
    assert names(found) == ["clock:warned", "clock:breached", "escalated", "escalated"]
    assert found.incident.version == 2


def test_the_task_force_acknowledges_and_meets_the_clock() -> None:
    found = done(incident(), Acknowledge(TRACER), minutes=12)
    assert names(found) == ["acknowledged", "clock:met"]
    assert found.incident.clock.state is ClockState.MET
    assert next_due(found.incident, incident_rules()) is None
    with pytest.raises(IllegalMove):
        decide(found.incident, Acknowledge(LEAD), incident_rules(), after(minutes=13))


def test_an_answer_that_is_late_is_late() -> None:
    found = done(incident(), Acknowledge(LEAD), minutes=40)
    assert names(found) == ["clock:warned", "clock:breached", "escalated", "acknowledged", "clock:met"]
    assert found.incident.clock.breached_at == after(minutes=30)


@pytest.mark.parametrize("act", [Acknowledge(STRANGER), Note(STRANGER, Personal("x")), Estimate(TRACER, 4)])
def test_who_is_not_of_it_is_refused(act: Any) -> None:
    with pytest.raises(NotAllowed):
        decide(incident(), act, incident_rules(), NOON)


def test_a_note_an_estimate_and_a_closing_review() -> None:
    noted = done(incident(), Note(TRACER, Personal("两条线恢复")), minutes=5)
    estimated = done(noted.incident, Estimate(LEAD, 6), minutes=6)
    closed = done(estimated.incident, Close(LEAD, REVIEW), minutes=7)
    assert (names(noted), names(estimated)) == (["noted"], ["estimated"])
    assert names(closed) == ["clock:met", "closed"]
    one = closed.incident
    assert (one.version, one.notes, one.delay_hours, one.status) == (4, 1, 6, IncidentStatus.CLOSED)
    assert one.review == REVIEW
    with pytest.raises(IllegalMove):
        decide(one, LinkCase(LEAD, "case"), incident_rules(), after(minutes=8))
