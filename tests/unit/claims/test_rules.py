"""CL-3, CL-4: rules are checked cell by cell when they are loaded; a bad cell stops the service and is named."""

import json
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.claims import rulebook
from services.claims.rule_error import RuleError
from services.claims.rulebook import RULES_DIR, RuleBook
from tests.unit.claims.build import NOW

pytestmark = pytest.mark.req("CL-3", "CL-4")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return shutil.copytree(RULES_DIR, tmp_path / "rules")


def edit_table(file: Path, change: Any) -> None:
    document = json.loads(file.read_text())
    table = next(n["content"] for n in document["nodes"] if n["type"] == "decisionTableNode")
    change(table["rules"])
    file.write_text(json.dumps(document, ensure_ascii=False))


def row(rows: list[dict[str, str]], row_id: str) -> dict[str, str]:
    return next(r for r in rows if r["_id"] == row_id)


def set_cell(file: Path, row_id: str, column: str, cell: str) -> None:
    edit_table(file, lambda rows: row(rows, row_id).update({column: cell}))


def fault(directory: Path) -> RuleError:
    with pytest.raises(RuleError) as caught:
        rulebook.load(directory)
    return caught.value


BAD_CELLS = [
    ("liability.json", "L-13", "late_hours", ">= ", "a condition that breaks off"),
    ("liability.json", "L-13", "late_hours", ">= one", "a name where a number belongs"),
    ("liability.json", "L-20", "kind", "loss", "a text without quotes"),
    ("liability.json", "L-20", "kind", "'los'", "a misspelt value"),
    ("liability.json", "L-20", "custody", "not 'signed'", "a condition that fails on every value"),
    ("liability.json", "L-13", "party", "'carier'", "a misspelt party"),
    ("liability.json", "L-13", "party", "carrier", "an output without quotes"),
    ("liability.json", "L-13", "carrier_percent", "99.5", "a fraction of a per cent"),
    ("liability.json", "L-13", "carrier_percent", "101", "above the whole"),
    ("liability.json", "L-13", "carrier_percent", "true", "a truth value for a number"),
    ("liability.json", "L-13", "clear", "1", "a number for a truth value"),
    ("liability.json", "L-13", "law", "['cc-9999']", "a law that nobody wrote down"),
    ("liability.json", "L-13", "law", "[]", "no law"),
    ("liability.json", "L-13", "reason_zh", "", "an empty output"),
    ("liability.json", "L-13", "reason_en", "'it isn't'", "a broken text"),
    ("liability.json", "L-13", "rule", "'L-14'", "the id of another row"),
    ("amount.json", "A-33", "multiple", "7.5", "half a multiple"),
    ("amount.json", "A-33", "multiple", "1/0", "a division by zero"),
    ("amount.json", "A-33", "method", "'freight_multiples'", "an unknown method"),
    ("amount.json", "A-33", "insured", "maybe", "neither true nor false"),
]


@pytest.mark.parametrize(("file", "row_id", "column", "cell", "what"), BAD_CELLS, ids=lambda v: str(v))
def test_a_bad_cell_is_refused_by_name(rules: Path, file: str, row_id: str, column: str, cell: str, what: str) -> None:
    set_cell(rules / file, row_id, column, cell)

    error = fault(rules)

    assert error.file == file
    assert error.where == f"row {row_id}, column {column}"


def test_a_row_that_can_never_decide_is_refused(rules: Path) -> None:
    copy = {"_id": "L-13b", "rule": "'L-13b'"}
    edit_table(
        rules / "liability.json",
        lambda rows: rows.insert(len(rows) - 1, {**row(rows, "L-13"), **copy}),
    )

    assert fault(rules).where == "row L-13b"


def test_a_row_covered_by_two_rows_together_is_refused(rules: Path) -> None:
    """No single row above covers it, only both."""

    def change(rows: list[dict[str, str]]) -> None:
        late = {**row(rows, "A-10"), "_id": "A-10b", "rule": "'A-10b'", "insured": "true"}
        early = {**late, "_id": "A-10a", "rule": "'A-10a'", "insured": "false"}
        rows[:0] = [late, early]

    edit_table(rules / "amount.json", change)

    assert fault(rules).where == "row A-10"


def test_a_repeated_row_id_is_refused(rules: Path) -> None:
    edit_table(rules / "amount.json", lambda rows: row(rows, "A-11").update({"_id": "A-10"}))

    assert fault(rules).where == "row A-10"


def test_a_table_without_a_catch_all_is_refused(rules: Path) -> None:
    edit_table(rules / "liability.json", lambda rows: rows.pop())

    assert "catch everything" in fault(rules).what


