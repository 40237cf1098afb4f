"""Addresses: Chinese from province to room (省市区路号室), or a street with its number; English streets."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.intake import lined_yaml
from services.intake.extraction.alternation import alternation
from services.intake.extraction.mark import Mark
from services.intake.gateways import RULES
from shared.contracts.interactions import FindingKind

# No letter of a place's name here: where one of them stands, the sentence goes on.
_NAME = "[^\\W\\da-z_我你您他她请麻送给了吗吧呢谢这那没帮把被让叫收寄的是在到不要就还再也但能可嘛啊哦]"
_AREA = "特别行政区|开发区|高新区|自治州|自治县|新区|区|县|旗|州|盟|市"
_STREET = "街道|大道|大街|胡同|路|街|巷|弄|道"
_SETTLEMENT = (
    "社区|小区|花园|家园|公寓|大厦|广场|新村|村|镇|乡|苑|园|庄|屯|里|城|中心|学校|大学|医院|公司|店|府|湾|郡|座"
)
_UNIT = r"[a-z]?\d{1,5}(?:-\d{1,5}){0,3}(?:\s?(?:号楼|号院|号|弄|栋|幢|座|单元|室|楼|层|房|组|队|户)|(?![\da-z.]))"
_HAN_UNIT = r"[一二三四五六七八九十]{1,3}(?:号楼|栋|幢|座|单元|楼|层|室|组|队|期)"
_PART = re.compile(
    rf"[\s,，]?(?:(?P<number>(?<![\d])(?:{_UNIT}|{_HAN_UNIT}))"
    rf"|(?P<area>{_NAME}{{1,6}}?(?:{_AREA}))|(?P<street>{_NAME}{{1,7}}?(?:{_STREET}|{_SETTLEMENT})(?![店货]铺?款)))"
)
_STREET_NUMBER = re.compile(
    r"(?:(?:改|换|写|送|寄|发|退|搬)(?:成|到|为|去|往)|地址(?:就?是|(?:改|换)?(?:成|为|到)|[:：;；])?|住在?|位于|我在|家在|(?<![^\W\d_]))\s?"
    rf"(?P<place>{_NAME}{{1,6}}?(?:{_STREET})\s?\d{{1,5}}(?:弄|号|巷)(?!线))"
)
_ENGLISH = re.compile(
    r"(?<![\w.$/-])(?:(?:apt|unit|flat|room|suite)\.?\s?#?\w{1,5},?\s)?\d{1,5}[a-z]?\s"
    r"(?:(?:north|south|east|west|[nsew]\.?)\s)?"
    r"(?:(?!(?:the|my|your|our|this|that|on|in|of|their|its|is|was|days?|weeks?|hours?|items?|times?|miles?)\s)"
    r"[a-z0-9'.-]{2,20}\s){1,3}?"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|ct|square|sq|terrace|close|crescent|highway|hwy|parkway|place)\b\.?"
    r"(?:,?\s(?:apt|unit|flat|room|suite|floor)\.?\s?#?\w{1,5})?(?:,\s[a-z][a-z .'-]{1,30})?"
    r"(?:,?\s[a-z]{2}\s\d{5}(?:-\d{4})?)?",
    re.ASCII,
)
_NUMBERED = re.compile(r"[路街巷弄道同](?=\s?\d)")
LETTERS = frozenset("镇乡村路街巷弄园苑厦场寓庄屯里城心校学院司店府湾郡道区同")
"""Each Chinese address has one of them."""
_MAYBE = re.compile("[镇乡村路街巷弄园苑厦场寓庄屯里城心校学院司店府湾郡]|大道|小区|社区|胡同|街道")
_STREET_WORD = re.compile(
    r"\d[a-z]?\s[a-z0-9'. -]+\b(?:st|rd|ave?|ln|dr|way|court|ct|sq|road|street|lane|drive|b|t|cl|cr|h|p)", re.ASCII
)
_SPACE = re.compile(r"[\s,，]+")
MOST_PARTS = 12


class _Places(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    valid_from: date
    valid_to: date | None
    places: dict[str, tuple[Annotated[str, Field(pattern=r"^[\u4e00-\u9fff]{2,6}$")], ...]]


@cache
def anchor(file: Path = RULES / "places.yaml") -> re.Pattern[str]:
    """One or several places, from the larger to the smaller. Raises `lined_yaml.RuleFileError`."""
    places = lined_yaml.load(file, _Places).places
    names = alternation([*places, *(city for cities in places.values() for city in cities)])
    suffix = "特别行政区|(?:壮族|回族|维吾尔)?自治区|自治州|地区|省|市"
    one = rf"{names}(?:{suffix})?\s?"
    # Not (…){{1,3}}: only a pattern that begins with its letters skips the places where none of them stands.
    return re.compile(rf"{one}(?:{one}){{0,2}}")


def chinese(text: str, as_written: str) -> Iterator[Mark]:
    """`text` is in lower case."""
    if not _MAYBE.search(text):
        return
    end = 0
    for m in anchor().finditer(text):
        if m.start() >= end:
            end, enough = _parts(text, m.end(), levels=1)
            if enough:
                yield _mark(as_written, m.start(), end)
    for m in _STREET_NUMBER.finditer(text) if _NUMBERED.search(text) else ():
        end, _ = _parts(text, m.end(), levels=1)
        yield _mark(as_written, m.start("place"), end)


def _parts(text: str, end: int, levels: int) -> tuple[int, bool]:
    """Where the parts of an address that stand from `end` on end, and whether they lead to a door.

    A district alone is a place (a depot's, say), no address: a street or settlement is needed, with a number or
    below a district.
    """
    numbered = street = False
    for _ in range(MOST_PARTS):
        m = _PART.match(text, end)
        if m is None:
            break
        levels += 1
        numbered, street = numbered or bool(m["number"]), street or bool(m["street"])
        end = m.end()
    return end, levels >= 3 and street


def english(text: str, as_written: str) -> Iterator[Mark]:
    """For a text that has digits and Latin letters; `text` is in lower case."""
    if _STREET_WORD.search(text):
        for m in _ENGLISH.finditer(text):
            yield Mark(FindingKind.ADDRESS, " ".join(as_written[m.start() : m.end()].split()), m.start(), m.end())


def _mark(text: str, start: int, end: int) -> Mark:
    end = start + len(text[start:end].rstrip(" ,，\n"))
    return Mark(FindingKind.ADDRESS, _SPACE.sub("", text[start:end]), start, end)
