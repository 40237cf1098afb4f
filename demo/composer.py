"""What somebody writes or says: lines of the corpus put together in that person's voice. Pure and seedable."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from demo.corpus import SLOT, Corpus, Intent, Line, Lines, corpus
from demo.facts import Facts
from demo.market import weighted
from demo.population import Habits, Person
from demo.voice import coloured, joined, spoken, with_emoji

Mood = Literal["calm", "polite", "anxious", "annoyed", "angry", "weary"]
MOODS: tuple[Mood, ...] = ("calm", "polite", "anxious", "annoyed", "angry", "weary")
MILD, SHARP, BITTER, GLAD = (50, 30, 12, 6, 0, 2), (15, 8, 22, 30, 17, 8), (5, 4, 12, 26, 42, 11), (50, 50, 0, 0, 0, 0)
SIDES = (("坐席", "客户"), ("客服", "客户"))
ENGLISH_SIDES = (("Agent", "Customer"), ("A", "C"))
TEMPER = {
    Intent.WHERE: MILD,
    Intent.OTHER: MILD,
    Intent.INVOICE: MILD,
    Intent.ADDRESS: MILD,
    Intent.PRAISE: GLAD,
    Intent.ATTITUDE: BITTER,
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Who speaks, about what, with which facts, in which mood."""

    person: Person
    intent: Intent
    facts: Facts
    mood: Mood
    insured: bool = False

    @property
    def written(self) -> Corpus:
        return corpus(self.person.language)


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    body: str


def mood_for(rng: random.Random, intent: Intent) -> Mood:
    return weighted(rng, MOODS, TEMPER.get(intent, SHARP))


def filled(text: str, facts: Facts) -> str:
    return SLOT.sub(lambda slot: facts[slot[1]], text)


class Words:
    """Draws lines for one scene, with its facts filled in."""

    def __init__(self, rng: random.Random, scene: Scene, habits: Habits | None = None) -> None:
        self.rng = rng
        self.scene = scene
        self.habits = habits or scene.person.habits
        self.named_number = False

    def say(self, lines: Lines | Sequence[Line]) -> str:
        """One of the lines, in the person's voice."""
        text = self.rng.choice(lines).said(self.rng)
        self.named_number |= "{tn}" in text
        return filled(coloured(self.rng, text, self.habits, self.scene.written.voice), self.scene.facts)

    def desk(self, section: str) -> str:
        """What our side says on the phone: in nobody's dialect."""
        return filled(self.rng.choice(self.scene.written.voice.desk[section]).said(self.rng), self.scene.facts)

    def about(self, section: str) -> str:
        return self.say(self.scene.written.matters[self.scene.intent][section])

    def sometimes(self, share: float) -> bool:
        return self.rng.random() < share

    def feeling(self) -> list[str]:
        lines = self.scene.written.voice.moods[self.scene.mood]
        return [self.say(lines)] if lines and self.sometimes(0.4) else []

    def number(self, share: float) -> list[str]:
        if self.named_number or not self.sometimes(share):
            return []
        return [self.say(self.scene.written.voice.number_phrases)]

    def details(self) -> list[str]:
        wordy = self.scene.person.habits.wordy
        said = [self.about("details")] if self.sometimes(0.25 + 0.4 * wordy) else []
        if self.scene.insured and "insured" in self.scene.written.matters[self.scene.intent] and self.sometimes(0.6):
            said.append(self.about("insured"))
        return said


def chat(rng: random.Random, scene: Scene) -> str:
    """A chat message: anything from three words to a small speech."""
    words, voice, habits = Words(rng, scene), scene.written.voice, scene.person.habits
    opening = [words.say(voice.openings["chat"])] if words.sometimes(0.45) else []
    core = [words.about("chat")]
    middle = [*words.details(), *([words.about("asks")] if words.sometimes(0.35 + 0.3 * habits.wordy) else [])]
    rng.shuffle(middle)
    ending = [words.say(voice.closings["chat"])] if words.sometimes(0.3) else []
    pieces = [*opening, *core, *middle, *words.number(0.75), *words.feeling(), *ending]
    text = joined(pieces, habits, scene.person.language)
    return with_emoji(rng, text, habits, voice.emoji[scene.mood])


