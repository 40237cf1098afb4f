"""What the survey's form sends: a score and, where the customer likes, words (RO-14). Pure."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from services.notify.view import SurveyView, View
from shared.contracts.base import derived_id
from shared.contracts.personal import Personal
from shared.contracts.surveys import LONGEST_WORDS, SURVEY_SUBMITTED, SurveySubmitted
from shared.contracts.topics import SURVEY_ANSWERS
from shared.messaging.message import Outgoing, outgoing

SCORES = ("1", "2", "3", "4", "5")
MOST_FIELDS = 10


@dataclass(frozen=True, slots=True)
class Filled:
    """`score` None: none was chosen, or none that there is."""

    score: int | None
    words: str

    @staticmethod
    def of(body: bytes) -> "Filled":
        """Of a form's body; whatever is in it, this does not fail."""
        try:
            fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
        except ValueError:
            return Filled(None, "")
        score, words = fields.get("score", [""])[0], fields.get("words", [""])[0]
        return Filled(int(score) if score in SCORES else None, words.replace("\x00", "").strip()[:LONGEST_WORDS])


def answer(view: View, survey: SurveyView, score: int, words: str, now: datetime) -> Outgoing:
    """The event. Sent again, it has the same id: the first answer counts."""
    submitted = SurveySubmitted(
        case_id=view.case_id,
        asked_at=survey.asked_at,
        score=score,
        words=Personal(words) if words else None,
        submitted_at=now,
    )
    return outgoing(
        SURVEY_ANSWERS,
        submitted,
        type=SURVEY_SUBMITTED,
        key=view.case_id,
        cause=derived_id(view.case_id, f"survey/{survey.asked_at.isoformat()}"),
        time=now,
        source="notify",
    )
