"""Kuaidi100's codes and wordings as nodes, exceptions and parties at fault: rules/kuaidi100.yaml, and its use."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.intake import lined_yaml
from services.intake.gateways import RULES
from shared.contracts.parcels import ExceptionKind, Fault, Node


def _compilable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compilable)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(_Row):
    name: str
    node: Node
    exception: ExceptionKind | None = None
    fault: Fault | None = None
    refine: bool = False


class NodeText(_Row):
    pattern: Pattern
    node: Node
    unless: Pattern | None = None


class ExceptionText(_Row):
    pattern: Pattern
    exception: ExceptionKind
    fault: Fault
    only: Pattern | None = None


class Table(_Row):
    """The file as an operator edits it."""

    source: str
    valid_from: date
    valid_to: date | None
    time_zone: Annotated[str, Field(pattern=r"^[+-]\d\d:\d\d$")]
    default_node: Node
    codes: dict[Annotated[str, Field(pattern=r"^\d{1,5}$")], Code]
    advice: Pattern
    nodes: tuple[NodeText, ...]
    exceptions: tuple[ExceptionText, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a line of a track means; `unknown_code` where the table does not name its code."""

    node: Node
    exception: ExceptionKind | None = None
    fault: Fault | None = None
    unknown_code: str | None = None


@cache
def table(file: Path = RULES / "kuaidi100.yaml") -> Table:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, Table)


def meaning(table: Table, code: str | None, text: str) -> Meaning:
    """The meaning of a line with `code` (statusCode, or the track's state) and `text`.

    A code without an entry keeps the nearest node: what the text says, else that of the code's family.
    """
    said = _without_advice(table, text)
    if code is None:
        return Meaning(_node_of(table, said) or table.default_node, *_exception_of(table, said))
    entry = table.codes.get(code)
    if entry is None:
        family = table.codes.get(_family(code))
        nearest = family.node if family else table.default_node
        return Meaning(_node_of(table, said) or nearest, unknown_code=code)
    if not entry.refine:
        return Meaning(entry.node, entry.exception, entry.fault)
    exception, fault = _exception_of(table, said)
    if exception is None:
        exception, fault = entry.exception, entry.fault
    return Meaning(_node_of(table, said) or entry.node, exception, fault)


def _family(code: str) -> str:
    """Codes of three or four digits begin with their state: 3xx 签收, 10xx 在途."""
    return "0" if len(code) == 4 else code[:1]


MAX_READ = 200
_CLAUSE = re.compile(r"[，。；！？,;!?\s]+")


def _without_advice(table: Table, text: str) -> str:
    advice = re.compile(table.advice)
    kept = [clause for clause in _CLAUSE.split(text[:MAX_READ]) if clause and not advice.search(clause)]
    # A line that is nothing but courtesy ("请您准备签收") still says where the parcel is.
    return "，".join(kept) or text[:MAX_READ]


def _node_of(table: Table, text: str) -> Node | None:
    for row in table.nodes:
        if re.search(row.pattern, text) and not (row.unless and re.search(row.unless, text)):
            return row.node
    return None


def _exception_of(table: Table, text: str) -> tuple[ExceptionKind | None, Fault | None]:
    for row in table.exceptions:
        if re.search(row.pattern, text) and (row.only is None or re.search(row.only, text)):
            return row.exception, row.fault
    return None, None
