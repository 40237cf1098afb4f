"""Rule tables from YAML: read, validated cell by cell; an error names the file and the cell."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from services.notify.phrase import Phrase
from shared.yaml_lines import parsed


class TableError(Exception):
    """A rule table is wrong; the message names file and cell and says what is expected there."""


class Cells(BaseModel):
    """What a table consists of: frozen, and a cell that nobody asked for is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Table(Cells):
    """The head of each table: what it is, where it comes from, from when until when it holds."""

    title: str
    source: str
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


def _as_phrase(value: Any) -> Any:
    return Phrase.parse(value) if isinstance(value, str) else value


class Word(Cells):
    """A name in both languages."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Sentence(Cells):
    """A sentence with variables in both languages; both may use the same variables only."""

    zh: Annotated[Phrase, BeforeValidator(_as_phrase)]
    en: Annotated[Phrase, BeforeValidator(_as_phrase)]

    @property
    def variables(self) -> frozenset[str]:
        return self.zh.variables | self.en.variables

    def __getitem__(self, language: str) -> Phrase:
        return self.en if language == "en" else self.zh

    def say(self, language: str, values: Mapping[str, str]) -> str:
        return self[language].say(values)


T = TypeVar("T", bound=Table)


def read_table(path: Path, model: type[T], today: date) -> T:
    """Raises `TableError` where the file is not YAML, a cell is wrong, or the table is not valid today."""
    try:
        table = model.model_validate(parsed(path.read_text("utf-8")))
    except yaml.YAMLError as error:
        raise TableError(f"{path.name}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        cell = ".".join(str(part) for part in first["loc"]) or "table"
        raise TableError(f"{path.name}: {cell}: {first['msg']}") from error
    if not table.valid_from <= today or (table.valid_to is not None and table.valid_to < today):
        raise TableError(f"{path.name}: valid_from/valid_to: the table does not hold on {today}")
    return table
