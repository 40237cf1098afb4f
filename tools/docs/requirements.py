"""The catalogue of requirements: what the system is to do, how far it is, and the tests that prove it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.docs.marks import Proof


class Status(StrEnum):
    WORKS = "works"
    PARTLY = "partly"
    NOT_YET = "not yet"


class CatalogueError(Exception):
    """The catalogue and the tests contradict each other; the message lists every case."""


class Row(BaseModel):
    """One requirement: `where` are files or folders of the project, `missing` says what a partly row lacks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z]{2}-\d{1,2}$")
    title: str = Field(min_length=3, max_length=90)
    status: Status
    where: tuple[str, ...] = ()
    missing: str = ""


class Area(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    area: str
    rows: tuple[Row, ...]


class Catalogue(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    areas: tuple[Area, ...]

    @property
    def rows(self) -> list[Row]:
        return [row for area in self.areas for row in area.rows]


@dataclass(frozen=True, slots=True)
class Proofs:
    """The tests of each requirement."""

    by_id: Mapping[str, Sequence[Proof]]


def load(path: Path) -> Catalogue:
    """Raises `CatalogueError` for a file that is not a catalogue."""
    try:
        catalogue = Catalogue.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except ValidationError as error:
        raise CatalogueError(f"{path.name}: {error}") from error
    ids = [row.id for row in catalogue.rows]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise CatalogueError(f"{path.name}: {', '.join(repeated)} stands there twice")
    return catalogue


def proofs(catalogue: Catalogue, marks: Sequence[Proof], root: Path) -> Proofs:
    """The marks by requirement. Raises `CatalogueError` for a test that names an unknown id, a row said to work
    without a test, a partly row that does not say what is missing, and a place that does not exist."""
    known = {row.id for row in catalogue.rows}
    by_id: dict[str, list[Proof]] = {i: [m for m in marks if m.requirement == i] for i in known}
    problems = [
        f"{m.file.relative_to(root)}::{m.test} names {m.requirement}, which is not in the catalogue"
        for m in marks
        if m.requirement not in known
    ]
    for row in catalogue.rows:
        claimed = row.status is not Status.NOT_YET
        if claimed and not by_id[row.id]:
            problems.append(f"{row.id} is said to be `{row.status}`, and no test names it")
        if row.status is Status.PARTLY and not row.missing:
            problems.append(f"{row.id} is `partly` and does not say what is missing")
        if claimed and not row.where:
            problems.append(f"{row.id} is `{row.status}` and does not say where")
        problems += [f"{row.id}: {place} does not exist" for place in row.where if not (root / place).exists()]
    if problems:
        raise CatalogueError("\n".join(problems))
    return Proofs(by_id)
