"""RO-2: the corpus is read line by line, what is wrong is said with file and line; retraining refuses to get worse."""

import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.routing.model import artefact
from shared.contracts.cases import CaseKind, Classification
from shared.contracts.classification import Sentiment
from shared.contracts.personal import Personal
from shared.contracts.training import ClassificationCorrected
from tools.training import __main__ as command
from tools.training import corpus
from tools.training.corpus import CORPUS, CorpusError, Utterance
from tools.training.corrections import corrections_of
from tools.training.measure import Scores, f1, worse

BEFORE = Classification(
    kind=CaseKind.QUERY, tags=("where_is",), priority=3, confidence=0.9, rule="r", sentiment=Sentiment.NEGATIVE
)


@pytest.mark.req("RO-2")
def test_a_line_says_kind_mood_urgency_text_and_tags(tmp_path: Path) -> None:
    (tmp_path / "delay.txt").write_text("c-! 等 #1 了三天 #attitude\n\nq0. where is it\n", "utf-8")
    (tmp_path / "mixed.txt").write_text("f+. 谢谢 #praise\n", "utf-8")
    assert corpus.load(tmp_path) == [
        Utterance("等 #1 了三天", ("delay", "attitude"), CaseKind.COMPLAINT, Sentiment.NEGATIVE, True),
        Utterance("where is it", ("delay",), CaseKind.QUERY, Sentiment.NEUTRAL, False),
        Utterance("谢谢", ("praise",), CaseKind.FEEDBACK, Sentiment.POSITIVE, False),
    ]


@pytest.mark.req("RO-2")
@pytest.mark.parametrize("line", ["x0. text", "q?. text", "q0, text", "q0.text", "q0. ", "q0. text without a tag"])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "mixed.txt").write_text(f"q0. fine #delay\n{line}\n", "utf-8")
    with pytest.raises(CorpusError, match=r"mixed\.txt:2"):
        corpus.load(tmp_path)


@pytest.mark.req("RO-2")
def test_no_text_of_the_test_set_is_trained_on() -> None:
    train, held_out = corpus.load(CORPUS / "train"), corpus.load(CORPUS / "held_out")
    assert {u.text for u in train} & {u.text for u in held_out} == set()
    assert {tag for u in held_out for tag in u.tags} <= {tag for u in train for tag in u.tags}
    assert len({u.text for u in train}) > 2000


def pairs(text: str) -> set[tuple[str, str]]:
    """Neighbouring letters of a Chinese text, or words of another, by which two utterances resemble each other."""
    parts = re.findall("[a-z0-9']+", text.lower()) if text.isascii() else re.sub(r"\W", "", text)
    return set(pairwise(parts))


@pytest.mark.req("RO-2")
def test_no_line_of_training_echoes_the_test_set() -> None:
    """A test set that was paraphrased into the corpus measures memory."""
    held_out = [pairs(u.text) for u in corpus.load(CORPUS / "held_out")]
    echoes = []
    for utterance in corpus.load(CORPUS / "train"):
        own = pairs(utterance.text)
        if len(own) >= 5 and max(len(own & other) for other in held_out) / len(own) > 0.7:
            echoes.append(utterance.text)
    assert echoes == []


@pytest.mark.req("RO-2")
def test_the_artefact_was_made_of_this_corpus() -> None:
    _, card = artefact.read()
    assert card["held_out"]["sha256"] == corpus.digest(corpus.load(CORPUS / "held_out")), "make train"
    if not card["data"]["corrections"]:
        assert card["data"]["sha256"] == corpus.digest(corpus.load(CORPUS / "train")), "make train"


@pytest.mark.req("RO-2")
def test_f1_of_each_class() -> None:
    assert f1([("a", "a"), ("a", "b"), ("b", "b")]) == {"a": pytest.approx(2 / 3), "b": pytest.approx(2 / 3)}
    assert f1([("a", "b")]) == {"a": 0}


