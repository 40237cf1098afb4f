"""Which evidence merges customers, and when a handle is shared: rules/identity.yaml."""

from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.intake import lined_yaml
from services.intake.customers import e164
from services.intake.gateways import RULES
from shared.contracts.customers import Evidence


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceRow(_Row):
    of: Evidence
    merges: bool
    reason: str = Field(min_length=1)


class Shared(_Row):
    most_of_one_kind: int = Field(ge=1, le=50)
    reason: str = Field(min_length=1)


def _normalised(number: str) -> str:
    if e164(number) != number:
        raise ValueError("write the number in E.164 (+8675588886666)")
    return number


class Nobodys(_Row):
    number: Annotated[str, AfterValidator(_normalised)]
    reason: str = Field(min_length=1)


class IdentityRules(_Row):
    """The file as an operator edits it."""

    source: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None
    evidence: tuple[EvidenceRow, ...]
    shared: Shared
    nobodys: tuple[Nobodys, ...]
    largest: int = Field(ge=2, le=500)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        wanted = sorted(e for e in Evidence if e is not Evidence.PERSON)
        if sorted(row.of for row in self.evidence) != wanted:
            raise ValueError(f"evidence must have one row for each of {', '.join(wanted)}")
        return self

    @cached_property
    def merging(self) -> frozenset[Evidence]:
        return frozenset(row.of for row in self.evidence if row.merges)


@cache
def identity_rules(file: Path = RULES / "identity.yaml") -> IdentityRules:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, IdentityRules)
