"""The written corpus: rich in both languages, and every slot can be filled."""

import random
from collections import Counter
from datetime import timedelta
from itertools import chain

import pytest

from demo.corpus import Intent, Line, corpus
from demo.facts import facts
from demo.schedule import Timetable

pytestmark = pytest.mark.req("SY-9")
LANGUAGES = ("zh", "en")


@pytest.mark.parametrize(("language", "least", "together"), [("zh", 110, 3000), ("en", 30, 900)])
def test_every_matter_has_many_sentences(language: str, least: int, together: int) -> None:
    counts = {intent: corpus(language).utterances(intent) for intent in Intent}
    assert {intent for intent, count in counts.items() if count < least} == set()
    assert sum(counts.values()) >= together


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_stands_twice_in_a_section(language: str) -> None:
    for sections in corpus(language).matters.values():
        for lines in sections.values():
            assert [line for line, count in Counter(lines).items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_is_a_fact(language: str, plan: Timetable) -> None:
    journey = plan.journeys[0]
    known = facts(random.Random(1), journey.consignee, journey, plan.day.opens + timedelta(hours=5))
    written = corpus(language)
    voice = written.voice
    sections = chain(
        chain.from_iterable(matter.values() for matter in written.matters.values()),
        *(group.values() for group in (written.claims, written.replies, voice.openings, voice.closings, voice.moods)),
        voice.desk.values(),
        (voice.number_phrases, voice.number_spoken, voice.no_number, voice.signatures, voice.quotes),
    )
    used = {slot for lines in sections for line in lines for slot in line.slots}
    assert used - known.keys() == set()


def test_a_choice_is_between_bars_only() -> None:
    line = Line.parse("[抱拳] [a|b|]c [PC] {tn}")
    assert line.variations == 3
    assert {line.said(random.Random(n)) for n in range(30)} == {f"[抱拳] {x}c [PC] {{tn}}" for x in ("a", "b", "")}
    assert line.slots == {"tn"}