def scores(tag: float, kind: float = 0.8) -> Scores:
    return Scores({"tag": {"t": tag}, "kind": {"k": kind}, "sentiment": {"s": 0.8}, "urgency": {"u": 0.8}}, 10)


@pytest.mark.req("RO-2")
def test_worse_is_what_loses_on_any_question() -> None:
    assert worse(scores(0.7), scores(0.7)) == []
    assert worse(scores(0.7), scores(0.75, kind=0.797)) == []
    assert worse(scores(0.7), scores(0.699)) == ["tag: macro-F1 0.700 → 0.699"]
    assert len(worse(scores(0.7), scores(0.6, kind=0.7))) == 2


def correction(case_id: str, text: str, tags: tuple[str, ...], kind: CaseKind = CaseKind.COMPLAINT) -> str:
    return ClassificationCorrected(
        case_id=case_id,
        text=Personal(text),
        before=BEFORE,
        kind=kind,
        tags=tags,
        priority=1,
        agent="zhao.min",
        at=datetime(2026, 3, 1, tzinfo=UTC),
    ).model_dump_json()


@pytest.mark.req("RO-2")
def test_the_last_correction_of_a_case_is_learnt(tmp_path: Path) -> None:
    lines = [
        correction("a", "蛋糕塌了", ("delay",)),
        correction("a", "蛋糕塌了", ("damage", "compensation")),
        correction("b", "试题", ("loss",)),
        correction("c", "轨迹", ("loss",), CaseKind.EXCEPTION),
        correction("d", "", ("loss",)),
    ]
    (file := tmp_path / "c.jsonl").write_text("\n".join(lines), "utf-8")
    seen = [Utterance("试题", ("loss",), CaseKind.QUERY, Sentiment.NEUTRAL, False)]
    assert corrections_of(file, seen) == [
        Utterance("蛋糕塌了", ("damage",), CaseKind.COMPLAINT, Sentiment.NEGATIVE, True)
    ]
    file.write_text(lines[0] + "\n{}\n", "utf-8")
    with pytest.raises(CorpusError, match=r"c\.jsonl:2"):
        corrections_of(file, seen)


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Training that yields the artefact of this folder, which a test may spoil."""
    known, card = artefact.read()
    artefact.write(known, card, tmp_path)
    monkeypatch.setattr(command, "_trained", lambda utterances, lexicon: artefact.read(tmp_path)[0])
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    app = command.typer.Typer()
    app.command()(command.main)
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100"})
    return result.exit_code, result.output


@pytest.mark.req("RO-2")
def test_training_shows_before_and_after_and_writes_what_is_not_worse(training: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text = run("--out", str(out))
    assert (code, "none" in text, "written" in text) == (0, True, True)
    code, text = run("--out", str(out))
    assert code == 0
    assert "before" in text
    card = json.loads((out / "card.json").read_text("utf-8"))
    assert card["data"]["sha256"] == corpus.digest(corpus.load(CORPUS / "train"))
    assert set(card["f1"]) == {"tag", "kind", "sentiment", "urgency"}


@pytest.mark.req("RO-2")
def test_training_refuses_to_get_worse(training: Path, tmp_path: Path) -> None:
    run("--out", str(tmp_path / "out"))
    written = (tmp_path / "out" / "weights.bin").read_bytes()
    known, card = artefact.read(training)
    artefact.write(artefact.Artefact(known.heads, known.rarity_scale, known.rows[::3]), card, training)
    code, text = run("--out", str(tmp_path / "out"))
    assert code == 1
    assert "Not written" in text
    assert (tmp_path / "out" / "weights.bin").read_bytes() == written


@pytest.mark.req("RO-2")
def test_a_broken_corpus_is_told(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "delay.txt").write_text("nonsense\n", "utf-8")
    code, text = run("--data", str(tmp_path))
    assert code == 2
    assert "delay.txt:1" in text.replace("\n", "")
