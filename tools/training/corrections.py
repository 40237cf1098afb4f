"""Agents' corrections as utterances to train on: JSON lines, one `ClassificationCorrected` each."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from services.routing.classify import COMPENSATION
from shared.contracts.cases import CaseKind
from shared.contracts.classification import Sentiment
from shared.contracts.training import ClassificationCorrected
from tools.training.corpus import CorpusError, Utterance

URGENT_UP_TO = 1
"""The priority up to which a corrected case counts as urgent."""


def corrections_of(path: Path, held_out: Sequence[Utterance]) -> list[Utterance]:
    """The last correction of each case. A text of the test set is left out: the test must stay unseen.

    Raises `CorpusError` with file and line where a line is none.
    """
    latest: dict[str, ClassificationCorrected] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            correction = ClassificationCorrected.model_validate_json(line)
        except ValidationError as error:
            raise CorpusError(f"{path}:{number}: not a correction ({error.error_count()} errors)") from error
        latest[correction.case_id] = correction
    seen = {utterance.text for utterance in held_out}
    found = [_utterance(correction) for correction in latest.values() if correction.kind is not CaseKind.EXCEPTION]
    return [utterance for utterance in found if utterance.text.strip() and utterance.text not in seen]


def _utterance(correction: ClassificationCorrected) -> Utterance:
    tags = tuple(tag for tag in correction.tags if tag != COMPENSATION)
    mood = correction.before.sentiment or Sentiment.NEUTRAL
    urgent = correction.priority <= URGENT_UP_TO
    return Utterance(correction.text.reveal(), tags or ("other",), correction.kind, mood, urgent)
