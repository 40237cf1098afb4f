"""training.v1: what agents corrected in the classification of a case, to train on (RO-2)."""

from pydantic import Field

from shared.contracts.base import Contract, Instant, Language
from shared.contracts.cases import CaseKind, Classification
from shared.contracts.personal import Personal


class ClassificationCorrected(Contract):
    """An agent said what a case is about (更正分类): the customer's words, what was read in them, what is right."""

    case_id: str
    text: Personal = Field(description="the customer's words that the classification came from")
    language: Language | None = None
    before: Classification
    kind: CaseKind
    tags: tuple[str, ...] = Field(min_length=1)
    priority: int = Field(ge=1, le=4)
    agent: str
    at: Instant


CLASSIFICATION_CORRECTED = "parcelcare.training.classification-corrected"
TYPES: dict[str, type[Contract]] = {CLASSIFICATION_CORRECTED: ClassificationCorrected}
