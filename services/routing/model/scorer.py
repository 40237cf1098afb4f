"""Scoring a text: the weights of all classes stand side by side in one whole number, so that summing n-grams is
summing numbers. No library is needed for it, and 100 n-grams cost some 10 microseconds."""

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.routing.lexicon import Found, Text
from services.routing.model.artefact import Artefact, Head
from services.routing.model.ngrams import ngrams, topics
from services.routing.model.reasons import reasons

ZERO = 128
"""The byte that stands for no weight."""
RAREST = 255
"""The byte of the rarity of an n-gram that the model does not know."""
ALMOST = 1 - 1e-9
LANE = 4
"""Bytes of a lane in the sum: no text is long enough to make one overflow into the next."""

Chances = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Place:
    head: Head
    first: int
    """Of the head's lanes in the sum."""


class Guess:
    """What a text says, by question: the chance of each class, calibrated, worked out when it is asked for (of most
    texts only the mood is). `grams`: its known n-grams."""

    def __init__(self, places: Sequence[_Place], sums: Sequence[int], length: float, grams: Sequence[str]) -> None:
        self._places = places
        self._sums = sums
        self._length = length
        self.grams = grams

    @cached_property
    def tag(self) -> Chances:
        return self._of(0)

    @cached_property
    def kind(self) -> Chances:
        return self._of(1)

    @cached_property
    def sentiment(self) -> Chances:
        return self._of(2)

    @cached_property
    def urgency(self) -> Chances:
        return self._of(3)

    def _of(self, head: int) -> Chances:
        return _chances(self._places[head], self._sums, ZERO * self._sums[0], self._length)


class Model:
    """A trained model; `version` names the data and training that it came from."""

    def __init__(self, artefact: Artefact, version: str = "") -> None:
        self.version = version
        self._lanes = artefact.lanes + 1
        self._scale = artefact.rarity_scale
        self._weights = {gram: _number(row) for gram, row in artefact.rows}
        starts = [2]
        for head in artefact.heads:
            starts.append(starts[-1] + len(head.classes))
        self._places = [_Place(head, first) for head, first in zip(artefact.heads, starts, strict=False)]

    def guess(self, text: Text, named: Mapping[str, Found]) -> Guess:
        """The chances of the classes of each head; `named`: what the table of words found in the text."""
        found = ngrams(text)
        found.update(topics(named))
        grams = [gram for gram in found if gram in self._weights]
        total = sum(map(self._weights.__getitem__, grams))
        sums = array("I", total.to_bytes(LANE * self._lanes, "little"))
        # What the model never read makes a text longer and every answer less sure: names, fragments, other topics.
        length = math.sqrt((sums[1] + RAREST * (len(found) - len(grams))) * self._scale) or 1.0
        return Guess(self._places, sums, length, grams)

    def why(self, text: Text, guess: Guess, tag: str, most: int) -> tuple[str, ...]:
        """The pieces of the text that spoke for a tag, the strongest first."""
        place = self._places[0]
        shift = 8 * LANE * (place.first + place.head.classes.index(tag))
        weights = {gram: (self._weights[gram] >> shift & 0xFF) - ZERO for gram in guess.grams}
        return reasons(text, weights, most)


def _number(row: bytes) -> int:
    """The lanes of an n-gram: 1 (it is counted), the square of its rarity, its weights."""
    lanes = bytearray(LANE * (len(row) + 1))
    lanes[0] = 1
    lanes[LANE::LANE] = row
    return int.from_bytes(lanes, "little")


def _chances(place: _Place, sums: Sequence[int], zero: int, length: float) -> Chances:
    head = place.head
    parts = zip(head.slopes, sums[place.first : place.first + len(head.classes)], head.offsets, strict=True)
    logits = [slope * (lane - zero) / length + offset for slope, lane, offset in parts]
    return dict(zip(head.classes, _softmax(logits) if head.exclusive else _sigmoids(logits), strict=True))


def _softmax(logits: Sequence[float]) -> Sequence[float]:
    top = max(logits)
    powers = [math.exp(logit - top) for logit in logits]
    whole = sum(powers)
    return [power / whole for power in powers]


def _sigmoids(logits: Iterable[float]) -> Sequence[float]:
    return [1 / (1 + math.exp(-logit)) for logit in logits]


def leading(guess: Guess) -> tuple[str, float]:
    """The tag that leads, and the chance that it does. Tags do not exclude each other, but only one leads: their odds
    are shared out."""
    odds = {name: chance / (1 - min(chance, ALMOST)) for name, chance in guess.tag.items()}
    name = max(odds, key=odds.__getitem__)
    return name, odds[name] / sum(odds.values())


def best(chances: Chances) -> tuple[str, float]:
    """The likeliest class and its chance."""
    name = max(chances, key=chances.__getitem__)
    return name, chances[name]
