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
_LAST_STOP = re.compile(rf".*{_STOP.pattern}", re.DOTALL)
_MENU = '“"「【/-”」】→>'
"""A word between these is an entry of a menu (“我的”-“退换/售后”), nobody's wish."""
_WILL = ("要", "想", "需", "打算", "准备", "申请")
_NOT = ("不", "别", "没", "没有")


def words(text: str, letters: frozenset[str], vocabulary: Vocabulary, *, latin: bool, han: bool) -> Iterator[Mark]:
    """For a text in lower case; `letters` are those of it. Goods right before other goods only describe those."""
    before: Mark | None = None
    for mark in _meant(text, letters, vocabulary, latin=latin, han=han):
        if before is not None and not _describes(before, mark):
            yield before
        before = mark
    if before is not None:
        yield before


def _describes(mark: Mark, following: Mark) -> bool:
    """电视音响: the head of a Chinese compound stands last."""
    return mark.kind is following.kind is FindingKind.GOODS_TYPE and mark.end == following.start


def _meant(text: str, letters: frozenset[str], vocabulary: Vocabulary, *, latin: bool, han: bool) -> Iterator[Mark]:
    for meanings, start, end in vocabulary.words(text, letters, latin=latin, han=han):
        for meaning in meanings:
            place = _place(text, letters, meaning, start, end)
            if place is not None and _is_meant(meaning.kind, text, letters, vocabulary, *place):
                yield Mark(meaning.kind, meaning.value, *place)


def _place(text: str, letters: frozenset[str], meaning: Meaning, start: int, end: int) -> tuple[int, int] | None:
    """Where the meaning stands, if it does: the match of `when` that touches the word. Goods are the word."""
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    when, unless = meaning.when, meaning.unless
    place: tuple[int, int] | None = (start, end)
    if when is not None:
        spans = (m.span() for m in when.finditer(text, letters, first, last))
        place = next((span for span in spans if span[0] < end and start < span[1]), None)
    if place is None or (unless is not None and unless.may_be_in(letters) and unless.search(text, first, last)):
        return None
    return (start, end) if meaning.kind is FindingKind.GOODS_TYPE else place


def _is_meant(
    kind: FindingKind, text: str, letters: frozenset[str], vocabulary: Vocabulary, start: int, end: int
) -> bool:
    """What is named is meant; a wish and trouble at a node depend on their clause."""
    if kind is FindingKind.WISHED_SOLUTION:
        return _is_wish(text, letters, vocabulary, start, end)
    return kind is not FindingKind.EXCEPTION_NODE or _is_so(text, letters, vocabulary, start, end)


def _is_wish(text: str, letters: frozenset[str], vocabulary: Vocabulary, start: int, end: int) -> bool:
    """Neither refused nor taken back, nor a menu's entry, nor said by the desk."""
    if (start and text[start - 1] in _MENU) or (end < len(text) and text[end] in _MENU):
        return False
    before, after = _clause(text, start, end)
    if (text.startswith(_WILL, start) and before.endswith(_NOT)) or vocabulary.denied.search(f"{before}|{after}"):
        return False
    clause = f"{before}{text[start:end]}{after}"
    desk, customer = vocabulary.desk, vocabulary.customer
    if not desk.may_be_in(letters) or not desk.search(clause):
        return True
    return customer.may_be_in(letters) and bool(customer.search(clause))


def _is_so(text: str, letters: frozenset[str], vocabulary: Vocabulary, start: int, end: int) -> bool:
    """Not only supposed (如果没送到)."""
    if not vocabulary.supposed.may_be_in(letters):
        return True
    before, after = _clause(text, start, end)
    return not vocabulary.supposed.search(f"{before}|{after}")


def _clause(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a place in its clause."""
    first = max(0, start - CLAUSE)
    last_stop, stop = _LAST_STOP.match(text, first, start), _STOP.search(text, end, end + CLAUSE)
    return text[last_stop.end() if last_stop else first : start], text[end : stop.start() if stop else end + CLAUSE]
