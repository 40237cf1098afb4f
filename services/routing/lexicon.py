"""Finding the words of keywords.yaml in a text, Chinese or English, fast: plain substrings first, gaps only then."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

STRONG = 3
WEAK = 1
_ASCII_TOKEN = re.compile(r"[a-z0-9]+|[.!?;,:]")
_LATIN = re.compile(r"[a-z]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
_ZH_GAP = r"[^。！？!?；;，,\n]{0,6}?"
_EN_GAP = r"(?:[a-z0-9]+ ){0,3}?"


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the two forms that are searched; an empty form has nothing to search."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword: `parts` must all occur before `pattern` (None: the single part is all) is tried."""

    parts: tuple[str, ...]
    pattern: re.Pattern[str] | None
    weight: int

    def found_in(self, text: str) -> "Hit | None":
        """The first place where it stands, or None."""
        if self.pattern is None:
            start = text.find(self.parts[0])
            return None if start < 0 else Hit(start, start + len(self.parts[0]), self.weight, self.parts[0].strip())
        for part in self.parts:
            if part not in text:
                return None
        match = self.pattern.search(text)
        return Hit(*match.span(), self.weight, match.group().strip()) if match else None


@dataclass(frozen=True, slots=True)
class Hit:
    """A keyword in a text, from `start` to before `end`."""

    start: int
    end: int
    weight: int
    words: str


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


Index = dict[str, list[tuple[str, Word, Topic]]]


@dataclass(frozen=True, slots=True)
class Found:
    """What of a topic was found: places of strong and of weak words (overlapping ones count once), and the words."""

    strong: int
    weak: int
    words: tuple[str, ...]


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
        self._zh: Index = {}
        self._en: Index = {}
        for topic in topics:
            for word in topic.zh:
                self._zh.setdefault(word.parts[0][0], []).append((word.parts[0], word, topic))
            for word in topic.en:
                self._en.setdefault(_key(word.parts[0].split()[0]), []).append((word.parts[0], word, topic))

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
        hits: dict[str, tuple[Topic, list[Word], list[Word]]] = {}
        for key in set(text.zh):
            for part, word, topic in self._zh.get(key, ()):
                if part in text.zh:
                    hits.setdefault(topic.name, (topic, [], []))[1].append(word)
        for key in {_key(token) for token in text.en.split()}:
            for part, word, topic in self._en.get(key, ()):
                if part in text.en:
                    hits.setdefault(topic.name, (topic, [], []))[2].append(word)
        found = {name: _found(*words, text) for name, words in hits.items()}
        return {name: hit for name, hit in found.items() if hit is not None}


def _line_of(speakers: Sequence[str]) -> str:
    """The begin of a line that one of these speaks."""
    return rf"^\s*(?:{'|'.join(map(re.escape, speakers))})[^:：\n]{{0,8}}[:：]"


def _key(token: str) -> str:
    """A word and the stem that may be its begin share their first letters."""
    return token[:2]


def _found(topic: Topic, zh_words: Sequence[Word], en_words: Sequence[Word], text: Text) -> Found | None:
    """The hits of a topic, after the phrases that mean the opposite are cut out."""
    zh = _hits(zh_words, _without(topic.except_zh, text.zh)) if zh_words else []
    en = _hits(en_words, _without(topic.except_en, text.en)) if en_words else []
    hits = sorted([*zh, *en], key=lambda hit: (-hit.weight, -len(hit.words), hit.words))
    if not hits:
        return None
    words = tuple(dict.fromkeys(hit.words for hit in hits))
    shown = tuple(w for w in words if not any(w != other and w in other for other in words))
    return Found(_places(zh, STRONG) + _places(en, STRONG), _places(zh, WEAK) + _places(en, WEAK), shown)


def _hits(words: Iterable[Word], text: str) -> list[Hit]:
    return [hit for word in words if (hit := word.found_in(text))]


def _places(hits: Iterable[Hit], weight: int) -> int:
    """How many places: hits that overlap are one."""
    count, end = 0, -1
    for hit in sorted((h for h in hits if h.weight == weight), key=lambda h: h.start):
        count += hit.start >= end
        end = max(end, hit.end)
    return count


def _without(phrases: Iterable[Word], text: str) -> str:
    for phrase in phrases:
        while phrase.parts[0] in text and (hit := phrase.found_in(text)):
            text = text.replace(hit.words, ".")
    return text


def _half_width() -> dict[str, str]:
    """Full-width letters and digits to ASCII; apostrophes vanish (hasn't → hasnt)."""
    wide = {chr(0xFF01 + n): chr(0x21 + n) for n in range(94) if chr(0x21 + n).isalnum()}
    return wide | {"'": "", "\u2019": "", "\u3000": " ", "\u00a0": " "}


def word(text: str, language: str, weight: int = STRONG) -> Word:
    """A keyword as an operator writes it. Raises ValueError where it is empty or begins or ends with a gap."""
    parts = [part.strip() for part in text.lower().split("*")]
    if not all(parts):
        raise ValueError("empty, or a gap at its begin or end")
    return _english(parts, weight) if language == "en" else _chinese(parts, weight)


def _chinese(parts: Sequence[str], weight: int) -> Word:
    if len(parts) == 1 and parts[0].isdigit():
        return Word((parts[0],), re.compile(rf"(?<!\d){parts[0]}(?!\d)"), weight)
    if len(parts) == 1:
        return Word((parts[0],), None, weight)
    return Word(tuple(parts), re.compile(_ZH_GAP.join(map(re.escape, parts))), weight)


def _english(parts: Sequence[str], weight: int) -> Word:
    """Whole words; `~` ends a stem."""
    padded = [f" {part.removesuffix('~')}" + ("" if part.endswith("~") else " ") for part in parts]
    if len(parts) == 1 and padded[0].endswith(" "):
        return Word((padded[0],), None, weight)
    bodies = [re.escape(part.removesuffix("~")) + ("[a-z0-9]*" if part.endswith("~") else "") for part in parts]
    return Word(tuple(padded), re.compile(f" {f' {_EN_GAP}'.join(bodies)} "), weight)
