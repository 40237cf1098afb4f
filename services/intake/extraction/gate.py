"""What must stand in a text for a pattern to match anywhere in it, read from the pattern itself.

A pattern is tried at every place of a text; whether one of a few letters is in the set of the text's letters costs a
hundredth of that. Read from the pattern, the letters can't fall behind it.
"""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

_parser: Any = import_module("re._parser")
_MANY = 64
NOT_OF_THE_TEXT = "|"
"""The vocabulary's patterns mark the place of the word that was found with it."""


class Gated:
    """A regular expression without flags, and letters of which each of its matches has at least one."""

    __slots__ = ("needs", "regex", "search")

    def __init__(self, pattern: str, given: frozenset[str] = frozenset()) -> None:
        """`given` are letters that texts have where this is asked for: others tell more."""
        self.regex = re.compile(pattern)
        self.search = self.regex.search
        self.needs = needed(pattern, given)

    def may_be_in(self, letters: frozenset[str]) -> bool:
        return self.needs is None or not self.needs.isdisjoint(letters)

    def finditer(
        self, text: str, letters: frozenset[str], first: int = 0, last: int = sys.maxsize
    ) -> Iterator[re.Match[str]]:
        """Within `text[first:last]`; `letters` are those of the text."""
        if self.needs is not None and self.needs.isdisjoint(letters):
            return iter(())
        return self.regex.finditer(text, first, last)


def needed(pattern: str, given: frozenset[str] = frozenset()) -> frozenset[str] | None:
    """None where a match may have any letters."""
    return _of_all(_parser.parse(pattern), given)


def _of_all(sequence: Any, given: frozenset[str]) -> frozenset[str] | None:
    """All of a sequence must match: the part that the fewest letters can satisfy, none of them given, says most."""
    needs = [need for op, argument in sequence if (need := _of_one(str(op), argument, given)) is not None]
    return min(needs, key=lambda need: (not need.isdisjoint(given), len(need)), default=None)


def _of_one(op: str, argument: Any, given: frozenset[str]) -> frozenset[str] | None:
    match op:
        case "LITERAL":
            return None if chr(argument) == NOT_OF_THE_TEXT else frozenset(chr(argument))
        case "IN":
            return _of_class(argument)
        case "SUBPATTERN":
            return _of_all(argument[3], given)
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _of_all(argument[2], given) if argument[0] else None
        case "BRANCH":
            return _of_any(argument[1], given)
        case _:
            return None


def _of_any(branches: Any, given: frozenset[str]) -> frozenset[str] | None:
    needs = [_of_all(branch, given) for branch in branches]
    return frozenset().union(*(need for need in needs if need)) if all(needs) else None


def _of_class(members: Any) -> frozenset[str] | None:
    letters: set[str] = set()
    for op, argument in members:
        if str(op) == "LITERAL":
            letters.add(chr(argument))
        elif str(op) == "RANGE" and argument[1] - argument[0] < _MANY:
            letters.update(map(chr, range(argument[0], argument[1] + 1)))
        else:
            return None
    return frozenset(letters)
