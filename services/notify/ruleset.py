"""The tables of this service as loaded: what is told, what stage it is, what things are called (NO-1, NO-8)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Protocol, Self, TypeVar, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from services.notify.fact_words import FACT_WORDS
from services.notify.tables import Cells, Sentence, Table, Word, read_table
from services.notify.words import Words
from shared.contracts.cases import CaseChanged, CaseKind, CaseStatus, ClockKind, HandOverReason, OrderMove
from shared.contracts.claims import ClaimChanged, ClaimState
from shared.contracts.incidents import OverReason
from shared.contracts.legal import LegalMove
from shared.contracts.media import MediaKind
from shared.contracts.notices import NoticeKind
from shared.contracts.sign_disputes import DisputeMove, DisputeOutcome

RULES_DIR = Path(__file__).parent / "rules"
ROW_VARIABLES = frozenset(FACT_WORDS)
NEXT_VARIABLES = frozenset({"group", "promise", "first", "evidence", "amount"})
YES_NO: frozenset[Any] = frozenset({True, False})
ANSWERED_BY = frozenset({"self_service", "person"})
ROW_CONDITIONS: Mapping[str, frozenset[Any]] = {
    "origin": frozenset({"contact", "parcel_exception"}),
    "kind": frozenset(CaseKind),
    "clock": frozenset(ClockKind),
    "change": frozenset({"started", "warned", "paused", "resumed", "retargeted", "breached", "met"}),
    "level": frozenset(range(1, 10)),
    "raised": YES_NO,
    "cleared": YES_NO,
    "known": YES_NO,
    "media": frozenset(MediaKind),
    "move": frozenset((*get_args(OrderMove), *get_args(DisputeMove), *get_args(LegalMove))),
    "outcome": frozenset(DisputeOutcome),
    "state": frozenset(ClaimState),
    "told": YES_NO,
    "again": YES_NO,
    "by": ANSWERED_BY,
    "answered_by": ANSWERED_BY,
    "looking_up": YES_NO,
    "reason": frozenset((*get_args(OverReason), *get_args(HandOverReason))),
}
STAGE_CONDITIONS: Mapping[str, frozenset[Any]] = {
    "status": frozenset(CaseStatus),
    "claim": frozenset(ClaimState) | {"none"},
    "escalated": YES_NO,
    "answered": YES_NO,
    "state": frozenset(ClaimState),
    "by_person": YES_NO,
}

Values = Annotated[tuple[bool | int | str, ...], BeforeValidator(lambda v: v if isinstance(v, list) else [v])]
Conditions = Mapping[str, Values]
"""A condition holds where the fact is one of its values; a table may write a single one without brackets."""


class Conditional(Protocol):
    @property
    def when(self) -> Conditions: ...


R = TypeVar("R", bound=Conditional)


def _changes(contract: type[CaseChanged] | type[ClaimChanged], prefix: str) -> frozenset[str]:
    schema = contract.model_json_schema()["properties"]["changes"]["items"]["discriminator"]["mapping"]
    return frozenset(f"{prefix}.{name}" for name in schema)


REMEMBERED = 1000
CHANGES = (
    _changes(CaseChanged, "case")
    | _changes(ClaimChanged, "claim")
    | frozenset({"incident.affected", "incident.estimated", "incident.over"})
)
"""Every change there is: case.opened … claim.withdrawn, and what an incident means for a parcel."""


class FirstThatHolds(Generic[R]):
    """Rows in order; the first whose conditions all hold counts. What was asked once is remembered: the facts are
    values of short lists, and the same few come up with every event."""

    def __init__(self, rows: Sequence[R]) -> None:
        self._rows = rows
        self._known: dict[tuple[Any, ...], R | None] = {}

    def __call__(self, facts: Mapping[str, Any]) -> R | None:
        """`facts` always with the same names in the same order."""
        asked = tuple(facts.values())
        try:
            return self._known[asked]
        except KeyError:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[asked] = found = next((row for row in self._rows if holds(row.when, facts)), None)
            return found


def holds(when: Conditions, facts: Mapping[str, Any]) -> bool:
    """Whether each condition lists the fact's value."""
    return all(facts.get(name) in wanted for name, wanted in when.items())


class Row(Cells):
    """One change that a customer sees or is told of."""

    id: str = Field(pattern="^[a-z_]+$")
    change: str
    when: Conditions = Field(default_factory=dict)
    unless: tuple[str, ...] = ()
    tell: NoticeKind | None = None
    shows: Literal["timeline", "state", "nothing"]
    sentence: Sentence | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, cells: Any) -> Any:
        if not isinstance(cells, dict) or not {"zh", "en"} & cells.keys():
            return cells
        rest = {name: cell for name, cell in cells.items() if name not in ("zh", "en")}
        return {**rest, "sentence": {name: cells[name] for name in ("zh", "en") if name in cells}}

    @field_validator("change")
    @classmethod
    def _known_change(cls, value: str) -> str:
        if value not in CHANGES:
            raise ValueError(f"{value} is no change; there are {', '.join(sorted(CHANGES))}")
        return value

    @field_validator("when")
    @classmethod
    def _known_conditions(cls, value: Conditions) -> Conditions:
        return _check_conditions(value, ROW_CONDITIONS)

    @model_validator(mode="after")
    def _spoken(self) -> Self:
        if (self.sentence is None) != (self.shows != "timeline"):
            raise ValueError("a row that shows a line needs zh and en, any other has none")
        if self.tell and self.shows != "timeline":
            raise ValueError("what is told is shown as well: shows must be timeline")
        if self.sentence:
            _check_names(self.sentence.variables, ROW_VARIABLES, "variable")
        return self


