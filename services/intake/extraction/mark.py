"""A place in a text that says something: what it is, what it means, from where to where."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.contracts.interactions import FindingKind


class Mark(NamedTuple):
    """`text[start:end]` means `value`; `currency` is for amounts, whose value is in hundredths of it (fen, cents)."""

    kind: FindingKind
    value: str
    start: int
    end: int
    currency: str | None = None


def without_overlaps(*groups: Iterable[Mark]) -> list[Mark]:
    """Where two overlap, the earlier group's mark stays; within a group the first, or the longer."""
    kept: list[Mark] = []
    for group in groups:
        marks = list(group)
        if not marks:
            continue
        marks.sort(key=_by_start)
        end, before = 0, tuple(kept)
        for mark in marks:
            if mark.start >= end and not any(mark.start < other.end and other.start < mark.end for other in before):
                kept.append(mark)
                end = mark.end
    return kept


def _by_start(mark: Mark) -> tuple[int, int]:
    return mark.start, -mark.end


def first_of_each(marks: Iterable[Mark]) -> list[Mark]:
    """In order of appearance, each value of a kind once: where it stands first."""
    seen: dict[tuple[str, str, str | None], Mark] = {}
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        seen.setdefault((mark.kind, mark.value, mark.currency), mark)
    return list(seen.values())
