"""The words of pushes (rules/pushes.yaml), beside those that customers read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self, get_args

from pydantic import model_validator

from services.notify.lined import read_lined
from services.notify.tables import Table, Word
from services.notify.words import OTHER, Words, full_time
from shared.contracts.cases import CaseKind
from shared.contracts.handovers import ShiftReason
from shared.contracts.parcels import ExceptionKind
from shared.contracts.staff import Party, StaffRole

FILE = Path(__file__).parents[1] / "rules" / "pushes.yaml"


class PushWords(Table):
    parties: Mapping[str, Word]
    reasons: Mapping[str, Word]
    leavings: Mapping[str, Word]
    order_kinds: Mapping[str, Word]
    fields: Mapping[str, Word]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for table in ("parties", "reasons"):
            if OTHER not in getattr(self, table):
                raise ValueError(f"{table}: {OTHER} has no name")
        if unknown := set(get_args(ShiftReason)) ^ self.leavings.keys():
            raise ValueError(f"leavings: {min(unknown)} has no name, or is no reason to go")
        if missing := [role for role in StaffRole if f"role/{role}" not in self.parties]:
            raise ValueError(f"parties: role/{missing[0]} has no name")
        return self


def load_push_words(today: date, path: Path = FILE) -> PushWords:
    """Raises `tables.TableError` with file:line."""
    return read_lined(path, PushWords, today)


@dataclass(frozen=True, slots=True)
class Tongue:
    """Says names in one language."""

    own: PushWords
    words: Words
    language: str

    def party(self, party: Party) -> str:
        return (self.own.parties.get(str(party)) or self.own.parties[OTHER])[self.language]

    def reason(self, reason: str) -> str:
        return (self.own.reasons.get(reason) or self.own.reasons[OTHER])[self.language]

    def leaving(self, reason: ShiftReason) -> str:
        return self.own.leavings[reason][self.language]

    def order_kind(self, kind: str) -> str:
        return self.own.order_kinds[kind][self.language] if kind in self.own.order_kinds else kind

    def field(self, name: str) -> str:
        return self.own.fields[name][self.language] if name in self.own.fields else name

    def case_kind(self, kind: CaseKind) -> str:
        return self.words.case_kinds[kind][self.language]

    def group(self, group: str) -> str:
        return self.words.open_name(self.words.groups, group, self.language)

    def exception(self, kind: ExceptionKind) -> str:
        return self.words.exceptions[kind][self.language]

    def time(self, at: datetime) -> str:
        return full_time(at, self.language)
