"""keywords.yaml: the words of tags and signals, and the tags of forms and exceptions (RO-2)."""

from collections.abc import Sequence
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.lexicon import Lexicon, Tag, Topic
from services.routing.rule_file import RuleFile
from services.routing.words import STRONG, WEAK, Word, word
from shared.contracts.interactions import ClaimKind
from shared.contracts.parcels import ExceptionKind

SIGNALS = ("regulator", "compensation", "complaint", "urgent", "question")


def lexicon_of(part: RuleFile) -> Lexicon:
    tags = []
    for gravity, row in enumerate(part.get("tags", list)):
        name = part.get("id", str, row)
        weak_up_to = part.whole("weak_up_to", 0, 1000, row) if "weak_up_to" in row else 0
        family, only_alone = part.get("family", str, row), bool(row.get("only_alone", False))
        yields_to = frozenset(part.texts("yields_to", row) if "yields_to" in row else ())
        tags.append(Tag(_tag_topic(part, name, row), family, gravity, only_alone, weak_up_to, yields_to))
    unknown = {name for tag in tags for name in tag.yields_to} - {tag.topic.name for tag in tags}
    if unknown:
        raise RuleError(part.file, "tags/yields_to", f"no such tag: {', '.join(sorted(unknown))}")
    signals = [_signal(part, name, row) for name, row in part.get("signals", dict).items()]
    if {topic.name for topic in signals} != set(SIGNALS):
        raise RuleError(part.file, "signals", f"must be {', '.join(SIGNALS)}")
    return Lexicon(
        tags,
        signals,
        _tag_lists(part, "forms", [kind.value for kind in ClaimKind]),
        _tag_lists(part, "exceptions", [kind.value for kind in ExceptionKind]),
        part.get("fold", dict),
        (part.texts("speakers.ours"), part.texts("speakers.theirs")),
        part.whole("max_characters", 100, 100_000),
        part.whole("max_tags", 1, 20),
    )


def _tag_topic(part: RuleFile, name: str, row: Any) -> Topic:
    words: dict[str, tuple[Word, ...]] = {}
    for language in ("zh", "en"):
        lists = part.get(language, dict, row)
        strong = _words(part, f"{name}/{language}", lists, "strong", language, STRONG)
        weak = _words(part, f"{name}/{language}", lists, "weak", language, WEAK)
        words[language] = strong + weak
        words[f"except_{language}"] = _words(part, f"{name}/{language}", lists, "except", language, STRONG)
    return Topic(name, words["zh"], words["en"], words["except_zh"], words["except_en"])


def _signal(part: RuleFile, name: str, row: Any) -> Topic:
    zh = _words(part, name, row, "zh", "zh", STRONG)
    en = _words(part, name, row, "en", "en", STRONG)
    phrases = part.texts("except", row) if "except" in row else ()
    return Topic(
        name,
        zh,
        en,
        tuple(word(p, "zh") for p in phrases if not p.isascii()),
        tuple(word(p, "en") for p in phrases if p.isascii()),
    )


def _words(part: RuleFile, where: str, lists: Any, cell: str, language: str, weight: int) -> tuple[Word, ...]:
    if cell not in lists and cell == "except":
        return ()
    found = []
    for text in part.texts(cell, lists):
        try:
            found.append(word(text, language, weight))
        except ValueError as error:
            raise RuleError(part.file, f"{where}/{cell}", f"{text!r}: {error}") from error
    return tuple(found)


def _tag_lists(part: RuleFile, cell: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if set(part.get(cell, dict)) != set(names):
        raise RuleError(part.file, cell, f"must have {', '.join(names)}")
    return {name: part.texts(f"{cell}.{name}") for name in names}
