"""RO-2: the report tells each part of the test set by itself, counts triage as a mistake, shows no text."""

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from shared.contracts.cases import CaseKind
from shared.contracts.classification import Sentiment
from tests.unit.routing.builders import rules
from tools.training import report
from tools.training.corpus import Utterance


def utterance(text: str, tag: str) -> Utterance:
    return Utterance(text, (tag,), CaseKind.COMPLAINT, Sentiment.NEGATIVE, False)


@pytest.mark.req("RO-2")
def test_who_decided_and_whether_it_was_right() -> None:
    found = report.part([utterance("快递被你们弄丢了", "loss"), utterance("qwrtplk", "delay")], rules())
    assert found.deciders == [("table", ("loss", "loss")), ("triage", ("delay", "triage"))]
    assert found.macro("together") == pytest.approx(0.5)
    assert found.pairs["words alone"] == [("loss", "loss"), ("delay", "other")]


@pytest.mark.req("RO-2")
def test_no_text_of_the_test_set_is_shown(tmp_path: Path) -> None:
    (tmp_path / "mixed.txt").write_text("c-. 快递被你们弄丢了 #loss\nq0. qwrtplk #where_is\n", "utf-8")
    app = Typer()
    app.command()(report.main)
    result = CliRunner().invoke(app, ["--data", str(tmp_path)], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    assert "mixed.txt" in result.output
    assert "all parts" in result.output
    assert "弄丢" not in result.output
    assert "qwrtplk" not in result.output
