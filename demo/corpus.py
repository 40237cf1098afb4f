"""The written corpus: utterances by intent and channel, with alternatives and slots, from demo/texts."""

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from shared.yaml_lines import parsed

TEXTS = Path(__file__).parent / "texts"
# `[a|b|]` is a choice; brackets without a bar ([抱拳], [PC…]) are meant as they stand.
CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")


class Intent(StrEnum):
    """What somebody writes about; each has a file in either language."""

    WHERE = "where_is_parcel"  # 查件
    DELAY = "delay"  # 时效延误
    DAMAGE = "damage"  # 货损
    LOSS = "loss"  # 丢件、少件
    NOT_RECEIVED = "signed_not_received"  # 签收未收到
    ADDRESS = "address"  # 改地址、错派
    FEE = "fee"  # 费用争议
    RETURN = "return_exchange"  # 退换货
    REPAIR = "repair"  # 维修
    CUSTOMS = "customs"  # 清关
    ATTITUDE = "attitude"  # 服务态度
    INVOICE = "invoice"  # 发票
    PRAISE = "praise"  # 表扬
    OTHER = "other"  # 其他
    FOLLOW_UP = "follow_up"  # 再次联系


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance as written: fixed parts and choices in turn."""

    parts: tuple[tuple[str, ...], ...]

    @staticmethod
    def parse(text: str) -> "Line":
        pieces = CHOICE.split(text)
        return Line(tuple(tuple(piece.split("|")) if n % 2 else (piece,) for n, piece in enumerate(pieces) if piece))

    def said(self, rng: random.Random) -> str:
        return "".join(rng.choice(part) if len(part) > 1 else part[0] for part in self.parts)

    @property
    def variations(self) -> int:
        return prod(len(part) for part in self.parts)

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(SLOT.findall("".join(option for part in self.parts for option in part)))


Lines = tuple[Line, ...]


def lines_of(block: str) -> Lines:
    return tuple(Line.parse(line.strip()) for line in block.splitlines() if line.strip())


def read(path: str) -> dict[str, Any]:
    """A file of demo/texts as YAML."""
    loaded = parsed((TEXTS / path).read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _sections(raw: Mapping[str, Any]) -> dict[str, Lines]:
    return {name: lines_of(block) for name, block in raw.items()}


@dataclass(frozen=True)
class Voice:
    """How people of a language speak, whatever the matter: the sections of voice.yaml."""

    openings: Mapping[str, Lines]
    closings: Mapping[str, Lines]
    moods: Mapping[str, Lines]
    emoji: Mapping[str, tuple[str, ...]]
    particles: tuple[str, ...]
    fillers: tuple[str, ...]
    dialects: Mapping[str, Mapping[str, str]]
    typos: Mapping[str, str]
    slang: Mapping[str, str]
    number_phrases: Lines
    number_spoken: Lines
    no_number: Lines
    desk: Mapping[str, Lines]
    signatures: Lines
    quotes: Lines

    @staticmethod
    def of(raw: Mapping[str, Any]) -> "Voice":
        return Voice(
            openings=_sections(raw["openings"]),
            closings=_sections(raw["closings"]),
            moods=_sections(raw["moods"]),
            emoji={mood: tuple(signs) for mood, signs in raw["emoji"].items()},
            particles=tuple(raw["particles"]),
            fillers=tuple(raw["fillers"]),
            dialects=raw["dialects"],
            typos=raw["typos"],
            slang=raw["slang"],
            number_phrases=lines_of(raw["number_phrases"]),
            number_spoken=lines_of(raw["number_spoken"]),
            no_number=lines_of(raw["no_number"]),
            desk=_sections(raw["desk"]),
            signatures=lines_of(raw["signatures"]),
            quotes=lines_of(raw["quotes"]),
        )


@dataclass(frozen=True)
class Corpus:
    """Everything written in one language."""

    language: str
    matters: Mapping[Intent, Mapping[str, Lines]]
    claims: Mapping[str, Lines]
    replies: Mapping[str, Lines]
    voice: Voice

    def utterances(self, intent: Intent) -> int:
        """How many distinct sentences on the matter stand in the corpus, before anything is combined."""
        return distinct(line for lines in self.matters[intent].values() for line in lines)


def distinct(lines: Iterable[Line]) -> int:
    return sum(line.variations for line in lines)


@cache
def corpus(language: str) -> Corpus:
    return Corpus(
        language=language,
        matters={intent: _sections(read(f"{language}/{intent.value}.yaml")) for intent in Intent},
        claims=_sections(read(f"{language}/claim_form.yaml")),
        replies=_sections(read(f"{language}/evidence_reply.yaml")),
        voice=Voice.of(read(f"{language}/voice.yaml")),
    )
