"""Real chats that were labelled by reading them, and how much of the labels is found: docs/extraction.md (IN-7).

The labels name chats by their line and places by position; the texts stay where they are (skipped where absent).
A chat has both sides in one line, cut at its ASCII commas: `extraction_turns.jsonl` says which pieces the customer
said. Intake gets those, so they are what is read: neighbours as one message, as the customer may have sent them.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from services.intake.extraction import Mark, find
from shared.contracts.interactions import FindingKind
from tests.unit.intake.given import NOW, SHARED_DATA

MESSAGES = SHARED_DATA / "messages"
CHATS = MESSAGES / "jddc_contexts_zh.jsonl"
WORDS_ONLY = {"sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"}
"""Batches in which only goods, nodes and wishes were labelled."""
WORDS = {FindingKind.GOODS_TYPE, FindingKind.EXCEPTION_NODE, FindingKind.WISHED_SOLUTION}
_HERE = Path(__file__).parent


@cache
def chats() -> tuple[str, ...]:
    return tuple(json.loads(line)["context"] for line in CHATS.read_text("utf-8").splitlines())


def turns(which: str) -> Mapping[int, tuple[int, ...]]:
    """By chat: the numbers of the pieces that the customer said."""
    rows = _rows("extraction_turns.jsonl")
    return {row["chat"]: tuple(row["customer"]) for row in rows if row["set"] == which}


def labels(which: str) -> Mapping[int, list[dict[str, Any]]]:
    """By chat, of those in which there is something to find."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows("extraction_labels.jsonl"):
        if row["set"] == which:
            found[row["chat"]].append(row)
    return found


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, (_HERE / name).read_text("utf-8").splitlines())


def messages(text: str, pieces: tuple[int, ...]) -> Iterator[tuple[int, str]]:
    """Each message of the customer, and where in the chat it begins."""
    ends = [at for at, letter in enumerate(text) if letter == ","] + [len(text)]
    begins = [0, *(end + 1 for end in ends)]
    at = 0
    while at < len(pieces):
        first = pieces[at]
        while at + 1 < len(pieces) and pieces[at + 1] == pieces[at] + 1:
            at += 1
        yield begins[first], text[begins[first] : ends[pieces[at]]]
        at += 1


class Score:
    """Hits, false findings and misses of a kind, and hits that stand where the label does."""

    def __init__(self) -> None:
        self.hit = self.false = self.missed = self.placed = 0

    @property
    def precision(self) -> float:
        return self.hit / max(1, self.hit + self.false)

    @property
    def recall(self) -> float:
        return self.hit / max(1, self.hit + self.missed)

    def row(self, kind: str) -> str:
        found, wanted = self.hit + self.false, self.hit + self.missed
        return f"| {kind} | {self.hit}/{found} = {self.precision:.2f} | {self.hit}/{wanted} = {self.recall:.2f} |"


def scores(*sets: str) -> Mapping[str, Score]:
    """By kind. A label counts as found where the same kind has the same value in any message of its chat."""
    by_kind = defaultdict[str, Score](Score)
    for which in sets:
        wanted = labels(which)
        for chat, pieces in turns(which).items():
            found = _found(chats()[chat], pieces)
            if which in WORDS_ONLY:
                found = {key: mark for key, mark in found.items() if mark.kind in WORDS}
            _count(by_kind, found, {(x["kind"], x["value"]): x for x in wanted[chat]})
    return by_kind


def _found(text: str, pieces: tuple[int, ...]) -> Mapping[tuple[str, str], Mark]:
    found: dict[tuple[str, str], Mark] = {}
    for begin, message in messages(text, pieces):
        for mark in find(message, NOW):
            place = mark._replace(start=mark.start + begin, end=mark.end + begin)
            found.setdefault((mark.kind.value, mark.value), place)
    return found


def _count(
    by_kind: Mapping[str, Score],
    found: Mapping[tuple[str, str], Mark],
    wanted: Mapping[tuple[str, str], Mapping[str, Any]],
) -> None:
    for key, label in wanted.items():
        score = by_kind[key[0]]
        score.hit += key in found
        score.missed += key not in found
        score.placed += key in found and found[key].start < label["end"] and label["start"] < found[key].end
    for key in found.keys() - wanted.keys():
        by_kind[key[0]].false += 1
