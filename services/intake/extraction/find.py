"""All that a text says, in one reading; only what can be there is searched for."""

import re
from collections.abc import Iterator
from datetime import datetime

from services.intake.extraction import addresses, amounts, dates, dates_zh, phones
from services.intake.extraction.clock import SHANGHAI
from services.intake.extraction.mark import Mark, first_of_each, without_overlaps
from services.intake.extraction.numbers import MAX_TEXT, number_marks
from services.intake.extraction.vocabulary import vocabulary
from services.intake.extraction.wording import words
from shared.contracts.interactions import FindingKind

_DIGITS = frozenset("0123456789")
_LATIN = re.compile("[a-z]{2}")
MAX_MARKS = 60


def load_rules() -> None:
    """At the start of the service, so that a wrong line stops that. Raises `lined_yaml.RuleFileError`."""
    vocabulary()
    addresses.anchor()


def find(text: str, now: datetime) -> tuple[Mark, ...]:
    """In order of appearance; `now` is when the text was written: dates are told from it, in China's time.

    Numbers, phones, addresses, dates and amounts never overlap. Each value of a kind stands once.
    """
    text = text[:MAX_TEXT]
    low = text.lower()
    if len(low) != len(text):
        # A letter whose small form is longer would shift every position behind it.
        low = text
    letters = frozenset(low)
    digit, latin, han = not _DIGITS.isdisjoint(letters), bool(_LATIN.search(low)), not low.isascii()
    figures = without_overlaps(
        number_marks(text) if digit else (),
        phones.phones(low) if digit else (),
        _addresses(low, text, english=digit and latin, chinese=not addresses.LETTERS.isdisjoint(letters)),
        _dates(low, now, digit=digit, latin=latin, chinese=not dates_zh.LETTERS.isdisjoint(letters)),
        _amounts(low, digit=digit, chinese=not amounts.HAN_LETTERS.isdisjoint(letters)),
    )
    places = [mark for mark in figures if mark.kind is FindingKind.ADDRESS]
    said = words(low, letters, vocabulary(), latin=latin, han=han)
    outside = (word for word in said if not any(word.start < p.end and p.start < word.end for p in places))
    return tuple(first_of_each([*figures, *outside])[:MAX_MARKS])


def _addresses(low: str, text: str, *, english: bool, chinese: bool) -> Iterator[Mark]:
    if chinese:
        yield from addresses.chinese(low, text)
    if english:
        yield from addresses.english(low, text)


def _dates(low: str, now: datetime, *, digit: bool, latin: bool, chinese: bool) -> Iterator[Mark]:
    if digit:
        yield from dates.in_digits(low)
    if (chinese or latin) and 2000 <= now.year <= 2100:
        today = now.astimezone(SHANGHAI).date()
        if chinese:
            yield from dates_zh.dates(low, today)
        if latin:
            yield from dates.english(low, today, digit=digit)


def _amounts(low: str, *, digit: bool, chinese: bool) -> Iterator[Mark]:
    if digit:
        yield from amounts.with_digits(low)
    if chinese:
        yield from amounts.in_numerals(low)
