"""Many words as one regular expression that reads each place of a text once: a tree of their letters."""

import re
from collections.abc import Iterable


def alternation(words: Iterable[str]) -> str:
    """Matches the longest of `words`. Without any it matches nothing."""
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
