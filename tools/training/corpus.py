"""The corpus: one utterance a line, with its kind, mood and urgency before it and further tags behind it.

    c-. 等了一下午没人来 #attitude

`c`: kind; `-`: mood; `!` urgent, `.` not; then the text; then tags. The file's name is the leading tag, but of
`mixed*.txt`, where the first tag of the line leads.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.cases import CaseKind
from shared.contracts.classification import Sentiment

CORPUS = Path("services/routing/training")
KINDS = {
    "q": CaseKind.QUERY,
    "c": CaseKind.COMPLAINT,
    "m": CaseKind.CLAIM,
    "a": CaseKind.AFTER_SALES,
    "f": CaseKind.FEEDBACK,
}
MOODS = {"-": Sentiment.NEGATIVE, "0": Sentiment.NEUTRAL, "+": Sentiment.POSITIVE}
URGENCY = {"!": True, ".": False}
MIXED = "mixed"
_LINE = re.compile(r"(.)(.)(.) (.*?)((?: #\w+)*)")


class CorpusError(Exception):
    """A line of the corpus can't be read; says file and line."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text and what it means; the first tag leads."""

    text: str
    tags: tuple[str, ...]
    kind: CaseKind
    sentiment: Sentiment
    urgent: bool


def load(folder: Path) -> list[Utterance]:
    """All utterances of a folder's files, in the files' order. Raises `CorpusError`."""
    found = [utterance for path in sorted(folder.glob("*.txt")) for utterance in of_file(path)]
    if not found:
        raise CorpusError(f"{folder}: no utterances")
    return found


def of_file(path: Path) -> list[Utterance]:
    """The utterances of one file. Raises `CorpusError`."""
    return list(_lines(path))


def digest(utterances: Sequence[Utterance]) -> str:
    """A hash over texts and labels: which data an artefact was made of."""
    lines = "\n".join(sorted(repr(utterance) for utterance in utterances))
    return hashlib.sha256(lines.encode()).hexdigest()


def _lines(path: Path) -> Iterator[Utterance]:
    leading = () if path.stem.startswith(MIXED) else (path.stem,)
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip():
            yield _of_line(line.rstrip(), leading, f"{path}:{number}")


def _of_line(line: str, leading: tuple[str, ...], where: str) -> Utterance:
    match = _LINE.fullmatch(line)
    if match is None:
        raise CorpusError(f"{where}: not `kind mood urgency, space, text, #tags`")
    kind, mood, urgency, text, behind = match.groups()
    tags = (*leading, *behind.replace("#", "").split())
    if kind not in KINDS or mood not in MOODS or urgency not in URGENCY:
        raise CorpusError(f"{where}: {line[:3]!r} is not a kind, a mood and an urgency")
    if not tags or not text.strip():
        raise CorpusError(f"{where}: no tag, or no text")
    return Utterance(text.strip(), tuple(dict.fromkeys(tags)), KINDS[kind], MOODS[mood], URGENCY[urgency])
