"""What the model advises on a text, and when it is believed: only where no exact word decides (RO-2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.routing.lexicon import Text
from services.routing.model.scorer import Guess, Model, best, leading
from services.routing.rule_file import RuleFile
from shared.contracts.classification import Sentiment

OTHER = "other"
URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Trust:
    """The least chances (0 to 1) at which the model is believed; `words`: how many pieces are given as its reason."""

    tag: float
    further: float
    kind: float
    urgent: float
    words: int


@dataclass(frozen=True, slots=True)
class Advice:
    """`tags`: the leading one first; `kind` is empty where the model is not sure of it."""

    tags: tuple[str, ...]
    kind: str
    urgent: bool
    confidence: float
    words: tuple[str, ...]


def trust_of(part: RuleFile) -> Trust:
    """model.yaml. Raises `RuleError`."""

    def least(name: str) -> float:
        return part.whole(f"{name}_percent", 0, 100) / 100

    return Trust(least("tag"), least("further"), least("kind"), least("urgent"), part.whole("words", 1, 12))


def advice(text: Text, guess: Guess, model: Model, trust: Trust, possible: Callable[[str], bool]) -> Advice | None:
    """None where the model is not sure, thinks that it is about nothing of ours, or names a tag that is not possible
    (no rule knows it, or exact words deny it): people read it."""
    tag, chance = leading(guess)
    if chance < trust.tag or tag == OTHER or not possible(tag):
        return None
    kind, kind_chance = best(guess.kind)
    return Advice(
        (tag, *_further(guess, tag, trust, possible)),
        kind if kind_chance >= trust.kind else "",
        guess.urgency[URGENT] >= trust.urgent,
        chance,
        model.why(text, guess, tag, trust.words),
    )


def _further(guess: Guess, first: str, trust: Trust, possible: Callable[[str], bool]) -> Iterator[str]:
    for tag, chance in sorted(guess.tag.items(), key=lambda item: -item[1]):
        if chance >= trust.further and tag not in (first, OTHER) and possible(tag):
            yield tag


def mood(guess: Guess) -> Sentiment | None:
    """None: nothing was said that the model knows."""
    return Sentiment(best(guess.sentiment)[0]) if guess.grams else None