def transcript(rng: random.Random, scene: Scene) -> str:
    """A phone call as the recogniser wrote it down: both sides, or only the customer's."""
    habits = _flat(scene.person.habits)
    words, voice = Words(rng, scene, habits), scene.written.voice
    hesitant = rng.choice((0.1, 0.3, 0.6))
    turns = [words.say(voice.openings["phone"]), words.about("phone")]
    numbered = words.sometimes(0.78)
    number = words.say(voice.number_spoken) if numbered else words.say(voice.no_number)
    more = [*words.details(), *words.feeling()]
    more += [words.about("asks")] if words.sometimes(0.6) else []
    turns = [spoken(rng, turn, voice, hesitant) for turn in [*turns, *more]]
    bye = words.say(voice.closings["phone"])
    if rng.random() < 0.4:
        said = [turns[0], turns[1], *([number] if not words.sometimes(0.2) else []), *turns[2:], bye]
        return joined(said, habits, scene.person.language)
    return _dialogue(rng, words, turns, number, bye)


def _flat(habits: Habits) -> Habits:
    """Speech has no line breaks and no shouting in its stops: the recogniser sets them."""
    return Habits("full" if habits.wordy > 0.3 else "spaces", habits.dialect, 0, 0, 0, habits.wordy)


def _dialogue(rng: random.Random, words: Words, turns: Sequence[str], number: str, bye: str) -> str:
    english = words.scene.person.language == "en"
    us, them = rng.choice(ENGLISH_SIDES if english else SIDES)
    colon = ": " if english else "："
    lines = [(us, words.desk("greetings")), (them, turns[0]), (them, turns[1])]
    if words.sometimes(0.85):
        lines += [(us, words.desk("ask_number")), (them, number)]
    for turn in turns[2:]:
        lines += [(us, words.desk("acknowledge")), (them, turn)]
    lines += [(us, words.desk("goodbye")), (them, bye)]
    return "\n".join(f"{who}{colon}{said}" for who, said in lines)


def letter(rng: random.Random, scene: Scene) -> Letter:
    """A mail: subject, greeting, one to four paragraphs, a closing, a signature, sometimes what it answers."""
    words, voice = Words(rng, scene), scene.written.voice
    subject = words.about("subjects")
    words.named_number = False
    paragraphs = [words.say(voice.openings["mail"]), words.about("mail")]
    extra = [*words.details(), *words.number(0.9), *words.feeling()]
    if extra:
        paragraphs.append(joined(extra, _flat(scene.person.habits), scene.person.language))
    if words.sometimes(0.7):
        paragraphs.append(words.about("asks"))
    paragraphs.append(words.say(voice.closings["mail"]))
    paragraphs.append(words.say(voice.signatures).replace("//", "\n"))
    if words.sometimes(0.08):
        paragraphs.append(words.say(voice.quotes).replace("//", "\n"))
    gap = rng.choice(("\n", "\n\n", "\n\n"))
    return Letter(subject, gap.join(paragraphs))


def claim_statement(rng: random.Random, scene: Scene, kind: str) -> str:
    """The field "what happened" of a claim form."""
    words = Words(rng, scene)
    said = [words.say(scene.written.claims[kind])]
    said += [words.about("details")] if words.sometimes(0.75) else []
    said += [words.about("asks")] if words.sometimes(0.4) else []
    return joined([*said, *words.details()], _flat(scene.person.habits), scene.person.language)


def reply(rng: random.Random, scene: Scene, section: str) -> str:
    """The text of an answer to one of our mails: body, partial, thanks or unhappy."""
    words = Words(rng, scene)
    opening = [words.say(scene.written.voice.openings["mail"])] if words.sometimes(0.5) else []
    text = [*opening, words.say(scene.written.replies[section]), *(words.feeling() if section == "unhappy" else [])]
    signature = words.say(scene.written.voice.signatures).replace("//", "\n")
    return "\n".join([*text, "", signature])


def traditional(rng: random.Random, scene: Scene) -> str:
    """A mail in traditional characters, from Hong Kong, Macau or Taiwan."""
    return filled(rng.choice(corpus("zh").replies["traditional"]).said(rng), scene.facts)
