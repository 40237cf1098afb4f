"""What the model sees of a text: training and the running service read a text in the same way."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from services.routing.lexicon import Found, Text
from services.routing.words import STRONG

BEGIN, END = "\x02", "\x03"
NAMED = "\x01"
"""Begins the name of a tag or signal of which the table of words found something."""
LONGEST = 600
"""Characters that are read: what a person wants stands at the beginning."""
_DIGITS = re.compile("[0-9]+")


def ngrams(text: Text) -> set[str]:
    """Chinese: 1 to 3 characters, with the edges of the text. Latin script: words, neighbouring words with the edges
    of the text, and 3 letters of a word with its edges. A number is one character, whatever it is."""
    found: set[str] = set()
    if text.zh:
        zh = f"{BEGIN}{_DIGITS.sub('0', text.zh[:LONGEST])}{END}"
        found.update(zh)
        found.update(map("".join, pairwise(zh)))
        found.update(map("".join, zip(zh, zh[1:], zh[2:], strict=False)))
    if text.en:
        words = _DIGITS.sub("0", text.en[:LONGEST]).split()
        found.update([f" {word} " for word in words])
        found.update([f" {first} {second} " for first, second in pairwise((BEGIN, *words, END))])
        en = f" {' '.join(words)} "
        found.update(map("".join, zip(en, en[1:], en[2:], strict=False)))
    return found


def topics(named: Mapping[str, Found]) -> Iterator[str]:
    """The tags and signals of which the table of words found something, and once more where it is a strong word."""
    for name, found in named.items():
        yield NAMED + name
        if any(hit.weight == STRONG for hit in (*found.zh, *found.en)):
            yield f"{NAMED}{name}!"
