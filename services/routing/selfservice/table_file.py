"""rules/self_service.yaml: read and checked; an error names file and line (RO-3)."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.lined_rule_file import LinedRuleFile
from services.routing.playbook import LANGUAGES, Book, Text
from services.routing.rule_file import RuleFile
from services.routing.selfservice.table import Answer, SelfServiceRules, Terms, one_of
from services.routing.selfservice.wording import VARIABLES, variables
from shared.contracts.cases import CaseKind
from shared.contracts.people import Channel, ContactKind

FILE = "self_service.yaml"


def load(
    directory: Path, book: Book, tags: Sequence[str], tiers: Sequence[str], today: date | None
) -> SelfServiceRules:
    """Raises `RuleError`."""
    part = LinedRuleFile.read(directory / FILE, today)
    answers = [_answer(part.row(row), tags) for row in part.get("answers", list)]
    ids = [answer.answer_id for answer in answers]
    if doubled := [name for name in ids if ids.count(name) > 1]:
        raise RuleError(part.file, "answers", f"{doubled[0]} stands twice")
    return SelfServiceRules(
        wait=timedelta(minutes=part.whole("wait_minutes", 1, 24 * 60)),
        terms=_terms(part.row(part.get("terms", dict)), tiers),
        person=_words(part.row(part.get("person", dict))),
        closing=_sentence(part.row(part.get("closing", dict)), frozenset()),
        answers=dict(zip(ids, answers, strict=True)),
        book=book,
    )


def _terms(part: RuleFile, tiers: Sequence[str]) -> Terms:
    priorities = part.get("priorities", list)
    if not priorities or not set(priorities) <= {1, 2, 3, 4}:
        raise RuleError(part.file, "priorities", f"{priorities!r} are not numbers from 1 to 4")
    return Terms(
        kinds=frozenset(map(CaseKind, _choices(part, "kinds", list(CaseKind)))),
        tiers=frozenset(_choices(part, "tiers", tiers)),
        priorities=frozenset(priorities),
        channels=frozenset(map(Channel, _choices(part, "channels", list(Channel)))),
        sure=part.whole("sure_percent", 0, 100) / 100,
        max_characters=part.whole("max_characters", 1, 2000),
        reach_contacts=frozenset(map(ContactKind, _choices(part, "reach_contacts", list(ContactKind)))),
        reach_gateways=frozenset(part.texts("reach_gateways")),
    )


def _choices(part: RuleFile, cell: str, allowed: Sequence[str]) -> list[str]:
    return [part.choice(cell, value, allowed) for value in part.texts(cell)]


def _answer(part: RuleFile, tags: Sequence[str]) -> Answer:
    live = part.get("live", bool)
    allowed = VARIABLES if live else frozenset()
    return Answer(
        answer_id=part.get("id", str),
        tags=frozenset(_choices(part, "tags", tags)),
        words=_words(part) if not live else None,
        live=live,
        sentences=_sentences(part, "says", allowed),
        signed=_sentences(part, "says_signed", allowed) if live else (),
        summary=_sentence(_row(part, "summary", part.get("summary", dict)), frozenset()),
    )


def _sentences(part: RuleFile, cell: str, allowed: frozenset[str]) -> tuple[Text, ...]:
    found = tuple(_sentence(_row(part, cell, row), allowed) for row in part.get(cell, list))
    if not found:
        raise RuleError(part.file, cell, "is empty: there is nothing to say")
    return found


def _row(part: RuleFile, cell: str, row: Any) -> RuleFile:
    if not isinstance(row, dict):
        raise RuleError(part.file, cell, f"{row!r} must have zh and en")
    return RuleFile(part.file, row, part.digest)


def _sentence(part: RuleFile, allowed: frozenset[str]) -> Text:
    texts = {language: part.get(language, str) for language in LANGUAGES}
    used = {language: _variables(part, language, text) for language, text in texts.items()}
    for language, names in used.items():
        if not texts[language].strip():
            raise RuleError(part.file, language, "is empty: the translation is missing")
        if unknown := names - allowed:
            raise RuleError(part.file, language, f"no such variable: {', '.join(sorted(unknown))}")
    if used["zh"] != used["en"]:
        raise RuleError(part.file, "zh", f"zh and en name different variables: {sorted(used['zh'] ^ used['en'])}")
    return texts


def _variables(part: RuleFile, cell: str, text: str) -> frozenset[str]:
    try:
        return variables(text)
    except ValueError as error:
        raise RuleError(part.file, cell, f"{error}; write {{number}}, {{promised}} …") from error


def _words(part: RuleFile) -> re.Pattern[str]:
    zh, en = part.texts("words_zh"), part.texts("words_en")
    if not zh or not en:
        raise RuleError(part.file, "words_zh", "and words_en must both name a word")
    return one_of(zh, en)
