"""How long a call waits for its stages, and the words for one that nobody answered: rules/calls.yaml."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.intake import lined_yaml
from services.intake.gateways import RULES


def _fillable(template: str) -> str:
    try:
        fields = {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError:
        raise ValueError("a brace is not closed") from None
    if not fields <= {"rings", "wait"}:
        raise ValueError("only {rings} and {wait} may stand in braces")
    return template


Template = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_fillable)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Row):
    """A sentence in our two languages."""

    zh: Template
    en: Template

    def fill(self, language: str, rings: int = 0, wait: int = 0) -> str:
        return (self.zh if language == "zh" else self.en).format(rings=rings, wait=wait)


class CallRules(_Row):
    """The file as an operator edits it."""

    source: str
    valid_from: date
    valid_to: date | None
    settle_seconds: int = Field(ge=0, le=3600)
    give_up_minutes: int = Field(ge=1, le=7 * 24 * 60)
    ring_cycle_seconds: int = Field(ge=1, le=60)
    missed: Wording
    unended: Wording

    @property
    def settle(self) -> timedelta:
        return timedelta(seconds=self.settle_seconds)

    @property
    def give_up(self) -> timedelta:
        return timedelta(minutes=self.give_up_minutes)


@cache
def call_rules(file: Path = RULES / "calls.yaml") -> CallRules:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, CallRules)
