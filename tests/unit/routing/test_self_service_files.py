"""RO-3, RO-14: a wrong cell of self_service.yaml or survey.yaml stops the start, and is named with file and line."""

import shutil
from pathlib import Path

import pytest

from services.routing import rule_files
from services.routing.decision_table import RuleError

SERVICE, SURVEY = "self_service.yaml", "survey.yaml"

WRONG = [
    (SERVICE, "wait_minutes: 2 ", "wait_minutes: 0 ", "wait_minutes"),
    (SERVICE, "kinds: [query]", "kinds: [question]", "'question' is not one of"),
    (SERVICE, "tiers: [standard]", "tiers: [gold]", "'gold' is not one of"),
    (SERVICE, "priorities: [3, 4]", "priorities: [5]", "are not numbers from 1 to 4"),
    (SERVICE, "reach_contacts: [email, webhook]", "reach_contacts: [pigeon]", "'pigeon' is not one of"),
    (SERVICE, "tags: [where_is]", "tags: [where]", "'where' is not one of"),
    (SERVICE, "{node}（{at}）", "{nod}（{at}）", "no such variable: nod"),
    (SERVICE, "下一环节：{next}。", "下一环节。", "zh and en name different variables"),
    (SERVICE, "下一环节：{next}。", "下一环节：{next。", "write {number}"),
    (SERVICE, "zh: 未保价的按民事法律的规定确定赔偿责任。", "zh: '赔 {promised}。'", "no such variable: promised"),
    (SERVICE, "en: This is an automatic answer.", "en: ' ' #", "translation is missing"),
    (SERVICE, "- id: outlet", "- id: sending", "sending stands twice"),
    (SERVICE, "valid_from: 2026-01-01", "valid_from: soon", "not a date"),
    (SURVEY, "open_hours: 48", "open_hours: 0", "0 is not between"),
    (SURVEY, "bad_up_to: 2", "bad_up_to: 5", "5 is not between"),
    (SURVEY, "then: lead", "then: shrug", "'shrug' is not one of"),
    (SURVEY, "  - {then: reopen}", "", "the last row must hold for every kind"),
    (SURVEY, "{written: false}", "{writen: false}", "writen: is no column"),
    (SURVEY, "{kinds: [feedback]}", "{kinds: [praise]}", "'praise' is not one of"),
    (SURVEY, "{kinds: [feedback]}", "{}", "would ask nobody"),
]


@pytest.mark.req("RO-3", "RO-14")
@pytest.mark.parametrize(("file", "old", "new", "says"), WRONG, ids=lambda cell: str(cell)[:24])
def test_a_wrong_cell_is_named(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    directory = shutil.copytree(rule_files.DIRECTORY, tmp_path / "rules")
    text = (directory / file).read_text()
    assert old in text
    (directory / file).write_text(text.replace(old, new, 1))
    with pytest.raises(RuleError) as error:
        rule_files.load(directory)
    assert file in str(error.value)
    assert says in str(error.value)


@pytest.mark.req("RO-3")
def test_the_line_is_the_answers(tmp_path: Path) -> None:
    directory = shutil.copytree(rule_files.DIRECTORY, tmp_path / "rules")
    text = (directory / SERVICE).read_text().replace("live: true", "live: yes please", 1)
    (directory / SERVICE).write_text(text)
    line = text[: text.index("- id: where_is")].count("\n") + 1
    with pytest.raises(RuleError, match=f"self_service.yaml:{line}: live"):
        rule_files.load(directory)
