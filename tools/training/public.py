"""`python -m tools.training.public FOLDER`: measured on public sets; nothing is trained on them (RO-2)."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from services.routing import rule_files
from services.routing.classify import COMPENSATION, classify
from services.routing.model.scorer import leading as leading_of
from services.routing.rules import Rules
from shared.contracts.cases import Classification
from shared.contracts.classification import Sentiment
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from tools.training.measure import f1, guess_of

SETS = Path(__file__).parent / "public_sets.yaml"
REVIEWS, CHATS = "online_shopping_logistics_zh.csv", "jddc_contexts_zh.jsonl"
Answer = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A public set: texts, each with the tags that are right; the first names its class."""

    name: str
    rows: Sequence[tuple[str, Sequence[str]]]


def mapped(folder: Path) -> Iterator[Mapped]:
    for spec in yaml.safe_load(SETS.read_text("utf-8")):
        tags: Mapping[str, Sequence[str]] = spec["tags"]
        labelled = ((row[spec["text"]], row[spec["label"]]) for row in _csv(folder / spec["file"]))
        rows = [(text, tags[label]) for text, label in labelled if label in tags]
        yield Mapped(spec["file"], rows)


def scores(known: Mapped, answer: Answer) -> dict[str, float]:
    """F1 by tag: an answer is right where it is one of the tags that are; else the first of them was missed."""
    pairs = ((text, right, answer(text)) for text, right in known.rows)
    return f1((said if said in right else right[0], said) for _, right, said in pairs)


def contact(text: str) -> Interaction:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    who = Customer(customer_id="public")
    return Interaction(
        interaction_id="public",
        channel=Channel.WEB,
        gateway="public",
        customer=who,
        text=Personal(text),
        occurred_at=at,
        received_at=at,
    )


def leading(found: Classification) -> str:
    return next((tag for tag in found.tags if tag != COMPENSATION), "other")


def in_triage(texts: Sequence[str], rules: Rules) -> Counter[str]:
    """By whom each was decided; `triage` where nobody was sure."""
    found = (classify(contact(text), rules) for text in texts)
    return Counter(c.decided_by.value if c.confidence >= rules.life.sure else "triage" for c in found)


def moods(folder: Path, rules: Rules) -> dict[str, float]:
    """F1 of reviews that their writers called good or bad, among those in which the model sees a mood."""
    pairs = []
    for row in _csv(folder / REVIEWS):
        said = classify(contact(row["review"]), rules).sentiment
        if said not in (None, Sentiment.NEUTRAL):
            pairs.append(("positive" if row["label"] == "1" else "negative", str(said)))
    return {**f1(pairs), "share with a mood": len(pairs) / len(_csv(folder / REVIEWS))}


def chats(folder: Path) -> Mapping[str, Sequence[str]]:
    """Whole chats, and their last message alone."""
    contexts = [json.loads(line)["context"] for line in (folder / CHATS).read_text("utf-8").splitlines()]
    return {"whole chat": contexts, "last message": [context.rsplit(",", 1)[-1] for context in contexts]}


def main(folder: Annotated[Path, typer.Argument(help="where the public sets lie")]) -> None:
    """Macro-F1 by class with the table of words and the model together, and with the model alone; share of triage."""
    rules = rule_files.load()
    console = Console()

    def together(text: str) -> str:
        return leading(classify(contact(text), rules))

    def alone(text: str) -> str:
        return leading_of(guess_of(text, rules.model, rules.lexicon))[0]

    for known in mapped(folder):
        console.print(_table(known, scores(known, together), scores(known, alone)))
    console.print({name: round(value, 3) for name, value in moods(folder, rules).items()})
    for name, texts in chats(folder).items():
        console.print(name, {by: f"{n / len(texts):.1%}" for by, n in in_triage(texts, rules).most_common()})


def _table(known: Mapped, together: Mapping[str, float], alone: Mapping[str, float]) -> Table:
    table = Table("F1", "words and model", "model alone", title=f"{known.name}, {len(known.rows)} texts")
    names = sorted({right[0] for _, right in known.rows})
    for name in names:
        table.add_row(name, f"{together.get(name, 0):.3f}", f"{alone.get(name, 0):.3f}")
    means = (sum(found.get(name, 0) for name in names) / len(names) for found in (together, alone))
    table.add_row("macro", *(f"{mean:.3f}" for mean in means))
    return table


def _csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    typer.run(main)
