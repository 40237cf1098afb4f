"""The words of goods, nodes and solutions: rules/goods.yaml and vocabulary.yaml, and where they stand in a text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.intake import lined_yaml
from services.intake.extraction.alternation import WordPlaces, alternation
from services.intake.extraction.gate import Gated
from services.intake.gateways import RULES
from shared.contracts.interactions import FindingKind, Solution
from shared.contracts.parcels import Node


def _compilable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


_INSIDE = re.compile("[a-z0-9]")
_COMMON = frozenset("的我是一不了在有这个你您来就还到给")
"""Letters that most texts have."""
Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compilable)]
Word = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^A-Z]+$")]
Code = Annotated[str, Field(pattern=r"^[a-z_]{2,30}$")]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Row):
    """A word counts where `when` matches around it (and then that is the place), and `unless` does not."""

    zh: tuple[Word, ...] = ()
    en: tuple[Word, ...] = ()
    when: Pattern | None = None
    unless: Pattern | None = None


class _File(_Row):
    """What each of the two files says of itself, as an operator edits it."""

    source: str
    valid_from: date
    valid_to: date | None
    neutral: Entry


class _Goods(_File):
    aside: Pattern
    goods_types: Mapping[Code, tuple[Entry, ...]]


class _TakenBack(_Row):
    of: tuple[Solution, ...]
    where: Pattern


class _Said(_File):
    denied: Pattern
    taken_back: _TakenBack
    desk: Pattern
    customer: Pattern
    supposed: Pattern
    exception_nodes: Mapping[Node, tuple[Entry, ...]]
    wished_solutions: Mapping[Solution, tuple[Entry, ...]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word stands for, what must be around it and what must not, and how it may be taken back further on."""

    kind: FindingKind
    value: str
    when: Gated | None
    unless: Gated | None
    taken_back: Gated | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words, of each language for itself, and their meanings."""

    zh: WordPlaces
    en: re.Pattern[str]
    meanings: Mapping[str, tuple[Meaning, ...]]
    denied: Gated
    desk: Gated
    customer: Gated
    supposed: Gated
    aside: Gated

    def words(
        self, text: str, letters: frozenset[str], *, latin: bool, han: bool
    ) -> Iterator[tuple[tuple[Meaning, ...], int, int]]:
        """Meanings, start and end of each word in a text in lower case."""
        if han:
            for word, at in self.zh.find(text, letters):
                yield self.meanings[word], at, at + len(word)
        if latin:
            for m in self.en.finditer(text):
                # Not a lookbehind: a pattern that begins with its letters skips the places where none of them stands.
                if not _INSIDE.match(text, m.start() - 1 if m.start() else len(text)):
                    yield self.meanings[m[1]], m.start(), m.end()


@cache
def vocabulary(file: Path = RULES / "vocabulary.yaml", goods: Path = RULES / "goods.yaml") -> Vocabulary:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    read, named = lined_yaml.load(file, _Said), lined_yaml.load(goods, _Goods)
    taken_back = dict.fromkeys((wish.value for wish in read.taken_back.of), Gated(read.taken_back.where))
    entries = [
        (_meaning(kind, value, entry, taken_back.get(value)), entry) for kind, value, entry in _entries(read, named)
    ]
    neutral = (read.neutral, named.neutral)
    meanings: dict[str, tuple[Meaning, ...]] = {word: () for entry in neutral for word in (*entry.zh, *entry.en)}
    for meaning, entry in entries:
        for word in (*entry.zh, *entry.en, *_longer(meaning, entry, entries)):
            meanings[word] = (*meanings.get(word, ()), meaning)
    known = (*neutral, *(entry for _, entry in entries))
    en = alternation(word for entry in known for word in entry.en)
    return Vocabulary(
        zh=WordPlaces(word for entry in known for word in entry.zh),
        en=re.compile(rf"({en})(?:'?s|es|d|ed|ing|ment)?(?![a-z0-9])"),
        meanings=meanings,
        denied=Gated(read.denied, _COMMON),
        desk=Gated(read.desk, _COMMON),
        customer=Gated(read.customer),
        supposed=Gated(read.supposed, _COMMON),
        aside=Gated(named.aside, _COMMON),
    )


def _longer(meaning: Meaning, entry: Entry, entries: Sequence[tuple[Meaning, Entry]]) -> Iterator[str]:
    """A node's words in which one of the entry's stands: where 在路上 is found, 路上 is not looked for any more."""
    if meaning.kind is FindingKind.EXCEPTION_NODE:
        others = (other.zh for same, other in entries if same.value == meaning.value and other is not entry)
        known = set(entry.zh)
        yield from sorted({word for word in chain(*others) if word not in known and any(w in word for w in entry.zh)})


def _entries(read: _Said, goods: _Goods) -> Iterator[tuple[FindingKind, str, Entry]]:
    goods_types = ((FindingKind.GOODS_TYPE, code, entries) for code, entries in goods.goods_types.items())
    nodes = ((FindingKind.EXCEPTION_NODE, node.value, entries) for node, entries in read.exception_nodes.items())
    wishes = ((FindingKind.WISHED_SOLUTION, wish.value, entries) for wish, entries in read.wished_solutions.items())
    for kind, value, entries in chain(goods_types, nodes, wishes):
        yield from ((kind, value, entry) for entry in entries)


def _meaning(kind: FindingKind, value: str, entry: Entry, taken_back: Gated | None) -> Meaning:
    given = frozenset("".join(entry.zh))
    when, unless = (Gated(pattern, given) if pattern else None for pattern in (entry.when, entry.unless))
    return Meaning(kind, value, when, unless, taken_back)
