"""What the text of a scan says, in Chinese or English: rules/wording_zh.yaml and wording_en.yaml, and their use."""

import re
from datetime import date
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.intake import lined_yaml
from services.intake.gateways import RULES
from shared.contracts.parcels import ExceptionKind, Fault, Node

Tongue = Literal["zh", "en"]
MAX_READ = 200
_CLAUSE = re.compile(r"[，。；！？,;!?\s]+")
_ENGLISH_CLAUSE = re.compile(r"[.;!?]\s|\n")


def _compiled(pattern: object) -> "re.Pattern[str]":
    """Once, when the rules are read: `re` would look for it anew with every text."""
    if not isinstance(pattern, str) or not pattern:
        raise ValueError("a regular expression is needed")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None


Pattern = Annotated[re.Pattern[str], BeforeValidator(_compiled)]


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Row):
    """Where a file's rules come from, and when they hold."""

    source: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self


class NodeText(Row):
    pattern: Pattern
    node: Node
    unless: Pattern | None = None


class ExceptionText(Row):
    pattern: Pattern
    exception: ExceptionKind
    fault: Fault
    only: Pattern | None = None


class Wording(Sourced):
    """Patterns are tried in order; the first hit counts. Clauses that match `advice` say nothing of the parcel."""

    advice: Pattern
    nodes: tuple[NodeText, ...]
    exceptions: tuple[ExceptionText, ...]


@cache
def wording(tongue: Tongue) -> Wording:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(RULES / f"wording_{tongue}.yaml", Wording)


def said(tongue: Tongue, text: str) -> str:
    """The text as the patterns read it: in lower case, without what only advises the customer."""
    clauses = (_CLAUSE if tongue == "zh" else _ENGLISH_CLAUSE).split(text[:MAX_READ].lower())
    advice = wording(tongue).advice
    kept = [clause for clause in clauses if clause and not advice.search(clause)]
    # A line that is nothing but courtesy ("请您准备签收") still says where the parcel is.
    return "，".join(kept) or text[:MAX_READ].lower()


def node_of(tongue: Tongue, text: str) -> Node | None:
    for row in wording(tongue).nodes:
        if row.pattern.search(text) and not (row.unless and row.unless.search(text)):
            return row.node
    return None


def exception_of(tongue: Tongue, text: str) -> tuple[ExceptionKind | None, Fault | None]:
    for row in wording(tongue).exceptions:
        if row.pattern.search(text) and (row.only is None or row.only.search(text)):
            return row.exception, row.fault
    return None, None
