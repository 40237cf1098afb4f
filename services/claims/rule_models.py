"""The rule files that are lists and figures (YAML): their shape, checked field by field when they are loaded."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.claims.rule_error import RuleError
from shared.contracts.base import Fen
from shared.contracts.cases import CaseKind
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.parcels import ExceptionKind
from shared.contracts.people import ContactKind
from shared.yaml_lines import parsed

M = TypeVar("M", bound="RuleModel")
Name = Annotated[str, Field(min_length=1)]
Positive = Annotated[int, Field(gt=0)]


class RuleModel(BaseModel):
    """A misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Meta(RuleModel):
    """Who says so, and from when to when (`valid_to` is the first day on which it no longer holds)."""

    id: Name
    version: date
    source: Name
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Meta":
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must lie after valid_from")
        return self


class Article(RuleModel):
    ref: Name
    zh: Name
    en: Name


class LawFile(Meta):
    id: Literal["law"]
    articles: dict[str, Article] = Field(min_length=1)


class TagRow(RuleModel):
    all: frozenset[Name] = Field(min_length=1)
    case_kinds: frozenset[CaseKind] = Field(min_length=1)
    kind: ClaimKind


class GoodsWords(RuleModel):
    perishable: tuple[Name, ...]
    fragile: tuple[Name, ...]


class OpeningFile(Meta):
    id: Literal["opening"]
    tags: tuple[TagRow, ...]
    exceptions: dict[ExceptionKind, ClaimKind]
    goods: GoodsWords
    payee_contacts: tuple[ContactKind, ...]

    @model_validator(mode="after")
    def _every_row_decides(self) -> "OpeningFile":
        for number, row in enumerate(self.tags):
            for above in self.tags[:number]:
                if above.all <= row.all and row.case_kinds <= above.case_kinds:
                    raise ValueError(f"tags.{number}: never decides, {', '.join(sorted(above.all))} stands above it")
        return self


Condition = Literal["parcel_on_record", "value_on_record", "carrier_reports_loss", "carrier_reports_damage"]


class EvidenceRow(RuleModel):
    evidence: EvidenceKind
    unless: frozenset[Condition] = frozenset()


class InferRow(RuleModel):
    content_type: Name
    as_: tuple[EvidenceKind, ...] = Field(alias="as", min_length=1)


class EvidenceFile(Meta):
    id: Literal["evidence"]
    kinds: dict[ClaimKind, tuple[EvidenceRow, ...]]
    infer: tuple[InferRow, ...]

    @model_validator(mode="after")
    def _whole(self) -> "EvidenceFile":
        if missing := [k.value for k in ClaimKind if k not in self.kinds]:
            raise ValueError(f"kinds without a list: {', '.join(missing)}")
        for kind, rows in self.kinds.items():
            listed = [row.evidence for row in rows]
            if len(set(listed)) < len(listed):
                raise ValueError(f"kinds.{kind.value}: an item stands twice")
        return self


class Wording(RuleModel):
    zh: Name
    en: Name


class FrequencySignal(Wording):
    claims: Positive
    days: Positive
    exempt_tiers: frozenset[str] = frozenset()


class ValueSignal(Wording):
    percent_of_declared: Annotated[int, Field(gt=100)]


class Signals(RuleModel):
    photo_reuse: Wording
    same_parcel: Wording
    frequency: FrequencySignal
    value: ValueSignal
    tracking: Wording


class FastTrackFile(Meta):
    id: Literal["fasttrack"]
    below_fen: Fen
    kinds: frozenset[ClaimKind]
    signals: Signals


class DeadlinesFile(Meta):
    id: Literal["deadlines"]
    parcel_wait_minutes: Positive
    evidence_reminder_hours: tuple[Positive, ...]
    evidence_give_up_hours: Positive
    payout_check_minutes: Positive
    appeal_hours: Positive

    @model_validator(mode="after")
    def _rising(self) -> "DeadlinesFile":
        hours = [*self.evidence_reminder_hours, self.evidence_give_up_hours]
        if any(later <= earlier for earlier, later in pairwise(hours)):
            raise ValueError("evidence_reminder_hours must rise and end before evidence_give_up_hours")
        return self


class AuthorityFile(Meta):
    id: Literal["authority"]
    second_confirm_above_fen: Fen


def read_yaml(file: str, text: bytes, model: type[M]) -> M:
    """Raises `RuleError` that names the field at fault."""
    try:
        return model.model_validate(parsed(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else ""
        raise RuleError(file, where, f"is not YAML: {getattr(error, 'problem', error)}") from error
    except ValidationError as error:
        raise RuleError(file, *first_fault(error)) from error


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Where the first fault lies (kinds.loss.0.evidence), and what it is."""
    fault = error.errors(include_url=False)[0]
    return ".".join(map(str, fault["loc"])), fault["msg"]
