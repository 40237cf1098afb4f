"""rules/playbook: the lists and the entries, checked for gaps, overlaps, translations and variables (RO-10)."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.lined_rule_file import LINE, LinedRuleFile
from services.routing.playbook import GENERAL, LANGUAGES, VARIABLES, Book, Entry, Party, Symptom, Text
from services.routing.rule_file import RuleFile
from shared.contracts.parcels import ExceptionKind, Node

LISTS = "lists.yaml"
ANY = "any"
END = "end"
CLOCKS = ("calendar", "business")


def load(directory: Path, today: date | None = None) -> Book:
    """The whole book. Raises `RuleError` with file and line."""
    lists = LinedRuleFile.read(directory / LISTS, today)
    files = [LinedRuleFile.read(path, today) for path in sorted(directory.glob("*.yaml")) if path.name != LISTS]
    book = Book(
        version=hashlib.sha256("".join(f.digest for f in (lists, *files)).encode()).hexdigest()[:8],
        departments=_parties(lists, "departments"),
        partners=_parties(lists, "partners"),
        symptoms={name: _symptom(lists, name) for name in _names(lists, "symptoms")},
        nodes={node: _words(lists.row(lists.get("nodes", dict)), node.value) for node in Node},
        entries=(),
    )
    for name in _names(lists, "nodes"):
        lists.choice("nodes", name, list(Node))
    entries = tuple(_entry(file, row, book) for file in files for row in file.get("entries", list))
    _no_overlaps(entries)
    _no_gaps(lists, book, entries)
    return Book(book.version, book.departments, book.partners, book.symptoms, book.nodes, entries)


def _names(part: RuleFile, cell: str) -> list[str]:
    return [name for name in part.get(cell, dict) if name != LINE]


def _words(part: RuleFile, cell: str) -> Text:
    """A text in both languages, none of them empty."""
    found = part.by_language(cell)
    for language, text in found.items():
        if not text.strip():
            raise RuleError(part.file, f"{cell}.{language}", "is empty: the translation is missing")
    return found


def _parties(lists: LinedRuleFile, cell: str) -> Mapping[str, Party]:
    found = {}
    for name in _names(lists, cell):
        row = lists.row(lists.get(f"{cell}.{name}", dict))
        found[name] = Party(name, _words(row, "title"), _words(row, "contact"))
    return found


def _symptom(lists: LinedRuleFile, name: str) -> Symptom:
    row = lists.row(lists.get(f"symptoms.{name}", dict))
    exceptions = [row.choice("exceptions", kind, list(ExceptionKind)) for kind in row.texts("exceptions")]
    return Symptom(name, _words(row, "title"), row.texts("tags"), tuple(ExceptionKind(e) for e in exceptions))


def _entry(file: LinedRuleFile, raw: Any, book: Book) -> Entry:
    part = file.row(raw)
    at = file.choice("node", file.get("node", str), [ANY, *Node])
    partner = part.content.get("partner")
    order = part.content.get("order")
    following = part.choice("next", part.get("next", str), [END, *Node])
    return Entry(
        file=file.file,
        line=raw[LINE],
        node=None if at == ANY else Node(at),
        symptom=part.choice("symptom", part.get("symptom", str), list(book.symptoms)),
        department=book.departments[part.choice("department", part.get("department", str), list(book.departments))],
        partner=None if partner is None else book.partners[part.choice("partner", partner, list(book.partners))],
        hours=part.whole("hours", 1, 24 * 60),
        business=part.choice("clock", part.get("clock", str), CLOCKS) == "business",
        order=None if order is None else str(order),
        handover=part.texts("handover"),
        steps=_steps(part),
        question=_answer(part, "question", frozenset()),
        answer=_answer(part, "answer", VARIABLES),
        basis=_words(part, "basis") if "basis" in part.content else _own_basis(file),
        next=None if following == END else Node(following),
        by_law="basis" in part.content,
    )


def _own_basis(file: LinedRuleFile) -> Text:
    """The file's source, which is written "zh / en"."""
    parts = [part.strip() for part in str(file.content["source"]).split(" / ")]
    if len(parts) != len(LANGUAGES) or not all(parts):
        raise RuleError(file.file, "source", 'must be written "Chinese / English": customers read it')
    return dict(zip(LANGUAGES, parts, strict=True))


def _steps(part: RuleFile) -> Mapping[str, tuple[str, ...]]:
    steps = {language: part.texts(f"steps.{language}") for language in LANGUAGES}
    if not steps["zh"] or len(steps["zh"]) != len(steps["en"]):
        raise RuleError(part.file, "steps", f"{len(steps['zh'])} in zh and {len(steps['en'])} in en: one for each")
    return steps


def _answer(part: RuleFile, cell: str, allowed: frozenset[str]) -> Text:
    texts = _words(part, cell)
    used = {language: _variables(part, f"{cell}.{language}", text) for language, text in texts.items()}
    for language, names in used.items():
        if unknown := names - allowed:
            raise RuleError(part.file, f"{cell}.{language}", f"no such variable: {', '.join(sorted(unknown))}")
    if used["zh"] != used["en"]:
        raise RuleError(part.file, cell, f"zh and en name different variables: {sorted(used['zh'] ^ used['en'])}")
    return texts


def _variables(part: RuleFile, cell: str, text: str) -> frozenset[str]:
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError as error:
        raise RuleError(part.file, cell, f"{error}; write {{who}}, {{time}} …") from error


def _no_overlaps(entries: Sequence[Entry]) -> None:
    seen: dict[tuple[Node | None, str], Entry] = {}
    for entry in entries:
        first = seen.setdefault((entry.node, entry.symptom), entry)
        if first is not entry:
            raise RuleError(
                f"{entry.file}:{entry.line}", "symptom", f"{entry.symptom} stands in {first.file}:{first.line}, too"
            )


def _no_gaps(lists: LinedRuleFile, book: Book, entries: Sequence[Entry]) -> None:
    """What can happen at a node has an entry there, and only that; every symptom has one for any node."""
    matrix = lists.row(lists.get("can_happen", dict))
    if GENERAL not in book.symptoms:
        raise RuleError(lists.file, "symptoms", f"{GENERAL} is missing: what nobody foresaw falls there")
    wanted: set[tuple[Node | None, str]] = {(None, name) for name in book.symptoms}
    for node in Node:
        names = matrix.texts(node.value)
        if not names:
            raise RuleError(matrix.file, f"can_happen.{node.value}", "is empty")
        wanted |= {(node, matrix.choice(f"can_happen.{node.value}", name, list(book.symptoms))) for name in names}
    have = {(entry.node, entry.symptom): entry for entry in entries}
    if missing := sorted(f"{node.value if node else ANY}/{name}" for node, name in wanted - set(have)):
        raise RuleError(matrix.file, "can_happen", f"no entry for {', '.join(missing)}")
    for place, entry in have.items():
        if place not in wanted:
            raise RuleError(f"{entry.file}:{entry.line}", "symptom", f"can_happen does not list {entry.symptom} here")
