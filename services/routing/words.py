"""A keyword as an operator writes it, and where it stands in a text, Chinese or English."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

STRONG = 3
WEAK = 1
_ZH_GAP = r"[^。！？!?；;，,\n]{0,6}?"
_EN_GAP = r"(?:[a-z0-9]+ ){0,3}?"


class Hit(NamedTuple):
    """A keyword in a text, from `start` to before `end`."""

    start: int
    end: int
    weight: int
    words: str


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword: `parts` must all occur before `pattern` (None: the single part is all) is tried."""

    parts: tuple[str, ...]
    pattern: re.Pattern[str] | None
    weight: int

    def found_in(self, text: str) -> Hit | None:
        """The first place where it stands, or None."""
        if self.pattern is None:
            part = self.parts[0]
            start = text.find(part)
            return None if start < 0 else Hit(start, start + len(part), self.weight, part.strip())
        for part in self.parts:
            if part not in text:
                return None
        match = self.pattern.search(text)
        return Hit(*match.span(), self.weight, match.group().strip()) if match else None


def word(text: str, language: str, weight: int = STRONG) -> Word:
    """A keyword as an operator writes it. Raises ValueError where it is empty or begins or ends with a gap."""
    parts = [part.strip() for part in text.lower().split("*")]
    if not all(parts):
        raise ValueError("empty, or a gap at its begin or end")
    return _english(parts, weight) if language == "en" else _chinese(parts, weight)


def _chinese(parts: Sequence[str], weight: int) -> Word:
    if len(parts) == 1 and parts[0].isdigit():
        return Word((parts[0],), re.compile(rf"(?<!\d){parts[0]}(?!\d)"), weight)
    if len(parts) == 1:
        return Word((parts[0],), None, weight)
    return Word(tuple(parts), re.compile(_ZH_GAP.join(map(re.escape, parts))), weight)


def _english(parts: Sequence[str], weight: int) -> Word:
    """Whole words; `~` ends a stem."""
    padded = [f" {part.removesuffix('~')}" + ("" if part.endswith("~") else " ") for part in parts]
    if len(parts) == 1 and padded[0].endswith(" "):
        return Word((padded[0],), None, weight)
    bodies = [re.escape(part.removesuffix("~")) + ("[a-z0-9]*" if part.endswith("~") else "") for part in parts]
    return Word(tuple(padded), re.compile(f" {f' {_EN_GAP}'.join(bodies)} "), weight)