def test_an_unknown_column_is_refused(rules: Path) -> None:
    set_cell(rules / "amount.json", "A-33", "colour", "'red'")

    assert fault(rules).where == "row A-33"


def replace_text(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


BAD_FIELDS = [
    ("evidence.yaml", "evidence: waybill", "evidence: waybil", "kinds.loss.0.evidence"),
    ("evidence.yaml", "[parcel_on_record]", "[parcel_recorded]", "kinds.loss.0.unless.0"),
    ("evidence.yaml", "  delay:\n", "  delays:\n", "kinds.delays.[key]"),
    ("fasttrack.yaml", "below_fen: 500000", "below_fen: 5000.5", "below_fen"),
    ("fasttrack.yaml", "percent_of_declared: 150", "percent_of_declared: 90", "signals.value.percent_of_declared"),
    ("deadlines.yaml", "[48, 120]", "[120, 48]", ""),
    ("deadlines.yaml", "parcel_wait_minutes: 30", "parcel_wait: 30", "parcel_wait_minutes"),
    ("authority.yaml", "second_confirm_above_fen: 1000000", "second_confirm_above_fen: -1", "second_confirm_above_fen"),
    ("opening.yaml", "loss: loss", "losss: loss", "exceptions.losss.[key]"),
    ("law.yaml", "  cc-180:\n    ref:", "  cc-180:\n    reference:", "articles.cc-180.ref"),
    ("law.yaml", "valid_from: 2021-01-01", "valid_from: soon", "valid_from"),
]


@pytest.mark.parametrize(("file", "old", "new", "where"), BAD_FIELDS)
def test_a_bad_field_is_refused_by_name(rules: Path, file: str, old: str, new: str, where: str) -> None:
    replace_text(rules / file, old, new)

    error = fault(rules)

    assert error.file == file
    assert error.where == where


def test_what_is_not_yaml_is_refused_with_its_line(rules: Path) -> None:
    replace_text(rules / "authority.yaml", "valid_to: null", "valid_to: [")

    assert fault(rules).where.startswith("line ")


def test_a_missing_file_is_refused(rules: Path) -> None:
    (rules / "amount.json").unlink()

    assert fault(rules).file == "amount"


def test_a_file_of_no_known_rules_is_refused(rules: Path) -> None:
    (rules / "discounts.yaml").write_text("id: discounts\n")

    assert fault(rules).file == "discounts.yaml"


def successor(rules: Path, start: str, end: str = "2027-01-01") -> None:
    """From 2027 the fast track has another limit."""
    replace_text(rules / "fasttrack.yaml", "valid_to: null", f"valid_to: {end}")
    text = (rules / "fasttrack.yaml").read_text().replace("below_fen: 500000", "below_fen: 300000")
    text = text.replace("valid_from: 2021-01-01", f"valid_from: {start}").replace(f"valid_to: {end}", "valid_to: null")
    (rules / "fasttrack.2027.yaml").write_text(text)


def test_the_file_in_force_on_the_day_in_china_decides(rules: Path) -> None:
    successor(rules, "2027-01-01")
    book = rulebook.load(rules)

    last_second = datetime.fromisoformat("2026-12-31T23:59:59+08:00")
    first_second = datetime.fromisoformat("2027-01-01T00:00:00+08:00")

    assert book.at(last_second).fasttrack.below_fen == 500_000
    assert book.at(first_second).fasttrack.below_fen == 300_000
    assert book.at(last_second).version != book.at(first_second).version


@pytest.mark.parametrize(("start", "what"), [("2026-12-01", "overlaps"), ("2027-02-01", "gap")])
def test_overlaps_and_gaps_in_time_are_refused(rules: Path, start: str, what: str) -> None:
    successor(rules, start)

    assert what in fault(rules).what


def test_a_day_without_rules_is_refused() -> None:
    with pytest.raises(RuleError, match="no rules are in force on 2020-12-31"):
        rulebook.shipped().on(date(2020, 12, 31))


def test_the_version_names_the_content(rules: Path) -> None:
    before = rulebook.load(rules).at(NOW).version
    set_cell(rules / "amount.json", "A-33", "multiple", "8")
    after = rulebook.load(rules).at(NOW).version

    assert before.startswith("2026-11-01#")
    assert before != after


def test_every_file_names_its_source_and_every_row_its_law() -> None:
    book: RuleBook = rulebook.shipped()
    rules = book.at(NOW)

    for file in (rules.law, rules.opening, rules.evidence, rules.fasttrack, rules.deadlines, rules.authority):
        assert file.source
    assert all(article.zh and article.en for article in rules.law.articles.values())
    document = json.loads((RULES_DIR / "liability.json").read_text())
    assert document["meta"]["source"]
