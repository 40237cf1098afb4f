"""RO-14: satisfaction is asked at each resolution, closes by itself, and a bad answer opens the case again."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.acts import Actor, Close, Resolve, Take
from services.routing.refusals import IllegalMove
from services.routing.state import CaseState, ChangeSet, TimerFired
from shared.contracts.cases import CaseStatus, Escalated
from shared.contracts.personal import Personal
from shared.contracts.surveys import SurveyAnswered, SurveySubmitted
from tests.unit.routing.builders import after, cleared, contact, decided, names, opened, raised, rules

pytestmark = pytest.mark.req("RO-14")

ANN = Actor("chen.jing", frozenset({"agent"}))
DONE = Personal("已重新派送")
COMPLAINT = "我要投诉！快递态度太差了"
RESOLVED_AT = after(minutes=5)


def resolved(text: str = "快递到哪了", summary: Personal | None = DONE) -> CaseState:
    taken = decided(opened(text), Take(ANN)).state
    return decided(taken, Resolve(ANN, summary), RESOLVED_AT).state


def says(state: CaseState, score: int, asked_at: datetime = RESOLVED_AT, words: str | None = None) -> ChangeSet:
    said = SurveySubmitted(
        case_id=state.case.case_id,
        asked_at=asked_at,
        score=score,
        words=Personal(words) if words else None,
        submitted_at=after(hours=1),
    )
    return decided(state, said, after(hours=1))


def test_each_resolution_asks() -> None:
    survey = resolved().case.survey
    assert survey is not None
    assert survey.until - survey.asked_at == rules().calendar.survey.open_for
    assert survey.reopens_up_to == rules().calendar.survey.bad_up_to


def test_nobody_is_asked_about_what_they_never_wrote_of() -> None:
    exception = raised()
    found = decided(decided(None, exception).state, cleared(exception), after(hours=1))
    assert names(found)[-1] == "resolved"
    assert found.state.case.survey is None


def test_praise_is_not_asked_about() -> None:
    assert resolved("表扬一下，快递小哥服务非常好，谢谢").case.survey is None


@pytest.mark.parametrize("score", [3, 4, 5])
def test_a_good_answer_is_kept_and_the_case_stays_resolved(score: int) -> None:
    found = says(resolved(), score, words="很快")
    assert names(found) == ["survey_answered"]
    case = found.state.case
    assert case.survey is not None
    assert (case.survey.score, case.status) == (score, CaseStatus.RESOLVED)
    assert found.changes == (SurveyAnswered(score=score, words=Personal("很快")),)
    closed = decided(found.state, TimerFired(), after(days=3))
    assert names(closed) == ["closed"], "an answered survey does not close as unanswered"


@pytest.mark.parametrize("score", [1, 2])
@pytest.mark.parametrize(("text", "lead"), [("快递到哪了", False), (COMPLAINT, True)])
def test_a_bad_answer_opens_the_case_again_and_calls_a_lead_as_the_table_says(
    score: int, text: str, lead: bool
) -> None:
    found = says(resolved(text), score)
    case = found.state.case
    assert (case.status, case.reopened) == (CaseStatus.QUEUED, 1)
    assert case.survey is not None
    assert case.survey.score == score
    called = [change.role for change in found.changes if isinstance(change, Escalated)]
    assert called == (["lead"] if lead else [])
    assert case.escalation_level == int(lead)


def test_a_bad_answer_opens_a_closed_case_too() -> None:
    closed = decided(resolved(), Close(ANN), after(minutes=10)).state
    assert says(closed, 1).state.case.status is CaseStatus.QUEUED


def test_an_answer_about_a_case_that_is_open_again_is_kept_and_changes_nothing_else() -> None:
    again = decided(resolved(), contact("还是没有收到", 2), after(minutes=20)).state
    assert again.case.survey is None
    found = says(again, 1)
    assert names(found)[-1] == "survey_answered"
    assert "reopened" not in names(found)
    assert found.state.case.reopened == again.case.reopened


def test_unanswered_surveys_close_after_their_time() -> None:
    closed = decided(resolved(), Close(ANN), after(minutes=10)).state
    survey = closed.case.survey
    assert survey is not None
    found = decided(closed, TimerFired(), survey.until)
    assert names(found) == ["survey_closed"]
    assert found.state.case.survey is not None
    assert found.state.case.survey.closed_at == survey.until


def test_a_second_resolution_asks_anew() -> None:
    again = decided(says(resolved(), 1).state, Take(ANN), after(hours=2)).state
    survey = decided(again, Resolve(ANN, DONE), after(hours=3)).state.case.survey
    assert survey is not None
    assert (survey.asked_at, survey.score) == (after(hours=3), None)


def test_nothing_closes_without_a_summary() -> None:
    with pytest.raises(IllegalMove):
        decided(resolved(summary=None), Close(ANN), after(minutes=10))
    assert decided(resolved(summary=None), TimerFired(), after(days=3)).state.case.summary is not None


@given(st.lists(st.sampled_from(["1", "4", "write", "wait", "work"]), max_size=8))
def test_whatever_happens_a_closed_case_has_a_summary_and_was_asked_about(steps: list[str]) -> None:
    state, now = resolved(), 60
    for n, step in enumerate(steps):
        now += 7
        case, at = state.case, after(minutes=now)
        if step in "14" and case.survey is not None:
            said = SurveySubmitted(
                case_id=case.case_id, asked_at=case.survey.asked_at, score=int(step), submitted_at=at
            )
            state = decided(state, said, at).state
        elif step == "write" and case.status is not CaseStatus.CLOSED:
            state = decided(state, contact("还没解决吗", n + 10, at=at), at).state
        elif step == "work" and case.status is CaseStatus.QUEUED:
            state = decided(decided(state, Take(ANN), at).state, Resolve(ANN, DONE), at).state
        elif step == "wait":
            now += 60 * 49
            found = decided(state, TimerFired(), after(minutes=now)) if state.next_due else None
            state = found.state if found else state
        if state.case.status is CaseStatus.CLOSED:
            assert state.case.summary is not None
            assert state.case.survey is not None
