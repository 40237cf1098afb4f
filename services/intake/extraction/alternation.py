"""Many words looked for at once: as one regular expression, or by the pairs of letters that they begin with."""

import re
from collections.abc import Iterable, Iterator


def alternation(words: Iterable[str]) -> str:
    """Matches the longest of `words`: a tree of their letters. Without any it matches nothing."""
    listed = set(filter(None, words))
    return _branches(listed) if listed else r"(?!)"


def _branches(words: set[str]) -> str:
    rest: dict[str, set[str]] = {}
    for word in words:
        if word:
            rest.setdefault(word[0], set()).add(word[1:])
    branches = [re.escape(letter) + (_branches(tails) if tails != {""} else "") for letter, tails in rest.items()]
    together = branches[0] if len(branches) == 1 and "" not in words else f"(?:{'|'.join(branches)})"
    return together + ("?" if "" in words else "")


def one_of(letters: Iterable[str]) -> str:
    """A class of letters; without any it matches nothing."""
    listed = "".join(re.escape(letter) for letter in sorted(letters))
    return f"[{listed}]" if listed else r"(?!)"


class WordPlaces:
    """The longest of many words at each place of a text, from left to right, without overlaps.

    Chinese has thousands of letters: a place where one of the first letters stands before one of the second is rare,
    and a class of letters is skipped in C. A tree of all words would be tried at every first letter instead.
    """

    def __init__(self, words: Iterable[str]) -> None:
        listed = sorted(set(filter(None, words)), key=len, reverse=True)
        self._alone = frozenset(word for word in listed if len(word) == 1)
        self._by_pair: dict[str, tuple[str, ...]] = {}
        for word in listed:
            if len(word) > 1:
                self._by_pair[word[:2]] = (*self._by_pair.get(word[:2], ()), word)
        firsts = one_of({pair[0] for pair in self._by_pair} | self._alone)
        self._firsts = re.compile(firsts)
        self._pairs = re.compile(f"{firsts}(?={one_of({pair[1] for pair in self._by_pair})})")

    def find(self, text: str, letters: frozenset[str]) -> Iterator[tuple[str, int]]:
        """Each word and where it begins; `letters` are those of the text."""
        places = self._pairs if self._alone.isdisjoint(letters) else self._firsts
        by_pair, alone, end = self._by_pair, self._alone, 0
        for m in places.finditer(text):
            at = m.start()
            if at < end:
                continue
            for word in by_pair.get(text[at : at + 2], ()):
                if text.startswith(word, at):
                    break
            else:
                word = text[at]
                if word not in alone:
                    continue
            yield word, at
            end = at + len(word)
