"""How long media can be had, and what WeChat's error codes mean for fetching one: rules/media.yaml."""

from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.intake import lined_yaml
from services.intake.gateways import RULES, Kind


class Meaning(StrEnum):
    """Of an error code, for one file. What each is stands at the head of the file."""

    TOKEN = "token"  # noqa: S105 a word of the table
    BUSY = "busy"
    QUOTA = "quota"
    ACCOUNT = "account"
    GONE = "gone"
    TOO_LARGE = "too_large"


class MediaRules(BaseModel):
    """The file as an operator edits it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    valid_from: date
    valid_to: date | None
    keep_hours: dict[Kind, int]
    quota_rest_seconds: int = Field(ge=1, le=86_400)
    missing_patience_seconds: int = Field(ge=0, le=86_400)
    codes: dict[Meaning, tuple[int, ...]]

    @model_validator(mode="after")
    def _each_code_once(self) -> Self:
        codes = [code for listed in self.codes.values() for code in listed]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"codes that stand under two meanings: {twice}")
        return self

    def kept(self, kind: Kind) -> timedelta:
        """Of a kind without a row: three days, the shortest that we know of."""
        return timedelta(hours=self.keep_hours.get(kind, 72))

    def meaning(self, code: int) -> Meaning:
        return next((meaning for meaning, codes in self.codes.items() if code in codes), Meaning.BUSY)


@cache
def media_rules(file: Path = RULES / "media.yaml") -> MediaRules:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, MediaRules)
