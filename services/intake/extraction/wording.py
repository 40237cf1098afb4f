"""Goods type, exception node and wished solution: words that count for what stands around them."""

import re
from collections.abc import Iterator

from services.intake.extraction.mark import Mark
from services.intake.extraction.vocabulary import Meaning, Vocabulary
from shared.contracts.interactions import FindingKind

AROUND = 24
"""So many characters before and after a word may say what it means."""
CLAUSE = 60
_STOP = re.compile(r"[,，。.!！?？;；~\n]")
_MENU = '“"「【/-”」】→>'
"""A word between these is an entry of a menu (“我的”-“退换/售后”), nobody's wish."""


def words(text: str, vocabulary: Vocabulary, *, latin: bool, han: bool) -> Iterator[Mark]:
    """For a text in lower case."""
    for meanings, start, end in vocabulary.words(text, latin=latin, han=han):
        for meaning in meanings:
            place = _place(text, meaning, start, end)
            if place is not None and _MEANT[meaning.kind](text, vocabulary, *place):
                yield Mark(meaning.kind, meaning.value, *place)


def _place(text: str, meaning: Meaning, start: int, end: int) -> tuple[int, int] | None:
    """Where the meaning stands, None where it doesn't: the match of `when` that touches the word, or the word."""
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    if meaning.unless and meaning.unless.search(text, first, last):
        return None
    if meaning.when is None:
        return start, end
    return next(
        (m.span() for m in meaning.when.finditer(text, first, last) if m.start() < end and start < m.end()), None
    )


def _is_wish(text: str, vocabulary: Vocabulary, start: int, end: int) -> bool:
    """Neither refused nor taken back, nor a menu's entry, nor said by the desk."""
    if (start and text[start - 1] in _MENU) or text[end : end + 1] in set(_MENU):
        return False
    before, after = _clause(text, start, end)
    if vocabulary.denied.search(f"{before}|{after}") or (text[start] in "要想" and before.endswith(("不", "别", "没"))):
        return False
    clause = f"{before}{text[start:end]}{after}"
    return bool(vocabulary.customer.search(clause)) or not vocabulary.desk.search(clause)


def _is_so(text: str, vocabulary: Vocabulary, start: int, end: int) -> bool:
    """Not only supposed (如果没送到)."""
    before, after = _clause(text, start, end)
    return not vocabulary.supposed.search(f"{before}|{after}")


def _is_named(text: str, vocabulary: Vocabulary, start: int, end: int) -> bool:
    return True


_MEANT = {
    FindingKind.WISHED_SOLUTION: _is_wish,
    FindingKind.EXCEPTION_NODE: _is_so,
    FindingKind.GOODS_TYPE: _is_named,
}


def _clause(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a place in its clause."""
    before = _STOP.split(text[max(0, start - CLAUSE) : start])[-1]
    after = _STOP.split(text[end : end + CLAUSE], maxsplit=1)[0]
    return before, after
