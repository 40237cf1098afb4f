"""Goods type, exception node and wished solution: words that count for what stands around them."""

import re
from collections.abc import Iterator

from services.intake.extraction.gate import Gated
from services.intake.extraction.mark import Mark
from services.intake.extraction.vocabulary import Meaning, Vocabulary
from shared.contracts.interactions import FindingKind

AROUND = 24
"""So many characters before and after a word may say what it means."""
LATER = 80
"""So many characters after a wish it may still be taken back."""
CLAUSE = 60
_STOP = re.compile(r"[,，。.!！?？;；~\n]")
_LAST_STOP = re.compile(rf".*{_STOP.pattern}", re.DOTALL)
_MENU = '“"「【/-”」】→>'
"""A word between these is an entry of a menu (“我的”-“退换/售后”), nobody's wish."""
_WILL = ("要", "想", "需", "打算", "准备", "申请")
_NOT = ("不", "别", "没", "没有")
_TITLE = re.compile(r"[\[\](（ \d]")
_SPEECH = re.compile("[和跟与及还有了没不我你您他在也都吗呢么是就的]")
"""Between two words of goods: in a pasted title (手表 39mm 银色边皮带) there are blanks and figures, and no speech."""


def words(text: str, letters: frozenset[str], vocabulary: Vocabulary, *, latin: bool, han: bool) -> Iterator[Mark]:
    """For a text in lower case; `letters` are those of it. Of goods that belong together one word counts."""
    before: Mark | None = None
    for mark in _meant(text, letters, vocabulary, latin=latin, han=han):
        if before is not None:
            if _is_attribute(text, before, mark):
                continue
            if not _describes(before, mark):
                yield before
        before = mark
    if before is not None:
        yield before


def _describes(mark: Mark, following: Mark) -> bool:
    """电视音响: the head of a Chinese compound stands last."""
    return mark.kind is following.kind is FindingKind.GOODS_TYPE and mark.end == following.start


def _is_attribute(text: str, mark: Mark, following: Mark) -> bool:
    """手表 39mm 银色边皮带: what a pasted title names first is sold, the rest says what it is like."""
    if not mark.kind is following.kind is FindingKind.GOODS_TYPE or mark.value == following.value:
        return False
    between = text[mark.end : following.start]
    listed = between.isspace() or _STOP.search(between) or _SPEECH.search(between)
    return not listed and _TITLE.search(between) is not None


def _meant(text: str, letters: frozenset[str], vocabulary: Vocabulary, *, latin: bool, han: bool) -> Iterator[Mark]:
    for meanings, start, end in vocabulary.words(text, letters, latin=latin, han=han):
        for meaning in meanings:
            place = _place(text, letters, meaning, start, end)
            if place is not None and _is_meant(meaning.kind, text, letters, vocabulary, *place):
                yield Mark(meaning.kind, meaning.value, *place)


def _place(text: str, letters: frozenset[str], meaning: Meaning, start: int, end: int) -> tuple[int, int] | None:
    """Where the meaning stands, if it does: the match of `when` that touches the word. Goods are the word."""
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    when = meaning.when
    place: tuple[int, int] | None = (start, end)
    if when is not None:
        spans = (m.span() for m in when.finditer(text, letters, first, last))
        place = next((span for span in spans if span[0] < end and start < span[1]), None)
    if place is None or _is_within(meaning.unless, text, letters, first, last):
        return None
    if _is_within(meaning.taken_back, text, letters, first, end + LATER):
        return None
    return (start, end) if meaning.kind is FindingKind.GOODS_TYPE else place


def _is_within(pattern: Gated | None, text: str, letters: frozenset[str], first: int, last: int) -> bool:
    return pattern is not None and pattern.may_be_in(letters) and pattern.search(text, first, last) is not None


def _is_meant(
    kind: FindingKind, text: str, letters: frozenset[str], vocabulary: Vocabulary, start: int, end: int
) -> bool:
    """All depend on their clause."""
    if kind is FindingKind.WISHED_SOLUTION:
        return _is_wish(text, letters, vocabulary, start, end)
    guard = vocabulary.supposed if kind is FindingKind.EXCEPTION_NODE else vocabulary.aside
    return not _matches_around(guard, text, letters, start, end)


def _is_wish(text: str, letters: frozenset[str], vocabulary: Vocabulary, start: int, end: int) -> bool:
    """Neither refused nor taken back, nor a menu's entry, nor said by the desk."""
    if (start and text[start - 1] in _MENU) or (end < len(text) and text[end] in _MENU):
        return False
    before, after = _clause(text, start, end)
    if text.startswith(_WILL, start) and before.endswith(_NOT):
        return False
    if vocabulary.denied.may_be_in(letters) and vocabulary.denied.search(f"{before}|{after}"):
        return False
    clause = f"{before}{text[start:end]}{after}"
    desk, customer = vocabulary.desk, vocabulary.customer
    if not desk.may_be_in(letters) or not desk.search(clause):
        return True
    return customer.may_be_in(letters) and bool(customer.search(clause))


def _matches_around(guard: Gated, text: str, letters: frozenset[str], start: int, end: int) -> bool:
    """Whether the clause does, with | for the place: trouble is only supposed (如果没送到), goods are named aside."""
    if not guard.may_be_in(letters):
        return False
    before, after = _clause(text, start, end)
    return bool(guard.search(f"{before}|{after}"))


def _clause(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a place in its clause."""
    first = max(0, start - CLAUSE)
    last_stop, stop = _LAST_STOP.match(text, first, start), _STOP.search(text, end, end + CLAUSE)
    return text[last_stop.end() if last_stop else first : start], text[end : stop.start() if stop else end + CLAUSE]
