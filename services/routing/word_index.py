"""Which keywords stand in a text: looked up by one mark of each, so that no text is searched for thousands."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add, itemgetter

from services.routing.words import Hit, Word

ALWAYS = ""
"""The mark of a word that has no better one."""
STEM = 3
"""Letters by which the beginning of an English word is looked up."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of a topic, or one of its phrases to cut out."""

    topic: str
    word: Word
    is_phrase: bool = False


class WordIndex:
    """`marks_of_text` gives every mark that a word in the text could have; `marks_of_word` those of a word."""

    def __init__(
        self,
        entries: Iterable[Entry],
        marks_of_text: Callable[[str], Iterable[str]],
        marks_of_word: Callable[[Word], Iterable[str]],
    ) -> None:
        self._marks_of_text = marks_of_text
        marks = [(entry, tuple(marks_of_word(entry.word)) or (ALWAYS,)) for entry in entries]
        often = Counter(mark for _, found in marks for mark in set(found))
        self._by_mark: dict[str, list[tuple[str, int, Entry]]] = {}
        for place, (entry, found) in enumerate(marks):
            rarest = min(found, key=lambda mark: (often[mark], mark))
            self._by_mark.setdefault(rarest, []).append((entry.word.parts[0], place, entry))
        self._marks = frozenset(self._by_mark)

    def search(self, text: str) -> dict[str, list[Hit]]:
        """The hits of each topic, after the phrases that mean its opposite were cut out, in their order."""
        words: dict[str, list[Word]] = {}
        phrases: dict[str, list[tuple[int, Word]]] = {}
        for mark in self._marks.intersection(self._marks_of_text(text)):
            for part, place, entry in self._by_mark[mark]:
                if part not in text:
                    continue
                if entry.is_phrase:
                    phrases.setdefault(entry.topic, []).append((place, entry.word))
                else:
                    words.setdefault(entry.topic, []).append(entry.word)
        hits: dict[str, list[Hit]] = {}
        for topic, present in words.items():
            left = _without(phrases[topic], text) if topic in phrases else text
            if found := [hit for word in present if (hit := word.found_in(left))]:
                hits[topic] = found
        return hits


def _without(phrases: Sequence[tuple[int, Word]], text: str) -> str:
    for _, phrase in sorted(phrases, key=itemgetter(0)):
        while phrase.parts[0] in text and (hit := phrase.found_in(text)):
            text = text.replace(hit.words, ".")
    return text


def chinese(entries: Iterable[Entry]) -> WordIndex:
    """Marks are characters and pairs of neighbours."""
    return WordIndex(entries, _chinese_marks, _of_chinese_word)


def english(entries: Iterable[Entry]) -> WordIndex:
    """Marks are whole words and the first letters of words."""
    return WordIndex(entries, _english_marks, _of_english_word)


def _chinese_marks(text: str) -> Iterable[str]:
    return chain((ALWAYS,), text, map(add, text, text[1:]))


def _of_chinese_word(word: Word) -> set[str]:
    pairs = {pair for part in word.parts for pair in map(add, part, part[1:])}
    return pairs or {part for part in word.parts if len(part) == 1}


def _english_marks(text: str) -> Iterable[str]:
    tokens = text.split()
    return chain((ALWAYS,), tokens, map(_beginning, tokens))


def _of_english_word(word: Word) -> set[str]:
    whole = {token for part in word.parts for token in _whole_tokens(part)}
    stems = {part.split()[-1] for part in word.parts if not part.endswith(" ")}
    return whole or {_beginning(stem) for stem in stems if len(stem) >= STEM}


def _whole_tokens(part: str) -> list[str]:
    """The last one of a part that ends in a stem may go on in the text."""
    return part.split() if part.endswith(" ") else part.split()[:-1]


def _beginning(token: str) -> str:
    return token[:STEM] + "~"
