"""`python -m tools.training.report`: the figures of docs/classification.md, of the artefact as it is (RO-2).

Each part of the test set by itself: what the words, the model and both together make of it. Only counts are shown,
no text: whoever reads the mistakes of a test set and then writes the corpus has no test set any more.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.routing import rule_files
from services.routing.advice import OTHER
from services.routing.classify import classify, reading
from services.routing.model import artefact
from services.routing.model.scorer import leading as leading_of
from services.routing.rules import Rules
from tools.training import corpus
from tools.training.corpus import CORPUS, Utterance
from tools.training.measure import Scores, f1, guess_of, measure
from tools.training.public import contact, leading

TRIAGE = "triage"
WAYS = ("words alone", "model alone", "together")
BANDS = (0.85, 0.6, 0.4, 0.0)
"""Lower edges of the bands of confidence in which calibration is told."""
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """What was said of a part of the test set: (true, answered) leading tags by way, and by whom each was decided."""

    texts: int
    pairs: Mapping[str, Sequence[Pair]]
    deciders: Sequence[tuple[str, Pair]]
    sureness: Sequence[tuple[float, bool]]
    heads: Scores

    def macro(self, way: str) -> float:
        """Macro-F1 (0 to 1) of the leading tag; what goes to triage is a mistake."""
        classes = f1(self.pairs[way])
        return sum(classes.values()) / len(classes)


def part(utterances: Sequence[Utterance], rules: Rules) -> Part:
    """Of these utterances, with the rules' words and model."""
    guesses = [leading_of(guess_of(u.text, rules.model, rules.lexicon)) for u in utterances]
    said = [_said(utterance, tag, rules) for utterance, (tag, _) in zip(utterances, guesses, strict=True)]
    truths = [utterance.tags[0] for utterance in utterances]
    pairs = {way: [(truth, one[way]) for truth, one in zip(truths, said, strict=True)] for way in WAYS}
    deciders = [(one["by"], pair) for one, pair in zip(said, pairs["together"], strict=True)]
    sureness = [(chance, tag == truth) for (tag, chance), truth in zip(guesses, truths, strict=True)]
    heads = measure(rules.model, rules.lexicon, utterances)
    return Part(len(utterances), pairs, deciders, sureness, heads)


def _said(utterance: Utterance, by_model: str, rules: Rules) -> Mapping[str, str]:
    text = rules.lexicon.read(utterance.text)
    found = classify(contact(utterance.text), rules)
    sure = found.confidence >= rules.life.sure
    return {
        "words alone": next(iter(reading(text, rules.lexicon.search(text), rules.lexicon).tags), OTHER),
        "model alone": by_model,
        "together": leading(found) if sure else TRIAGE,
        "by": found.decided_by.value if sure else TRIAGE,
    }


def _by_decider(found: Part) -> Table:
    table = Table("decided by", "texts", "right")
    for by in sorted({by for by, _ in found.deciders}):
        own = [pair for who, pair in found.deciders if who == by]
        table.add_row(by, str(len(own)), str(sum(truth == said for truth, said in own)))
    return table


def _by_class(found: Part) -> Table:
    table = Table("F1", *WAYS, "texts")
    by_way = [f1(found.pairs[way]) for way in WAYS]
    true = Counter(truth for truth, _ in found.pairs[WAYS[0]])
    for name, texts in sorted(true.items()):
        table.add_row(name, *(f"{classes[name]:.2f}" for classes in by_way), str(texts))
    return table


def _heads(found: Part) -> Table:
    table = Table(f"{found.texts} texts", "macro-F1")
    for way in WAYS:
        table.add_row(f"tag, {way}", f"{found.macro(way):.3f}")
    for head in artefact.HEADS[1:]:
        classes = ", ".join(f"{name} {value:.2f}" for name, value in found.heads.by_head[head].items())
        table.add_row(head, f"{found.heads.macro(head):.3f}  ({classes})")
    return table


def _calibration(found: Part) -> Table:
    table = Table("said", "right", "texts")
    for upper, lower in zip((1.01, *BANDS), BANDS, strict=False):
        band = [(chance, right) for chance, right in found.sureness if lower <= chance < upper]
        if band:
            said, right = (sum(column) / len(band) for column in zip(*band, strict=True))
            table.add_row(f"{said:.0%}", f"{right:.0%}", str(len(band)))
    return table


def _confusions(found: Part) -> Table:
    table = Table("is", "the model says", "texts", title="more than once")
    wrong = Counter(pair for pair in found.pairs["model alone"] if pair[0] != pair[1])
    for (truth, said), texts in wrong.most_common():
        if texts > 1:
            table.add_row(truth, said, str(texts))
    return table


def main(
    data: Annotated[Path, typer.Option(help="the test set: a part a file")] = CORPUS / "held_out",
    model: Annotated[Path, typer.Option(help="the artefact")] = artefact.DIRECTORY,
) -> None:
    """Every part by itself, then all of them."""
    rules = rule_files.load(model=model)
    console = Console()
    parts = {path.name: corpus.of_file(path) for path in sorted(data.glob("*.txt"))}
    for name, utterances in {**parts, "all parts": corpus.load(data)}.items():
        found = part(utterances, rules)
        console.rule(name)
        for table in (_heads(found), _by_decider(found), _by_class(found), _calibration(found), _confusions(found)):
            console.print(table)


if __name__ == "__main__":
    typer.run(main)
