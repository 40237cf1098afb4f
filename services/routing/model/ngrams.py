"""The character n-grams of a text: training and the running service read a text in the same way."""

import re
from itertools import pairwise

from services.routing.lexicon import Text

BEGIN, END = "\x02", "\x03"
LONGEST = 600
"""Characters that are read: what a person wants stands at the beginning."""
_DIGITS = re.compile("[0-9]+")


def ngrams(text: Text) -> set[str]:
    """Chinese: 1 to 3 characters, with the edges of the text. Latin script: 2 to 5 letters, with the edges of words,
    across neighbouring words too. A number is one character, whatever it is."""
    found: set[str] = set()
    if text.zh:
        zh = f"{BEGIN}{_DIGITS.sub('0', text.zh[:LONGEST])}{END}"
        found.update(zh)
        found.update(map("".join, pairwise(zh)))
        found.update(map("".join, zip(zh, zh[1:], zh[2:], strict=False)))
    if text.en:
        en = f"{BEGIN}{_DIGITS.sub('0', text.en[:LONGEST])}{END}"
        found.update(map("".join, zip(en, en[1:], en[2:], strict=False)))
        found.update(map("".join, zip(en, en[1:], en[2:], en[3:], strict=False)))
        found.update(map("".join, zip(en, en[1:], en[2:], en[3:], en[4:], strict=False)))
    return found
