"""The words of a text that decided: each n-gram warms the characters that it covers, the warmest places are shown."""

import re
from collections.abc import Iterator, Mapping

from services.routing.lexicon import Text
from services.routing.model.ngrams import LONGEST

WARM = 0.35
"""Of the warmest character's heat: what is warmer belongs to a reason."""
_WORD = re.compile("[a-z0-9]+")
_MARK = re.compile(r"[\s，。！？、；：,.!?;:~…]")


def reasons(text: Text, weights: Mapping[str, int], most: int) -> tuple[str, ...]:
    """Up to `most` pieces as they stand in the text, the strongest first; `weights`: of each n-gram for the class."""
    found = [*_of_chinese(text.zh[:LONGEST], weights)] if text.zh else [*_of_english(text.en[:LONGEST], weights)]
    found.sort(reverse=True)
    return tuple(dict.fromkeys(piece for _, piece in found))[:most]


def _heat(line: str, weights: Mapping[str, int]) -> list[float]:
    heat = [0.0] * len(line)
    for gram, weight in weights.items():
        share, start = weight / len(gram), line.find(gram)
        while start >= 0:
            for place in range(start, start + len(gram)):
                heat[place] += share
            start = line.find(gram, start + 1)
    return heat


def _of_chinese(line: str, weights: Mapping[str, int]) -> Iterator[tuple[float, str]]:
    """Runs of warm characters."""
    heat = _heat(line, weights)
    least = WARM * max(heat, default=0.0)
    run = ""
    warmth = 0.0
    for letter, warm in (*zip(line, heat, strict=True), ("。", 0.0)):
        if least < warm and not _MARK.match(letter):
            run, warmth = run + letter, max(warmth, warm)
        elif run:
            yield warmth, run
            run, warmth = "", 0.0


def _of_english(line: str, weights: Mapping[str, int]) -> Iterator[tuple[float, str]]:
    """Warm words, by the sum of their letters."""
    heat = _heat(line, weights)
    words = [(sum(heat[m.start() : m.end()]), m.group()) for m in _WORD.finditer(line)]
    least = WARM * max((warm for warm, _ in words), default=0.0)
    yield from ((warm, word) for warm, word in words if least < warm)
