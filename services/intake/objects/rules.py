"""objects.yaml: which kinds of file are taken, and how large they may be (IN-4)."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.intake import lined_yaml
from services.intake.gateways import RULES

Kind = Annotated[str, Field(pattern=r"^[a-z]+/(\*|[a-z0-9.+-]+)$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Allowance(_Entry):
    """Kinds (`image/*`: all of that family) that may have so many bytes."""

    kinds: tuple[Kind, ...] = Field(min_length=1)
    limit_bytes: int = Field(ge=1024, le=1024**3)


class ObjectRules(_Entry):
    """The first allowance that names a kind counts; a kind that none names is not taken."""

    source: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    unknown: bool = Field(description="whether a file whose content shows no kind is taken as what its sender says")
    allowances: tuple[Allowance, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        kinds = [kind for allowance in self.allowances for kind in allowance.kinds]
        if doubled := {kind for kind in kinds if kinds.count(kind) > 1}:
            raise ValueError(f"{min(doubled)} stands twice")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def limit_of(self, content_type: str) -> int | None:
        """How many bytes a file of this kind may have, None: it is not taken."""
        family = content_type.partition("/")[0] + "/*"
        for allowance in self.allowances:
            if content_type in allowance.kinds or family in allowance.kinds:
                return allowance.limit_bytes
        return None

    @property
    def largest(self) -> int:
        return max(allowance.limit_bytes for allowance in self.allowances)


@cache
def object_rules(file: Path = RULES / "objects.yaml") -> ObjectRules:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, ObjectRules)
