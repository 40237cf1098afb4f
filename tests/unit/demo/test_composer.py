"""What people write: hardly ever the same twice, complete, in their voice, and the same for the same seed."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from demo.composer import Scene, chat, filled, letter, mood_for, reply, transcript
from demo.corpus import Intent
from demo.facts import facts, when_zh, yuan
from demo.population import Habits
from demo.schedule import Timetable
from demo.sending import Sending
from demo.voice import coloured, joined

pytestmark = pytest.mark.req("SY-9")
PLAIN = Habits("full", None, 0, 0, 0, 0.5)


def said(sending: Sending) -> str:
    assert sending.contact
    return sending.contact.print.partition(" ")[2]


def scene(plan: Timetable, intent: Intent, number: int = 0, language: str | None = None) -> Scene:
    journeys = [j for j in plan.journeys if language in (None, j.consignee.language)]
    journey, rng = journeys[number % len(journeys)], random.Random(number)
    told = facts(rng, journey.consignee, journey, plan.day.opens + timedelta(hours=6))
    return Scene(journey.consignee, intent, told, mood_for(rng, intent), insured=journey.insured_fen > 0)


def test_two_contacts_are_practically_never_the_same_text(plan: Timetable) -> None:
    texts = Counter(text for sending in plan.contacts if (text := said(sending)))
    repeated = sum(count - 1 for count in texts.values())
    assert repeated <= len(plan.contacts) * 0.005


def test_no_slot_is_left_open(plan: Timetable) -> None:
    assert [said(s) for s in plan.contacts if "{" in said(s) or "}" in said(s)] == []


@pytest.mark.parametrize("intent", list(Intent))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_matter_can_be_said_on_every_channel(plan: Timetable, intent: Intent, language: str) -> None:
    one = scene(plan, intent, 3, language)
    rng = random.Random(5)
    for text in (chat(rng, one), transcript(rng, one), letter(rng, one).body, reply(rng, one, "body")):
        assert len(text) > 3
        assert any("\u4e00" <= sign <= "\u9fff" for sign in text) or language == "en"


def test_the_same_seed_says_the_same(plan: Timetable) -> None:
    one = scene(plan, Intent.DELAY, 11)
    assert chat(random.Random(4), one) == chat(random.Random(4), one)
    assert len({chat(random.Random(n), one) for n in range(40)}) > 35


def test_dialect_and_slips_leave_the_slots_alone(plan: Timetable) -> None:
    voice = scene(plan, Intent.DELAY, 1, "en").written.voice
    sloppy = replace(PLAIN, typos=1.0, slang=1.0)
    text = coloured(random.Random(2), "please the {the} tracking of {please}", sloppy, voice)
    assert "{the}" in text
    assert "{please}" in text
    assert text != "please the {the} tracking of {please}"


def test_sentences_are_joined_as_each_person_does() -> None:
    pieces = ["你好", "快递到哪了？", "谢谢"]
    assert joined(pieces, PLAIN, "zh") == "你好，快递到哪了？谢谢。"
    assert joined(pieces, replace(PLAIN, stops="lines"), "zh") == "你好\n快递到哪了？\n谢谢"
    assert joined(["hello", "late again", "thanks"], PLAIN, "en") == "hello. late again. thanks."


def test_an_unknown_slot_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("{nothing}", {})


@pytest.mark.parametrize(("fen", "text"), [(19900, "199"), (8850, "88.5"), (8805, "88.05"), (100, "1")])
def test_money_is_written_as_people_do(fen: int, text: str) -> None:
    assert yuan(fen) == text


def test_days_are_named_as_people_do(plan: Timetable) -> None:
    now = plan.day.opens + timedelta(hours=5)
    assert when_zh(now - timedelta(hours=2), now) == "今天上午"
    assert when_zh(now - timedelta(hours=20), now) == "昨天下午"
    assert when_zh(now - timedelta(days=4), now) == "周五"