class NoticeRules(Table):
    """rules/notices.yaml: order is precedence."""

    rows: tuple[Row, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        ids = [row.id for row in self.rows]
        if doubled := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"rows: id {doubled.pop()} stands twice")
        if unknown := {name for row in self.rows for name in row.unless} - set(ids):
            raise ValueError(f"rows: unless names {unknown.pop()}, which is no row")
        covered = {row.change for row in self.rows if not row.when}
        if open_ends := sorted(CHANGES - covered):
            raise ValueError(f"rows: {open_ends[0]} has no row without conditions")
        return self

    def row_of(self, change: str, facts: Mapping[str, Any]) -> Row | None:
        return self._by_change[change](facts)

    def by_id(self, row_id: str) -> Row | None:
        return self._by_id.get(row_id)

    def precedence(self, row: Row) -> int:
        return self._places[row.id]

    @cached_property
    def _by_change(self) -> Mapping[str, FirstThatHolds[Row]]:
        return {change: FirstThatHolds([r for r in self.rows if r.change == change]) for change in CHANGES}

    @cached_property
    def _by_id(self) -> Mapping[str, Row]:
        return {row.id: row for row in self.rows}

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {row.id: place for place, row in enumerate(self.rows)}


class StageRow(Cells):
    """A stage by conditions, with what it is called and what happens next."""

    when: Conditions
    stage: str
    next: Sentence
    title: Word | None = None
    done: bool = False

    @field_validator("when")
    @classmethod
    def _known_conditions(cls, value: Conditions) -> Conditions:
        return _check_conditions(value, STAGE_CONDITIONS)

    @field_validator("next")
    @classmethod
    def _known_variables(cls, value: Sentence) -> Sentence:
        _check_names(value.variables, NEXT_VARIABLES, "variable")
        return value


@dataclass(frozen=True, slots=True)
class StageNames:
    """The stages of a line in order: by id, and as each language calls them."""

    ids: tuple[str, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]

    @staticmethod
    def of(stages: Mapping[str, Word]) -> "StageNames":
        words = stages.values()
        return StageNames(tuple(stages), tuple(w.zh for w in words), tuple(w.en for w in words))


class StageRules(Table):
    """rules/stages.yaml."""

    case_stages: dict[str, Word]
    claim_stages: dict[str, Word]
    case: tuple[StageRow, ...] = Field(min_length=1)
    claim: tuple[StageRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, rows, stages in (("case", self.case, self.case_stages), ("claim", self.claim, self.claim_stages)):
            if rows[-1].when:
                raise ValueError(f"{name}: the last row must have no conditions")
            if unknown := [row.stage for row in rows if row.stage not in stages]:
                raise ValueError(f"{name}: stage {unknown[0]} does not stand in {name}_stages")
            if name == "case" and any(row.title is None for row in rows):
                raise ValueError("case: each row needs a title")
        return self

    def case_row(self, facts: Mapping[str, Any]) -> StageRow:
        return self._case_rows(facts) or self.case[-1]

    def claim_row(self, facts: Mapping[str, Any]) -> StageRow:
        return self._claim_rows(facts) or self.claim[-1]

    @cached_property
    def _case_rows(self) -> FirstThatHolds[StageRow]:
        return FirstThatHolds(self.case)

    @cached_property
    def _claim_rows(self) -> FirstThatHolds[StageRow]:
        return FirstThatHolds(self.claim)

    @cached_property
    def case_names(self) -> StageNames:
        return StageNames.of(self.case_stages)

    @cached_property
    def claim_names(self) -> StageNames:
        return StageNames.of(self.claim_stages)


def _check_names(names: Iterable[str], allowed: Iterable[str], what: str) -> None:
    if unknown := sorted(set(names) - set(allowed)):
        raise ValueError(f"{unknown[0]} is no {what}; there are {', '.join(sorted(allowed))}")


def _check_conditions(when: Conditions, allowed: Mapping[str, frozenset[Any]]) -> Conditions:
    _check_names(when, allowed, "condition")
    for name, wanted in when.items():
        for value in wanted:
            if value not in allowed[name]:
                known = ", ".join(sorted(str(v) for v in allowed[name]))
                raise ValueError(f"{name}: {value} is no value of it; there are {known}")
    return when


@dataclass(frozen=True, slots=True)
class Rules:
    """All tables of this service."""

    notices: NoticeRules
    stages: StageRules
    words: Words


def load_rules(today: date, directory: Path = RULES_DIR) -> Rules:
    """Raises `tables.TableError`, which names file and cell."""
    return Rules(
        notices=read_table(directory / "notices.yaml", NoticeRules, today),
        stages=read_table(directory / "stages.yaml", StageRules, today),
        words=read_table(directory / "words.yaml", Words, today),
    )
