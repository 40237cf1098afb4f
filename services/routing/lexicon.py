"""Finding the words of keywords.yaml in a text, Chinese or English: the tags and signals that it names."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.routing import word_index
from services.routing.word_index import Entry
from services.routing.words import Hit, Word

_ASCII_TOKEN = re.compile(r"[a-z0-9]+|[.!?;,:]")
_LATIN = re.compile(r"[a-z]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the two forms that are searched; an empty form has nothing to search."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Topic:
    """The words of one tag or signal; `except_` are phrases that are cut out before it counts."""

    name: str
    zh: tuple[Word, ...]
    en: tuple[Word, ...]
    except_zh: tuple[Word, ...]
    except_en: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """A topic as a tag; the earlier in the file, the graver. `only_alone`: dropped beside others.
    `weak_up_to`: in longer texts its hints are mere politeness (characters; 0: they always count).
    `yields_to`: tags that lead where both are named (where is my repaired phone → repair)."""

    topic: Topic
    family: str
    gravity: int
    only_alone: bool
    weak_up_to: int
    yields_to: frozenset[str]


class Found(NamedTuple):
    """The words of a topic that were found."""

    zh: Sequence[Hit]
    en: Sequence[Hit]

    def places(self, weight: int) -> int:
        """In how many places; words that overlap count once."""
        return _places(self.zh, weight) + (_places(self.en, weight) if self.en else 0)

    def words(self) -> tuple[str, ...]:
        """The weighty and long ones first, without those that are part of another."""
        ranked = sorted((-hit.weight, -len(hit.words), hit.words) for hit in (*self.zh, *self.en))
        words = tuple(dict.fromkeys(words for _, _, words in ranked))
        return tuple(w for w in words if not any(w in other and w != other for other in words))


class Lexicon:
    """All tags and signals; `forms` and `exceptions` give the tags of claim forms and parcel exceptions."""

    def __init__(
        self,
        tags: Sequence[Tag],
        signals: Sequence[Topic],
        forms: Mapping[str, tuple[str, ...]],
        exceptions: Mapping[str, tuple[str, ...]],
        fold: Mapping[str, str],
        speakers: tuple[Sequence[str], Sequence[str]],
        max_characters: int,
        max_tags: int,
    ) -> None:
        self.tags = {tag.topic.name: tag for tag in tags}
        self.signals = {topic.name: topic for topic in signals}
        self.forms = forms
        self.exceptions = exceptions
        self.max_tags = max_tags
        self._max_characters = max_characters
        ours, theirs = (_line_of(names) for names in speakers)
        self._ours = re.compile(rf"{ours}.*$", re.MULTILINE)
        self._theirs = re.compile(theirs, re.MULTILINE)
        self._fold = str.maketrans({k: v for k, v in fold.items() if len(k) == 1} | _half_width())
        topics = [*(tag.topic for tag in tags), *signals]
        self._topics = {topic.name: topic for topic in topics}
        self._zh = word_index.chinese(_entries((t.name, t.zh, t.except_zh) for t in topics))
        self._en = word_index.english(_entries((t.name, t.en, t.except_en) for t in topics))

    def read(self, raw: str) -> Text:
        """Fold widths, case and traditional characters; drop what the customer did not say: quoted lines of a
        mail, and our own side of a call that was written down."""
        text = raw[: self._max_characters].lower().translate(self._fold)
        if ">" in text:
            text = _QUOTED_LINE.sub("", text)
        if self._theirs.search(text):
            text = self._ours.sub("", text)
        zh = text.replace(" ", "") if _HAN.search(text) else ""
        en = f" {' '.join(_ASCII_TOKEN.findall(text))} " if _LATIN.search(text) or not zh else ""
        return Text(zh, en)

    def search(self, text: Text) -> dict[str, Found]:
        """What was found, by the name of tag or signal."""
        zh = self._zh.search(text.zh) if text.zh else {}
        en = self._en.search(text.en) if text.en else {}
        if not en:
            return {name: Found(hits, ()) for name, hits in zh.items()}
        return {name: Found(zh.get(name, ()), en.get(name, ())) for name in zh.keys() | en.keys()}

    def denies(self, name: str, text: Text) -> bool:
        """Whether the text says the opposite of a tag or signal (not lost, no compensation needed)."""
        topic = self._topics[name]
        return any(word.found_in(text.zh) for word in topic.except_zh) or any(
            word.found_in(text.en) for word in topic.except_en
        )


def _entries(topics: Iterable[tuple[str, Sequence[Word], Sequence[Word]]]) -> Iterator[Entry]:
    for name, words, phrases in topics:
        yield from (Entry(name, word) for word in words)
        yield from (Entry(name, phrase, is_phrase=True) for phrase in phrases)


def _line_of(speakers: Sequence[str]) -> str:
    """The begin of a line that one of these speaks."""
    return rf"^\s*(?:{'|'.join(map(re.escape, speakers))})[^:：\n]{{0,8}}[:：]"


def _places(hits: Sequence[Hit], weight: int) -> int:
    spans = [(hit.start, hit.end) for hit in hits if hit.weight == weight]
    if len(spans) < 2:
        return len(spans)
    count, last = 0, -1
    for start, end in sorted(spans):
        count += start >= last
        last = max(last, end)
    return count


def _half_width() -> dict[str, str]:
    """Full-width letters and digits to ASCII; apostrophes vanish (hasn't → hasnt)."""
    wide = {chr(0xFF01 + n): chr(0x21 + n) for n in range(94) if chr(0x21 + n).isalnum()}
    return wide | {"'": "", "\u2019": "", "\u3000": " ", "\u00a0": " "}
