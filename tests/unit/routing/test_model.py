"""RO-2: the model that decides where no exact word does: scores, reasons, limits, and what overrides it."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from time import process_time

import pytest

from services.routing import rule_files
from services.routing.classify import classify, classify_exception
from services.routing.decision_table import RuleError
from services.routing.lexicon import Lexicon, Text
from services.routing.model import artefact
from services.routing.model.artefact import Artefact, Head
from services.routing.model.ngrams import BEGIN, END, LONGEST, NAMED, ngrams, topics
from services.routing.model.scorer import Model, best, leading
from shared.contracts.cases import CaseKind, Classification
from shared.contracts.classification import Decider, Sentiment
from shared.contracts.interactions import ClaimForm, ClaimKind
from tests.unit.routing.builders import contact, opened, raised, rules


def _classified(text: str) -> Classification:
    return classify(contact(text), rules())


@pytest.mark.req("RO-2")
@pytest.mark.parametrize(
    ("text", "kind", "tag"),
    [
        ("榴莲长毛了", CaseKind.COMPLAINT, "damage"),
        ("说话夹枪带棒", CaseKind.COMPLAINT, "attitude"),
        ("打开里面塞的是砖头", CaseKind.COMPLAINT, "shortage"),
        ("上回说的那件事咋样了", CaseKind.QUERY, "follow_up"),
        ("got three, ordered four", CaseKind.COMPLAINT, "shortage"),
        ("won't switch on any more", CaseKind.AFTER_SALES, "repair"),
        ("any news?", CaseKind.QUERY, "follow_up"),
    ],
)
def test_what_no_word_of_the_table_names_is_decided_by_the_model(text: str, kind: CaseKind, tag: str) -> None:
    found = _classified(text)
    assert (found.decided_by, found.kind, found.tags[0]) == (Decider.MODEL, kind, tag)
    assert found.confidence >= 0.5
    assert found.rule.endswith("/model")


@pytest.mark.req("RO-2")
def test_the_reason_is_the_pieces_that_decided() -> None:
    for text, word in (("蛋糕变成一摊泥", "蛋糕"), ("won't switch on any more", "switch")):
        words = _classified(text).words
        assert 1 <= len(words) <= 12
        assert any(word in piece for piece in words)
        assert all(piece in text.replace("'", "") for piece in words)


@pytest.mark.req("RO-2")
def test_exact_words_override_the_model() -> None:
    assert _classified("快递被你们弄丢了").decided_by is Decider.TABLE
    form = ClaimForm(kind=ClaimKind.LOSS, tracking_number="SF1", claimed_fen=100)
    assert classify(contact("蛋糕变成一摊泥", claim=form), rules()).decided_by is Decider.FORM


@pytest.mark.req("RO-2")
def test_a_parcels_exception_is_no_opinion() -> None:
    found = classify_exception(raised(), rules())
    assert (found.decided_by, found.sentiment, found.confidence) == (Decider.EXCEPTION, None, 1)


@pytest.mark.req("RO-2")
def test_a_row_of_the_decision_table_overrides_the_models_kind(tmp_path: Path) -> None:
    shutil.copytree(rule_files.DIRECTORY, tmp_path, dirs_exist_ok=True)
    table = json.loads((tmp_path / "classification.json").read_text("utf-8"))
    rows = table["nodes"][1]["content"]["rules"]
    row = next(r for r in rows if r["_id"] == "model-complaint")
    rows.insert(rows.index(row), {**row, "_id": "fruit", "tag": '"damage"', "kind": '"claim"', "priority": "1"})
    (tmp_path / "classification.json").write_text(json.dumps(table), "utf-8")
    found = classify(contact("蛋糕变成一摊泥"), rule_files.load(tmp_path))
    assert (found.kind, found.priority, found.rule) == (CaseKind.CLAIM, 1, "fruit/model")


@pytest.mark.req("RO-2")
@pytest.mark.parametrize("text", ["双鱼座这周运势", "qwrtplk", "is the blue one available"])
def test_below_the_limit_people_read_it(text: str) -> None:
    case = opened(text).case
    assert (case.group, case.classification.tags) == ("triage", ("other",))


@pytest.mark.req("RO-2")
@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("小哥冒雨送来的，太暖了", Sentiment.POSITIVE),
        ("气死我了，什么破公司", Sentiment.NEGATIVE),
        ("请问几点上班", Sentiment.NEUTRAL),
        ("you guys rock, thank you", Sentiment.POSITIVE),
        ("this is outrageous, you lost it", Sentiment.NEGATIVE),
    ],
)
def test_the_mood_is_read(text: str, sentiment: Sentiment) -> None:
    assert _classified(text).sentiment is sentiment


@pytest.mark.req("RO-2")
def test_the_language_is_that_of_the_text() -> None:
    assert _classified("快递到哪了").language == "zh"
    assert _classified("where is it").language == "en"
    assert _classified("我的package到哪了").language == "zh"


HEADS = (
    Head("tag", False, ("tea", "other"), (1.0, 1.0), (-3.0, -3.0)),
    Head("kind", True, ("query", "claim"), (1.0, 1.0), (0.0, 0.0)),
    Head("sentiment", True, ("negative", "neutral"), (1.0, 1.0), (0.0, 0.0)),
    Head("urgency", False, ("urgent",), (1.0,), (-3.0,)),
)
TEA = Artefact(HEADS, 1.0, (("茶", bytes([1, 228, 128, 128, 128, 128, 128, 128])),))

SURE = replace(TEA, heads=(replace(HEADS[0], offsets=(9.0, -9.0)), *HEADS[1:]))


@pytest.mark.req("RO-2")
def test_the_chances_are_those_of_the_weights() -> None:
    model = Model(TEA)
    guess = model.guess(Text("茶", ""), {})
    # One known n-gram of rarity 1, and five unknown ones (with the edges of the text) of rarity 255.
    logit = 100 / math.sqrt(1 + 5 * 255) - 3
    assert best(guess.tag) == ("tea", pytest.approx(1 / (1 + math.exp(-logit))))
    assert guess.tag["other"] == pytest.approx(0.0474, abs=1e-4)
    assert guess.kind == {"query": 0.5, "claim": 0.5}
    nothing = model.guess(Text("水", ""), {})
    assert nothing.grams == []
    assert nothing.tag["tea"] == pytest.approx(0.0474, abs=1e-4)


@pytest.mark.req("RO-2")
def test_what_is_mostly_unknown_is_not_understood_surely() -> None:
    model = Model(TEA)
    sure = [model.guess(Text(text, ""), {}).tag["tea"] for text in ("茶", "茶碗", "茶碗里有一只苍蝇")]
    assert sure == sorted(sure, reverse=True)


@pytest.mark.req("RO-2")
def test_one_tag_leads_by_its_share_of_the_odds() -> None:
    guess = Model(TEA).guess(Text("水", ""), {})
    assert leading(guess) == ("tea", pytest.approx(0.5))
    guess.tag = {"tea": 1.0, "other": 0.5}
    assert leading(guess) == ("tea", pytest.approx(1.0))


@pytest.mark.req("RO-2")
def test_a_tag_that_no_rule_knows_goes_to_people() -> None:
    found = classify(contact("茶"), replace(rules(), model=Model(SURE)))
    assert (found.tags, found.decided_by) == (("other",), Decider.TABLE)
    assert found.confidence < 0.5


@pytest.mark.req("RO-2")
def test_english_is_read_by_words_pairs_and_three_letters() -> None:
    assert ngrams(Text("", " it broke 12 ")) == {
        *(" it ", " broke ", " 0 ", f" {BEGIN} it ", " it broke ", " broke 0 ", f" 0 {END} "),
        *(" it", "it ", "t b", " br", "bro", "rok", "oke", "ke ", "e 0", " 0 "),
    }


@pytest.mark.req("RO-2")
def test_the_model_is_told_what_the_table_of_words_found() -> None:
    named = rules().lexicon.search(Text("快递被你们弄丢了", ""))
    assert {f"{NAMED}loss", f"{NAMED}loss!"} <= {*topics(named)}
    told = Artefact(HEADS, 1.0, ((f"{NAMED}loss!", bytes([1, 228, 128, 128, 128, 128, 128, 128])),))
    guess = Model(told).guess(Text("快递被你们弄丢了", ""), named)
    assert guess.tag["tea"] > Model(told).guess(Text("快递被你们弄丢了", ""), {}).tag["tea"]


@pytest.mark.req("RO-2")
def test_sums_do_not_overflow_on_the_longest_text() -> None:
    row = bytes([255] * 8)
    text = "".join(chr(0x4E00 + n) for n in range(LONGEST))
    model = Model(Artefact(HEADS, 1.0, tuple((gram, row) for gram in sorted(ngrams(Text(text, ""))))))
    guess = model.guess(Text(text, ""), {})
    assert len(guess.grams) > 3 * LONGEST - 10
    assert guess.kind == {"query": 0.5, "claim": 0.5}


@pytest.mark.req("RO-2")
def test_an_artefact_is_read_as_it_was_written(tmp_path: Path) -> None:
    artefact.write(TEA, {"version": "v"}, tmp_path)
    known, card = artefact.read(tmp_path)
    assert (known, card["version"]) == (TEA, "v")
    (tmp_path / artefact.WEIGHTS).write_bytes(b"spoilt")
    with pytest.raises(RuleError, match="sha256"):
        artefact.read(tmp_path)
    (tmp_path / artefact.CARD).unlink()
    with pytest.raises(RuleError, match="can't be read"):
        artefact.read(tmp_path)


@pytest.mark.req("RO-2")
def test_the_artefact_is_small_and_says_what_it_was_made_of() -> None:
    _, card = artefact.read()
    assert card["version"].startswith(card["trained_on"])
    assert len(card["data"]["sha256"]) == len(card["held_out"]["sha256"]) == 64
    assert (artefact.DIRECTORY / artefact.WEIGHTS).stat().st_size < 5_000_000
    assert card["macro_f1"]["tag"] > 0.7


@pytest.mark.req("RO-2", "SY-6")
def test_5000_messages_a_second_on_one_core() -> None:
    model, lexicon = rules().model, rules().lexicon
    texts = [
        lexicon.read(text) for text in ("快递都五天了还没到，电话也打不通", "the box was empty, please help") * 500
    ]
    fastest = min(_seconds(model, texts, lexicon) for _ in range(5))
    assert len(texts) / fastest > 5000


def _seconds(model: Model, texts: list[Text], lexicon: Lexicon) -> float:
    named = [lexicon.search(text) for text in texts]
    start = process_time()
    for text, found in zip(texts, named, strict=True):
        model.guess(text, found)
    return process_time() - start
