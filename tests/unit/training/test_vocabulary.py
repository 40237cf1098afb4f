"""RO-2: what of a corpus a model may know. Needs what only training needs: skipped before the first `make train`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.cases import CaseKind
from shared.contracts.classification import Sentiment
from tests.unit.routing.builders import rules
from tools.training.corpus import Utterance

PACKAGES = Path("var/training")
Read = Callable[[Sequence[str]], Any]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.syspath_prepend(str(PACKAGES.resolve()))
    pytest.importorskip("sklearn")
    from tools.training.vocabulary import vocabulary

    return lambda texts: vocabulary([utterance(text) for text in texts], rules().lexicon)


def utterance(text: str) -> Utterance:
    return Utterance(text, ("loss",), CaseKind.COMPLAINT, Sentiment.NEGATIVE, False)


@pytest.mark.req("RO-2")
def test_what_is_left_out_still_makes_a_text_longer(read: Read) -> None:
    known = read(["茶碗", "茶", "水"])
    assert "茶" in known.grams
    assert "碗" not in known.grams
    lengths = [(row @ row.T)[0, 0] for row in known.table]
    assert lengths[0] < lengths[1] < 1


@pytest.mark.req("RO-2")
def test_the_best_are_those_with_weight_in_some_class(read: Read) -> None:
    known = read(["茶", "茶", "水", "水"])
    weights = [[3.0 * (gram == "茶") for gram in known.grams], [-0.1 * (gram == "水") for gram in known.grams]]
    best = known.best(weights, 2)
    assert sorted(best.grams) == sorted(["茶", "水"])
    assert best.table.shape == (4, 2)
    assert best.rarest == known.rarest
