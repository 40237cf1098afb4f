"""The rule book: every version of every rule file, and the set of them that is in force on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.claims.decision_table import DecisionTable, load_table, read_json
from services.claims.rule_error import RuleError
from services.claims.rule_models import (
    AuthorityFile,
    DeadlinesFile,
    EvidenceFile,
    FastTrackFile,
    LawFile,
    Meta,
    OpeningFile,
    first_fault,
    read_yaml,
)
from services.claims.vocabulary import AMOUNT, LIABILITY, Columns
from shared.contracts.claims import Law

RULES_DIR = Path(__file__).parent / "rules"
LISTS: Mapping[str, type[Meta]] = {
    "law": LawFile,
    "opening": OpeningFile,
    "evidence": EvidenceFile,
    "fasttrack": FastTrackFile,
    "deadlines": DeadlinesFile,
    "authority": AuthorityFile,
}
CHINA = timezone(timedelta(hours=8))
TABLES: Mapping[str, Columns] = {"liability": LIABILITY, "amount": AMOUNT}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in force on one day; `version` is the newest file's date and a hash of all their bytes."""

    version: str
    law: LawFile
    opening: OpeningFile
    evidence: EvidenceFile
    fasttrack: FastTrackFile
    deadlines: DeadlinesFile
    authority: AuthorityFile
    liability: DecisionTable
    amount: DecisionTable

    def cited(self, refs: Sequence[str]) -> tuple[Law, ...]:
        return tuple(Law(**self.law.articles[ref].model_dump()) for ref in refs)


@dataclass(frozen=True, slots=True)
class RuleFile:
    name: str
    meta: Meta
    content: bytes

    def holds(self, day: date) -> bool:
        return self.meta.valid_from <= day and (self.meta.valid_to is None or day < self.meta.valid_to)


class RuleBook:
    """Rule files by id. A claim is decided by the set in force on the day it was opened."""

    def __init__(self, files: Sequence[RuleFile]) -> None:
        self._files = files
        self._sets: dict[tuple[str, ...], RuleSet] = {}
        self._days: dict[date, RuleSet] = {}

    def at(self, when: datetime) -> RuleSet:
        """The rules in force at that moment, by the date in China. Raises `RuleError` where there are none."""
        day = when.astimezone(CHINA).date()
        if day not in self._days:
            self._days[day] = self.on(day)
        return self._days[day]

    def on(self, day: date) -> RuleSet:
        """Raises `RuleError` where an id has no file in force on that day."""
        chosen: dict[str, RuleFile] = {}
        for name in (*LISTS, *TABLES):
            found = [f for f in self._files if f.meta.id == name and f.holds(day)]
            if len(found) != 1:
                raise RuleError(name, "valid_from", f"no rules are in force on {day.isoformat()}")
            chosen[name] = found[0]
        key = tuple(f.name for f in chosen.values())
        if key not in self._sets:
            self._sets[key] = _rule_set(chosen)
        return self._sets[key]


def load(directory: Path = RULES_DIR) -> RuleBook:
    """Every file of the directory, each checked, in every combination that is ever in force together.

    Raises `RuleError`: a bad cell, an id that is missing or unknown, two files of an id that overlap in time,
    or a gap in time between them.
    """
    files = [_read(path) for path in sorted(directory.iterdir()) if path.suffix in (".json", ".yaml")]
    for name in (*LISTS, *TABLES):
        _check_times(name, [f for f in files if f.meta.id == name])
    book = RuleBook(files)
    first_days = {f.meta.valid_from for f in files}
    begin = max(min(f.meta.valid_from for f in files if f.meta.id == name) for name in (*LISTS, *TABLES))
    for day in sorted(first_days | {begin}):
        if day >= begin:
            book.on(day)
    return book


@cache
def shipped() -> RuleBook:
    """The rules that the service ships with."""
    return load()


def _read(path: Path) -> RuleFile:
    content = path.read_bytes()
    if path.suffix == ".yaml":
        name = path.name.split(".")[0]
        if name not in LISTS:
            raise RuleError(path.name, "", f"unknown rule file; there are {', '.join((*LISTS, *TABLES))}")
        return RuleFile(path.name, read_yaml(path.name, content, LISTS[name]), content)
    document = read_json(path.name, content)
    try:
        meta = Meta.model_validate(document.get("meta"))
    except ValidationError as error:
        where, what = first_fault(error)
        raise RuleError(path.name, f"meta.{where}", what) from error
    if meta.id not in TABLES:
        raise RuleError(path.name, "meta.id", f"unknown table; there are {', '.join(TABLES)}")
    return RuleFile(path.name, meta, content)


def _check_times(name: str, files: Sequence[RuleFile]) -> None:
    if not files:
        raise RuleError(name, "", "no such rule file")
    ordered = sorted(files, key=lambda f: f.meta.valid_from)
    for earlier, later in pairwise(ordered):
        end, start = earlier.meta.valid_to, later.meta.valid_from
        if end is None or end > start:
            raise RuleError(later.name, "valid_from", f"overlaps with {earlier.name}")
        if end < start:
            raise RuleError(later.name, "valid_from", f"leaves a gap after {earlier.name}")


def _rule_set(chosen: Mapping[str, RuleFile]) -> RuleSet:
    lists: dict[str, Any] = {name: chosen[name].meta for name in LISTS}
    laws = frozenset(lists["law"].articles)
    tables: dict[str, Any] = {
        name: load_table(chosen[name].name, read_json(chosen[name].name, chosen[name].content), columns, laws)
        for name, columns in TABLES.items()
    }
    digest = sha256(b"\0".join(chosen[name].content for name in sorted(chosen))).hexdigest()
    newest = max(f.meta.version for f in chosen.values())
    return RuleSet(version=f"{newest.isoformat()}#{digest[:8]}", **lists, **tables)
