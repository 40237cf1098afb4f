"""`make train`: trains on the corpus and on agents' corrections, shows before and after, refuses to get worse."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.routing import rule_files
from services.routing.decision_table import RuleError
from services.routing.lexicon import Lexicon
from services.routing.model import artefact
from services.routing.model.artefact import HEADS, Artefact
from services.routing.model.scorer import Model
from tools.training import corpus
from tools.training.corpus import CORPUS, CorpusError, Utterance
from tools.training.corrections import corrections_of
from tools.training.measure import Scores, measure, worse

WORSE = 1
UNUSABLE = 2


def main(
    corrections: Annotated[
        Path | None, typer.Option(help="JSON lines that services.routing.corrections exported")
    ] = None,
    data: Annotated[Path, typer.Option(help="the corpus: train/ and held_out/")] = CORPUS,
    out: Annotated[Path, typer.Option(help="the artefact: compared with, and replaced")] = artefact.DIRECTORY,
) -> None:
    """Exits 1 where the new model is worse on the fixed test set (nothing is written), 2 where data can't be read."""
    console = Console()
    try:
        train, held_out = corpus.load(data / "train"), corpus.load(data / "held_out")
        learnt = corrections_of(corrections, held_out) if corrections else []
    except (CorpusError, OSError) as error:
        console.print(str(error))
        raise typer.Exit(UNUSABLE) from error
    lexicon = rule_files.lexicon()
    before = _measured(out, lexicon, held_out)
    trained = _trained([*train, *learnt], lexicon)
    after = measure(Model(trained), lexicon, held_out)
    console.print(comparison(before, after))
    console.print(f"{len(train)} utterances, {len(learnt)} corrections; {len(held_out)} held out")
    if before is not None and (reasons := worse(before, after)):
        console.print("Not written: it would get worse. " + "; ".join(reasons))
        raise typer.Exit(WORSE)
    artefact.write(trained, card([*train, *learnt], len(learnt), held_out, after), out)
    console.print(f"written: {out}")


def comparison(before: Scores | None, after: Scores) -> Table:
    """Macro-F1 of each head and F1 of each class, before and after."""
    table = Table("", "before", "after", title=f"F1 on the fixed test set, {after.texts} utterances")
    for head in HEADS:
        old = f"{before.macro(head):.3f}" if before else "none"
        table.add_row(f"[b]{head}[/b], macro", old, f"[b]{after.macro(head):.3f}[/b]")
        for name, value in after.by_head[head].items():
            was = before.by_head[head].get(name) if before else None
            table.add_row(f"  {name}", "none" if was is None else f"{was:.3f}", f"{value:.3f}")
    return table


def card(train: Sequence[Utterance], learnt: int, held_out: Sequence[Utterance], scores: Scores) -> dict[str, Any]:
    """What is to be known of an artefact: its data by hash, and its report."""
    digest = corpus.digest(train)
    today = datetime.now(UTC).date().isoformat()
    return {
        "version": f"{today}#{digest[:8]}",
        "trained_on": today,
        "data": {"utterances": len(train), "corrections": learnt, "sha256": digest},
        "held_out": {"utterances": len(held_out), "sha256": corpus.digest(held_out)},
        "macro_f1": {head: round(scores.macro(head), 4) for head in HEADS},
        "f1": {head: {name: round(v, 4) for name, v in scores.by_head[head].items()} for head in HEADS},
    }


def _measured(out: Path, lexicon: Lexicon, held_out: Sequence[Utterance]) -> Scores | None:
    """Of the artefact as it is, on the test set as it is now; None where there is none yet, or of another format."""
    try:
        return measure(Model(artefact.read(out)[0]), lexicon, held_out)
    except RuleError:
        return None


def _trained(utterances: Sequence[Utterance], lexicon: Lexicon) -> Artefact:
    # Only training needs scikit-learn: what measures and exports runs without it.
    from tools.training.fit import fit
    from tools.training.pack import pack

    return pack(fit(utterances, lexicon))


if __name__ == "__main__":
    typer.run(main)
