"""How a sentence sounds in somebody's mouth: dialect, slips of the keyboard, stops, emoji, fillers. Pure."""

import random
import re
from collections.abc import Mapping, Sequence

from demo.corpus import Voice
from demo.population import Habits, Stops

SLOT = re.compile(r"(\{\w+\})")
JOINTS: dict[Stops, tuple[str, str]] = {
    "full": ("，", "。"),
    "spaces": (" ", ""),
    "lines": ("\n", ""),
    "none": ("", ""),
    "shouting": ("！", "！！"),
}
ENGLISH_JOINTS: dict[Stops, tuple[str, str]] = {
    "full": (". ", "."),
    "spaces": (" - ", ""),
    "lines": ("\n", ""),
    "none": (", ", ""),
    "shouting": ("! ", "!!"),
}
ENDED = tuple("，。！？,.!?~…、：:")


def coloured(rng: random.Random, text: str, habits: Habits, voice: Voice) -> str:
    """The text with the writer's dialect, slang and slips; slots are left alone."""
    if habits.dialect:
        text = _replaced(rng, text, voice.dialects[habits.dialect], 0.7)
    if rng.random() < habits.slang:
        text = _replaced(rng, text, voice.slang, 0.5)
    if rng.random() < habits.typos:
        text = _one_replaced(rng, text, voice.typos)
    return text


def _replaced(rng: random.Random, text: str, words: Mapping[str, str], share: float) -> str:
    for word, said in words.items():
        if word in text and rng.random() < share:
            text = _outside_slots(text, word, said)
    return text


def _one_replaced(rng: random.Random, text: str, words: Mapping[str, str]) -> str:
    present = [word for word in words if word in text]
    if not present:
        return text
    word = rng.choice(present)
    return _outside_slots(text, word, words[word], once=True)


def _outside_slots(text: str, word: str, said: str, once: bool = False) -> str:
    parts = SLOT.split(text)
    for n in range(0, len(parts), 2):
        if word in parts[n]:
            parts[n] = parts[n].replace(word, said, 1 if once else -1)
            if once:
                break
    return "".join(parts)


def joined(pieces: Sequence[str], habits: Habits, language: str) -> str:
    """The pieces as this person puts sentences together."""
    between, last = (ENGLISH_JOINTS if language == "en" else JOINTS)[habits.stops]
    after_stop = between.strip(" ，.!！-,") or " " * (language == "en")
    text = pieces[0]
    for piece in pieces[1:]:
        text += (after_stop if text.endswith(ENDED) else between) + piece
    return text if text.endswith(ENDED) else text + last


def with_emoji(rng: random.Random, text: str, habits: Habits, signs: Sequence[str]) -> str:
    if not signs or rng.random() >= habits.emoji:
        return text
    sign = rng.choice(signs) * rng.choice((1, 1, 1, 2, 3))
    return f"{sign}{text}" if rng.random() < 0.1 else f"{text}{sign}"


def spoken(rng: random.Random, text: str, voice: Voice, hesitant: float) -> str:
    """As a recogniser writes speech down: syllables begun twice, fillers."""
    if rng.random() < hesitant * 0.3 and len(text) > 4 and text[0] >= "\u4e00":
        text = text[0] + text
    return rng.choice(voice.fillers) + text if rng.random() < hesitant else text
