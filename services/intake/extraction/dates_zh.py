"""Dates in Chinese: 前天, 昨晚8点, 上周三, 11月3号, 3号, 三天前, 上个月."""

import re
from collections.abc import Iterator
from datetime import date

from services.intake.extraction import calendar, clock
from services.intake.extraction.mark import Mark
from services.intake.extraction.numerals import integer
from shared.contracts.interactions import FindingKind

LETTERS = frozenset("昨今明前后周期拜月号日")
"""Each date has one of them."""
_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六")} | {c: n for n, c in enumerate("123456")} | {"日": 6, "天": 6}
_N = r"(?:\d{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"

_NAMED_DAY = re.compile(
    r"(大前(?=天(?!气))|前(?<!目前)(?<!之前)(?<!以前)(?<!提前)(?=天(?!气))|昨(?=[天日晚夜儿])|今(?=[天日晚早晨儿]|[上下]午)|明(?=[天日晚早儿])"
    r"|大后(?=天)|后(?<!以后)(?<!之后)(?<!今后)(?<!最后)(?=天))(天|日(?!头条)|儿|(?=[晚早上下夜晨]))([晚早夜晨]上?)?"
)
_WEEKDAY = re.compile(
    r"(?<![一二两三四五六七八九十几半每\d到至~-])((?:上上|上|下下|下|这|本)?)个?(?:周|星期|礼拜)([一二三四五六日天1-6])(?!般|样)(?![到至~-])"
)
_WEEK = re.compile(r"(上上|上|下下|下|这|本)个?(?:周|星期|礼拜)(?![一二三四五六日天末1-6])")
_FULL = re.compile(r"(?<![\d.-])(20\d\d|今|去|明)年\s?(1[0-2]|0?[1-9])月(?:份)?(?:\s?([0-3]?\d)[号日]?)?(?!\d)")
_MONTH_DAY = re.compile(rf"(?<![\d年.])({_N})月\s?({_N})[号日](?![楼线])")
_MONTH = re.compile(r"(?<![\d年个.])(1[0-2]|[1-9])月份?(?![\d一二三四五六七八九十内后前之])")
_OTHER_MONTH = re.compile(rf"(上上|上|下下|下|这|本)个?月(?:份)?(?:({_N})[号日](?![楼线]))?")
_DAY_OF_MONTH = re.compile(
    rf"(?<![\d第.\-\]/:：#_a-z月路街弄巷道村栋幢座区院里坊胡门牌楼编单房尾号大小])(?<![一二三四五六七八九十])({_N})"
    r"(?:号(?!平衡|[楼线柜仓店门机库窗码电院馆厅段桥井球床桌位站货房鞋字箱单])|日(?![内后前游无达间本]|之|以|元))"
)
_NAMED_DAYS = re.compile("[昨今明]|[前后](?=[天日儿晚早上下夜晨])")
_OF_WEEK = re.compile(r"[周期拜](?=[一二三四五六日天1-6])")
_COUNTED_DAY = re.compile(r"[\d一二三四五六七八九十](?=[号日])")
_AGO = re.compile(
    r"(?<![\d.第一二两三四五六七八九十])(\d{1,3}|两|[一二三四五六七八九]?十?[一二三四五六七八九十])\s?(天|日|个?星期|个?礼拜|周|个月)(?:之|以)?前(?![端台面])"
)
_AGO_DAYS = {"天": 1, "日": 1, "周": 7, "个星期": 7, "星期": 7, "个礼拜": 7, "礼拜": 7}


def dates(text: str, today: date) -> Iterator[Mark]:
    if _NAMED_DAYS.search(text):
        yield from _named(text, today)
    if "周" in text or "星期" in text or "礼拜" in text:
        yield from _weeks(text, today)
    if "月" in text:
        yield from _months(text, today)
    if "号" in text or "日" in text:
        for m in _DAY_OF_MONTH.finditer(text) if _COUNTED_DAY.search(text) else ():
            yield from _day(text, m.start(), m.end(), calendar.of(today.year, today.month, integer(m[1]) or 0))
    if "前" in text:
        yield from _ago(text, today)


def _named(text: str, today: date) -> Iterator[Mark]:
    for m in _NAMED_DAY.finditer(text):
        yield from _day(text, m.start(), m.end(), calendar.shifted(today, _DAYS[m[1]]), m[3])


def _weeks(text: str, today: date) -> Iterator[Mark]:
    for m in _WEEKDAY.finditer(text) if _OF_WEEK.search(text) else ():
        yield from _day(text, m.start(), m.end(), calendar.weekday(today, _WEEKDAYS[m[2]], _WEEKS.get(m[1], 0)))
    for m in _WEEK.finditer(text):
        monday = calendar.weekday(today, 0, _WEEKS[m[1]])
        if monday:
            yield _mark(m.start(), m.end(), calendar.week_of(monday))


def _months(text: str, today: date) -> Iterator[Mark]:
    for m in _FULL.finditer(text):
        year = today.year + {"今": 0, "去": -1, "明": 1}[m[1]] if len(m[1]) == 1 else int(m[1])
        if m[3]:
            yield from _day(text, m.start(), m.end(), calendar.of(year, int(m[2]), int(m[3])))
        else:
            yield _mark(m.start(), m.end(), f"{year}-{int(m[2]):02}")
    for m in _MONTH_DAY.finditer(text):
        month, day = integer(m[1]) or 0, integer(m[2]) or 0
        yield from _day(text, m.start(), m.end(), calendar.in_its_year(today, month, day))
    for m in _OTHER_MONTH.finditer(text):
        yield from _other_month(text, m, today)
    for m in _MONTH.finditer(text):
        first = calendar.in_its_year(today, int(m[1]), 1)
        if first:
            yield _mark(m.start(), m.end(), f"{first:%Y-%m}")


def _other_month(text: str, m: re.Match[str], today: date) -> Iterator[Mark]:
    year, month = calendar.month(today, _WEEKS[m[1]])
    if m[2]:
        yield from _day(text, m.start(), m.end(), calendar.of(year, month, integer(m[2]) or 0))
    else:
        yield _mark(m.start(), m.end(), f"{year}-{month:02}")


def _ago(text: str, today: date) -> Iterator[Mark]:
    for m in _AGO.finditer(text):
        count = integer(m[1]) or 0
        if m[2] == "个月":
            year, month = calendar.month(today, -count)
            yield _mark(m.start(), m.end(), f"{year}-{month:02}")
        else:
            day = calendar.shifted(today, -count * _AGO_DAYS[m[2]])
            if day:
                yield _mark(m.start(), m.end(), day.isoformat())


def _day(text: str, start: int, end: int, day: date | None, part: str | None = None) -> Iterator[Mark]:
    """With the time of day behind it."""
    if day is not None:
        said = clock.han(text, end, part)
        yield _mark(start, said.end, clock.written(day, said))


def _mark(start: int, end: int, value: str) -> Mark:
    return Mark(FindingKind.DATE, value, start, end)
