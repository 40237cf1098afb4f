"""What an answer to the survey does to its case: a bad one opens it again, or calls a lead (RO-14). Pure."""

from datetime import datetime

from services.routing import due, moves
from services.routing.draft import Draft
from services.routing.life import is_over
from services.routing.rules import Rules
from shared.contracts.cases import Case, Escalated
from shared.contracts.surveys import SurveyAnswered, SurveySubmitted

LEAD = "lead"
REASON = "survey"


def hear(case: Case, said: SurveySubmitted, rules: Rules, now: datetime) -> Draft:
    """An answer about an earlier resolution, of a case that is open again, is kept and changes nothing else."""
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    draft.note(SurveyAnswered(score=said.score, words=said.words))
    survey = draft.case.survey
    if survey is None or survey.asked_at != said.asked_at or survey.score is not None:
        return draft
    draft.set(
        survey=survey.model_copy(update={"score": said.score, "answered_at": said.submitted_at, "closed_at": None})
    )
    then = rules.calendar.survey.after(said.score, draft.case)
    if then != "nothing" and is_over(draft.case):
        moves.reopen(draft, rules, now)
        if then == LEAD:
            _call_lead(draft, rules)
    return draft


def _call_lead(draft: Draft, rules: Rules) -> None:
    level = rules.calendar.survey.lead_level
    draft.set(escalation_level=max(draft.case.escalation_level, level))
    draft.note(Escalated(level=level, role=LEAD, reason=REASON))
