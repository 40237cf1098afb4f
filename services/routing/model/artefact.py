"""The trained model as files: `card.json` (heads, calibration, what it was made of) and `weights.bin`.

`weights.bin`, compressed with zlib: the length of the vocabulary in bytes (4, little endian), the n-grams in UTF-8
with a line feed after each, then one byte for each lane of each n-gram. Lane 0 is the square of the n-gram's rarity
(unsigned, 255 that of an unknown one); the others are the weights of the classes, 128 being zero.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from services.routing.decision_table import RuleError

DIRECTORY = Path(__file__).parent / "artefact"
CARD, WEIGHTS = "card.json", "weights.bin"
FORMAT = 1
HEADS = ("tag", "kind", "sentiment", "urgency")


@dataclass(frozen=True, slots=True)
class Head:
    """Classes of one question. A class's logit is `slope` x the sum of its weights / the text's length + `offset`:
    scale of the bytes and calibration in one. `exclusive`: the chances of the classes sum up to 1."""

    name: str
    exclusive: bool
    classes: tuple[str, ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Artefact:
    """`rarity_scale`: what one unit of lane 0 is worth; `rows`: an n-gram and its bytes, lane 0 first."""

    heads: tuple[Head, ...]
    rarity_scale: float
    rows: tuple[tuple[str, bytes], ...]

    @property
    def lanes(self) -> int:
        return 1 + sum(len(head.classes) for head in self.heads)


def read(directory: Path = DIRECTORY) -> tuple[Artefact, Mapping[str, Any]]:
    """The artefact and its card. Raises `RuleError` where a file is missing, or does not belong to the other."""
    try:
        card = json.loads((directory / CARD).read_bytes())
        packed = (directory / WEIGHTS).read_bytes()
        heads = tuple(_head(name, card["heads"][name]) for name in HEADS)
        scale = float(card["rarity_scale"])
        known = card["format"], card["weights_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RuleError(CARD, "file", f"can't be read: {error!r}") from error
    if known != (FORMAT, sha256(packed).hexdigest()):
        raise RuleError(WEIGHTS, "sha256", "is not what the card describes; train again")
    lanes = 1 + sum(len(head.classes) for head in heads)
    return Artefact(heads, scale, tuple(_rows(zlib.decompress(packed), lanes))), card


def write(artefact: Artefact, card: Mapping[str, Any], directory: Path = DIRECTORY) -> None:
    """Both files; `card` is what is to be known of it besides."""
    words = "".join(f"{gram}\n" for gram, _ in artefact.rows).encode()
    body = len(words).to_bytes(4, "little") + words + b"".join(row for _, row in artefact.rows)
    packed = zlib.compress(body, 9)
    heads = {head.name: _described(head) for head in artefact.heads}
    about = {"format": FORMAT, "weights_sha256": sha256(packed).hexdigest(), "rarity_scale": artefact.rarity_scale}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / WEIGHTS).write_bytes(packed)
    text = json.dumps({**card, **about, "heads": heads}, ensure_ascii=False, indent=1)
    (directory / CARD).write_text(text + "\n", "utf-8")


def _rows(body: bytes, lanes: int) -> Iterator[tuple[str, bytes]]:
    end = 4 + int.from_bytes(body[:4], "little")
    for number, gram in enumerate(body[4:end].decode().split("\n")[:-1]):
        start = end + number * lanes
        yield gram, body[start : start + lanes]


def _head(name: str, row: Mapping[str, Any]) -> Head:
    classes: Mapping[str, Sequence[float]] = row["classes"]
    slopes, offsets = zip(*classes.values(), strict=True)
    return Head(name, bool(row["exclusive"]), tuple(classes), slopes, offsets)


def _described(head: Head) -> dict[str, Any]:
    pairs = zip(head.slopes, head.offsets, strict=True)
    return {"exclusive": head.exclusive, "classes": dict(zip(head.classes, map(list, pairs), strict=True))}
