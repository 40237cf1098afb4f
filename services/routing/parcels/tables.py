"""The rule tables of parcels as files: each with source and validity, every cell checked at load."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.contracts.parcels import ExceptionKind, Node
from shared.yaml_lines import parsed

DIRECTORY = Path(__file__).parent / "rules"
ANY: Literal["*"] = "*"

Hours = Annotated[int, Field(ge=1, le=24 * 365)]
Days = Annotated[int, Field(ge=1, le=365)]


class RuleError(ValueError):
    """A rule file can't be used; the message names the file and the cell."""

    def __init__(self, file: str, cell: str, reason: str) -> None:
        super().__init__(f"{file}: {cell}: {reason}")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Table(_Strict):
    version: str
    source: str = Field(min_length=3)
    valid_from: date
    valid_to: date | None
    file: str = ""


class SilenceRow(_Strict):
    node: Node | Literal["*"]
    product: str
    delay_hours: Hours
    loss_hours: Hours


class Silence(_Table):
    """After how many hours without a scan a parcel is delayed, and then presumed lost: the first row that fits."""

    id: Literal["silence"]
    rows: tuple[SilenceRow, ...] = Field(min_length=1)


class ExceptionRow(_Strict):
    """`silent`: while it is open, the lack of scans is no exception of its own. `followed`: while it is open, a scan at
    another node is told to its case."""

    kind: ExceptionKind
    level: int = Field(ge=1, le=3)
    cleared_by_nodes: tuple[Node | Literal["*"], ...]
    cleared_by_reports: tuple[ExceptionKind, ...]
    silent: bool
    followed: bool


class Exceptions(_Table):
    """The level of each kind of exception, and what a later scan must be to clear it."""

    id: Literal["exceptions"]
    rows: tuple[ExceptionRow, ...]


class Keeping(_Table):
    """How long a parcel is kept after its last scan, and how far ahead of our clock the time of a scan may be."""

    id: Literal["keeping"]
    signed_days: Days
    silent_days: Days
    ahead_minutes: int = Field(ge=0, le=24 * 60)


Table = Silence | Exceptions | Keeping
T = TypeVar("T", bound=_Table)
_TABLE: TypeAdapter[Table] = TypeAdapter(Annotated[Table, Field(discriminator="id")])


def load(directory: Path) -> list[Table]:
    """All tables of a directory (YAML or JSON); raises `RuleError`."""
    paths = sorted(p for p in directory.iterdir() if p.suffix in (".yaml", ".yml", ".json"))
    tables = [_load(path) for path in paths]
    for table in tables:
        if isinstance(table, Silence):
            _check_silence(table)
        elif isinstance(table, Exceptions):
            _check_exceptions(table)
    return tables


def _load(path: Path) -> Table:
    try:
        content = parsed(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise RuleError(path.name, "file", f"is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise RuleError(path.name, "file", "must be a mapping")
    try:
        return _TABLE.validate_python({**content, "file": path.name})
    except ValidationError as error:
        first = error.errors()[0]
        cell = _cell([p for p in first["loc"] if p not in ("silence", "exceptions", "keeping")])
        raise RuleError(path.name, cell, f"{first['msg']} (is {first['input']!r})") from error


def _cell(location: Sequence[int | str]) -> str:
    """rows[3].delay_hours"""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in location).lstrip(".") or "file"


def _check_silence(table: Silence) -> None:
    for number, row in enumerate(table.rows):
        if row.loss_hours <= row.delay_hours:
            raise RuleError(table.file, f"rows[{number}].loss_hours", f"must be more than {row.delay_hours}")
    if (table.rows[-1].node, table.rows[-1].product) != (ANY, ANY):
        raise RuleError(table.file, f"rows[{len(table.rows) - 1}]", 'the last row must be for node "*" and product "*"')


def _check_exceptions(table: Exceptions) -> None:
    kinds = [row.kind for row in table.rows]
    for kind in ExceptionKind:
        if kinds.count(kind) != 1:
            raise RuleError(table.file, "rows", f"{kind.value} must have one row, has {kinds.count(kind)}")
    for number, row in enumerate(table.rows):
        if row.kind in row.cleared_by_reports:
            raise RuleError(table.file, f"rows[{number}].cleared_by_reports", f"{row.kind.value} can't clear itself")


def versions(tables: Iterable[Table], kind: type[T]) -> list[T]:
    """The versions of a table, oldest first; raises `RuleError` where there is none or two are valid on one day."""
    found: list[T] = [t for t in tables if isinstance(t, kind)]
    found.sort(key=lambda t: t.valid_from)
    if not found:
        raise RuleError(kind.__name__.lower(), "file", "there is no such table")
    for earlier, later in pairwise(found):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            raise RuleError(earlier.file, "valid_to", f"must be before {later.valid_from}, when {later.file} begins")
    return found


def valid_on(found: Sequence[T], day: date) -> T:
    """The version of that day. Before the first one the first, so that old events can be replayed."""
    return next((t for t in reversed(found) if t.valid_from <= day), found[0])
