"""The names that a customer reads (rules/words.yaml), and how money and times are written."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import model_validator

from services.notify.tables import Table, Word
from shared.contracts.cases import CaseField, CaseKind
from shared.contracts.claims import ClaimState, LiableParty
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.parcels import ExceptionKind, Node

SHANGHAI = ZoneInfo("Asia/Shanghai")
OTHER = "_other"
_WEEKDAYS_ZH = "一二三四五六日"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Names = Mapping[str, Word]

_COMPLETE: dict[str, type[StrEnum]] = {
    "case_kinds": CaseKind,
    "exceptions": ExceptionKind,
    "nodes": Node,
    "claim_kinds": ClaimKind,
    "claim_states": ClaimState,
    "parties": LiableParty,
    "details": CaseField,
    "detail_choices": CaseField,
    "evidence": EvidenceKind,
    "evidence_hints": EvidenceKind,
}


class Words(Table):
    """Names by what they name. Groups, roles, channels and tags are other services' ids: unknown ones are `_other`."""

    brand: Word
    hotline: Word
    groups: Names
    roles: Names
    case_kinds: Names
    exceptions: Names
    nodes: Names
    claim_kinds: Names
    claim_states: Names
    parties: Names
    details: Names
    detail_choices: Names
    evidence: Names
    evidence_hints: Names
    channels: Names
    tags: Names

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for table, enum in _COMPLETE.items():
            if missing := [member for member in enum if member not in getattr(self, table)]:
                raise ValueError(f"{table}: {missing[0]} has no name")
        for table in ("groups", "roles", "channels", "tags"):
            if OTHER not in getattr(self, table):
                raise ValueError(f"{table}: {OTHER} has no name")
        return self

    def open_name(self, names: Names, key: str | None, language: str) -> str:
        """A name from a list that other services may extend."""
        return (names.get(key or OTHER) or names[OTHER])[language]

    def evidence_list(self, kinds: Iterable[EvidenceKind], language: str) -> str:
        """Evidence by name, as it stands inside a sentence."""
        return (", " if language == "en" else "、").join(in_sentence(self.evidence[k][language]) for k in kinds)

    def detail_list(self, missing: Iterable[CaseField], language: str) -> str:
        """Fields by name, as they stand inside a sentence."""
        return (", " if language == "en" else "、").join(in_sentence(self.details[f][language]) for f in missing)

    def question_list(self, missing: Iterable[CaseField], language: str) -> str:
        """Each field with its choices, inside a sentence."""
        asked = self.questions(missing, language)
        if language == "en":
            return "; ".join(f"{in_sentence(what)} ({choices})" for what, choices in asked)
        return "；".join(f"{what}（{choices}）" for what, choices in asked)

    def questions(self, missing: Iterable[CaseField], language: str) -> list[tuple[str, str]]:
        """Each field with what may be answered."""
        return [(self.details[f][language], self.detail_choices[f][language]) for f in missing]


def in_sentence(name: str) -> str:
    """An English name loses its capital inside a sentence; Chinese has none."""
    return name[:1].lower() + name[1:]


def yuan(fen: int) -> str:
    """123450 fen → ¥1,234.50."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def full_time(at: datetime, language: str) -> str:
    """A time that still reads right next week: 11月24日 周二 10:00, Tue 24 Nov, 10:00 (Asia/Shanghai)."""
    local = at.astimezone(SHANGHAI)
    clock = f"{local.hour:02d}:{local.minute:02d}"
    if language == "en":
        return f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}, {clock}"
    return f"{local.month}月{local.day}日 周{_WEEKDAYS_ZH[local.weekday()]} {clock}"


def near_time(at: datetime, now: datetime, language: str) -> str:
    """A time on a page that is read now: 今天 15:30, tomorrow 10:00; a far one with its date."""
    local, today = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    names = {
        today: ("今天", "today"),
        today + timedelta(days=1): ("明天", "tomorrow"),
        today - timedelta(days=1): ("昨天", "yesterday"),
    }
    if local.date() in names:
        name = names[local.date()][language == "en"]
        return f"{name} {local.hour:02d}:{local.minute:02d}"
    text = full_time(at, language)
    if local.year == today.year:
        return text
    return f"{text} {local.year}" if language == "en" else f"{local.year}年{text}"


def short_time(at: datetime, now: datetime, language: str) -> str:
    """For narrow columns: 今天 15:30, 11月18日 21:12, 18 Nov, 21:12."""
    local = at.astimezone(SHANGHAI)
    if abs(local.date() - now.astimezone(SHANGHAI).date()) <= timedelta(days=1):
        return near_time(at, now, language)
    clock = f"{local.hour:02d}:{local.minute:02d}"
    if language == "en":
        return f"{local.day} {_MONTHS[local.month - 1]}, {clock}"
    return f"{local.month}月{local.day}日 {clock}"


def machine_time(at: datetime) -> str:
    """For the `datetime` attribute."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
