"""Rule tables: what is wrong in them is named by file and cell when they are loaded."""

import shutil
from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from services.notify.phrase import Phrase
from services.notify.ruleset import CHANGES, ROW_CONDITIONS, RULES_DIR, FirstThatHolds, holds, load_rules
from services.notify.tables import TableError
from services.notify.texts import TEXTS_FILE, load_texts
from tests.unit.notify.events import RULES

TODAY = date(2026, 11, 22)


@pytest.fixture
def rules_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULES_DIR, tmp_path / "rules"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.req("NO-8")
@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "notices.yaml",
            "en: Now with {group}",
            "en: Now with {gruop}",
            r"notices\.yaml: rows\.\d+: .*gruop is no var",
        ),
        ("notices.yaml", "tell: closed", "tell: shut", r"notices\.yaml: rows\.\d+\.tell"),
        ("notices.yaml", "change: case.replied", "change: case.answered", r"rows\.\d+\.change: .*case\.answered is no"),
        ("notices.yaml", "origin: parcel_exception", "origin: moon", r"rows\.\d+\.when: .*moon is no value"),
        ("notices.yaml", "- id: paid", "- id: decided", r"id decided stands twice"),
        ("notices.yaml", "    change: claim.withdrawn", "    change: claim.closed", r"claim\.withdrawn has no row"),
        ("notices.yaml", "zh: 工单已关闭", "zh: '[工单已关闭]'", r"rows\.\d+\.sentence\.zh: .*without a variable"),
        ("notices.yaml", "unless: [closed, self_answered]", "unless: [shut]", r"unless names shut, which is no row"),
        ("notices.yaml", "valid_to: null", "valid_to: 2026-03-01", r"does not hold on 2026-11-22"),
        ("notices.yaml", "valid_to: null", "valid_to: 2025-03-01", r"valid_to is before valid_from"),
        ("notices.yaml", "source:", "sorce:", r"notices\.yaml: source: Field required"),
        ("stages.yaml", "{ status: closed }", "{ status: shut }", r"stages\.yaml: case\.0\.when: .*shut is no value"),
        ("stages.yaml", "stage: resolved", "stage: solved", r"stage solved does not stand in case_stages"),
        ("stages.yaml", "{evidence}。收到", "{papers}。收到", r"papers is no variable"),
        ("words.yaml", "signed: { zh: 签收, en: Signed for }", "", r"words\.yaml: .*nodes: signed has no name"),
        ("words.yaml", "  _other: { zh: 客服专席, en: our service team }", "", r"groups: _other has no name"),
        ("words.yaml", "{ zh: 组长, en: the team lead }", "{ zh: 组长 }", r"words\.yaml: roles\.lead\.en: Field req"),
        ("words.yaml", "brand: {", "brand: [", r"words\.yaml: not YAML"),
    ],
)
def test_a_wrong_cell_is_named(rules_dir: Path, file: str, old: str, new: str, expected: str) -> None:
    edit(rules_dir / file, old, new)
    with pytest.raises(TableError, match=expected):
        load_rules(TODAY, rules_dir)


@pytest.mark.req("NO-8")
def test_the_shipped_tables_load_and_cover_every_change() -> None:
    assert {row.change for row in RULES.notices.rows} == CHANGES
    assert len(CHANGES) == 47


@pytest.mark.req("NO-1")
def test_a_row_that_is_remembered_is_the_first_that_holds() -> None:
    names = ("origin", "kind", "clock", "change")
    asked = [dict(zip(names, values, strict=True)) for values in product(*(ROW_CONDITIONS[name] for name in names))]
    for facts in asked * 2:
        expected = next(row for row in RULES.notices.rows if row.change == "case.clock" and holds(row.when, facts))
        assert RULES.notices.row_of("case.clock", facts) is expected
    few = FirstThatHolds(RULES.stages.claim)
    many = [{"state": f"unheard-of-{n}", "by_person": False} for n in range(3000)]
    assert all(few(facts) is RULES.stages.claim[-1] for facts in many)


@pytest.mark.req("NO-8")
def test_the_pages_texts_load_and_a_missing_language_is_named(tmp_path: Path) -> None:
    assert load_texts(TODAY).texts["live"].say("zh", {}) == "实时更新"
    file = tmp_path / "texts.yaml"
    file.write_text(TEXTS_FILE.read_text("utf-8").replace('en: "Live"', 'fr: "En direct"'), "utf-8")
    with pytest.raises(TableError, match=r"texts\.yaml: texts\.live\.en: Field required"):
        load_texts(TODAY, file)


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("已转交{group}[，{promise} 前]", {"group": "理赔组", "promise": "明天"}, "已转交理赔组，明天 前"),
        ("已转交{group}[，{promise} 前]", {"group": "理赔组", "promise": ""}, "已转交理赔组"),
        ("[{group} is ]checking", {}, "Checking"),
        ("{amount} was paid", {"amount": "¥1.00"}, "¥1.00 was paid"),
    ],
)
def test_a_phrase_leaves_out_what_is_unknown(text: str, values: dict[str, str], said: str) -> None:
    assert Phrase.parse(text).say(values) == said


@pytest.mark.parametrize("text", ["", "a [b", "[a {x] b}", "{x.y}", "{0}", "[none]", "{"])
def test_a_broken_phrase_is_refused(text: str) -> None:
    parse: Callable[[str], Phrase] = Phrase.parse
    with pytest.raises(ValueError, match=r".+"):
        parse(text)
