"""A carrier's or vendor's codes as nodes, exceptions and parties at fault: one table each in rules/status/."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.intake import lined_yaml
from services.intake.adapters.wording import Pattern, Row, Sourced, Tongue, exception_of, node_of, said, wording
from services.intake.gateways import RULES
from shared.contracts.parcels import ExceptionKind, Fault, Node

STATUS = RULES / "status"


class Code(Row):
    """`refine`: the code is coarse, so the text may name a better node, or an exception. `settles`: no finer code
    says more than this one."""

    name: str
    node: Node
    exception: ExceptionKind | None = None
    fault: Fault | None = None
    refine: bool = False
    settles: bool = False

    @model_validator(mode="after")
    def _fault_has_an_exception(self) -> Self:
        if (self.exception is None) != (self.fault is None):
            raise ValueError("exception and fault go together")
        return self


class Reason(Row):
    """Why: codes that come beside a status and name no node."""

    name: str
    exception: ExceptionKind
    fault: Fault


class Family(Row):
    """Codes of this shape that the table does not name are most like that one, which it names."""

    pattern: Pattern
    like: str


class Table(Sourced):
    """The file as an operator edits it. `time_zone` is that of times which say none."""

    time_zone: Annotated[str, Field(pattern=r"^[+-]\d\d:\d\d$")]
    default_node: Node
    wording: Tongue
    codes: dict[Annotated[str, Field(pattern=r"^\S{1,60}$")], Code]
    reasons: dict[Annotated[str, Field(pattern=r"^\S{1,60}$")], Reason] = Field(default_factory=dict)
    families: tuple[Family, ...] = ()

    @model_validator(mode="after")
    def _families_are_like_something(self) -> Self:
        for family in self.families:
            if family.like not in self.codes:
                raise ValueError(f"families: {family.like} is not among the codes")
        return self

    def nearest(self, code: str) -> Code | None:
        like = next((f.like for f in self.families if re.search(f.pattern, code)), None)
        return self.codes[like] if like is not None else None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a scan means; `unknown_code` where the table does not name its code."""

    node: Node
    exception: ExceptionKind | None = None
    fault: Fault | None = None
    unknown_code: str | None = None


@cache
def table(name: str) -> Table:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return load(STATUS / f"{name}.yaml")


def load(file: Path) -> Table:
    loaded = lined_yaml.load(file, Table)
    wording(loaded.wording)
    return loaded


def tables() -> Mapping[str, Table]:
    """All of them, by name. Raises `lined_yaml.RuleFileError`."""
    return {file.stem: table(file.stem) for file in sorted(STATUS.glob("*.yaml"))}


def meaning(table: Table, code: str | None, text: str, *coarser: str) -> Meaning:
    """The meaning of a scan with `code`, the codes above it (`coarser`), and `text`.

    A code without an entry keeps the nearest node: what the text says, else that of the next code above it or of its
    family.
    """
    text = said(table.wording, text)
    known = [table.codes[c] for c in (code, *coarser) if c is not None and c in table.codes]
    entry = next((c for c in known if c.settles), known[0] if known else None)
    unknown = code if code is not None and code not in table.codes else None
    if entry is None and unknown is not None:
        entry = table.nearest(unknown)
    return _meaning(table, entry, text, unknown)


def _meaning(table: Table, entry: Code | None, text: str, unknown: str | None) -> Meaning:
    if entry is None:
        node = node_of(table.wording, text) or table.default_node
        return Meaning(node, *exception_of(table.wording, text), unknown)
    if entry.settles or not (entry.refine or unknown):
        return Meaning(entry.node, entry.exception, entry.fault, unknown)
    exception, fault = exception_of(table.wording, text)
    if exception is None:
        exception, fault = entry.exception, entry.fault
    return Meaning(node_of(table.wording, text) or entry.node, exception, fault, unknown)
