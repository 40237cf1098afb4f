"""survey-answers.v1: what customers said on the page that asks how satisfied they are, and what a case tells of it
(RO-14)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.personal import Personal

LONGEST_WORDS = 500
"""Characters of the customer's own words."""


class SurveySubmitted(Contract):
    """An answer. `asked_at` tells which survey of the case it is about: one answer for each counts."""

    case_id: str
    asked_at: Instant
    score: int = Field(ge=1, le=5)
    words: Personal | None = None
    submitted_at: Instant


class SurveyAsked(Contract):
    type: Literal["survey_asked"] = "survey_asked"


class SurveyAnswered(Contract):
    """The customer said how satisfied they are: 1 not at all … 5 fully."""

    type: Literal["survey_answered"] = "survey_answered"
    score: int = Field(ge=1, le=5)
    words: Personal | None = None


class SurveyClosed(Contract):
    """Nobody answered in time."""

    type: Literal["survey_closed"] = "survey_closed"


SURVEY_SUBMITTED = "parcelcare.survey.submitted"
TYPES: dict[str, type[Contract]] = {SURVEY_SUBMITTED: SurveySubmitted}
