"""Whether the customer is satisfied (RO-14): asked at each resolution, open for a while. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.routing.draft import Draft
from shared.contracts.cases import Case, CaseKind, Survey
from shared.contracts.surveys import SurveyAsked, SurveyClosed

Then = Literal["reopen", "lead", "nothing"]


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A row: cases of which nobody is asked. `kinds` empty: any; `written`: the customer wrote (None: or not)."""

    kinds: frozenset[CaseKind]
    written: bool | None

    def fits(self, case: Case) -> bool:
        of_kind = not self.kinds or case.classification.kind in self.kinds
        return of_kind and self.written in (None, case.contacts > 0)


@dataclass(frozen=True, slots=True)
class Bad:
    """A row: what follows where the answer is a bad one. `kinds` empty: any."""

    kinds: frozenset[CaseKind]
    then: Then

    def fits(self, case: Case) -> bool:
        return not self.kinds or case.classification.kind in self.kinds


@dataclass(frozen=True, slots=True)
class SurveyRules:
    """rules/survey.yaml. A score up to `bad_up_to` is a bad one; the first of `bad` that fits counts."""

    open_for: timedelta
    not_asked: tuple[NotAsked, ...]
    bad_up_to: int
    bad: tuple[Bad, ...]
    lead_level: int

    def asks(self, case: Case) -> bool:
        return not any(row.fits(case) for row in self.not_asked)

    def after(self, score: int, case: Case) -> Then:
        if score > self.bad_up_to:
            return "nothing"
        return next((row.then for row in self.bad if row.fits(case)), "nothing")


def ask(draft: Draft, rules: SurveyRules, at: datetime) -> None:
    """With the resolution: the notice that tells of it asks."""
    if not rules.asks(draft.case):
        draft.set(survey=None)
        return
    bad = rules.bad_up_to if rules.after(1, draft.case) != "nothing" else 0
    draft.set(survey=Survey(asked_at=at, until=at + rules.open_for, reopens_up_to=bad))
    draft.note(SurveyAsked())


def closes_at(case: Case) -> datetime | None:
    """When a survey that nobody answered closes."""
    survey = case.survey
    if survey is None or survey.score is not None or survey.closed_at is not None:
        return None
    return survey.until


def close(draft: Draft, at: datetime) -> None:
    survey = draft.case.survey
    assert survey is not None
    draft.set(survey=survey.model_copy(update={"closed_at": at}))
    draft.note(SurveyClosed())
