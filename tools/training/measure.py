"""How good a model is on utterances that it was not trained on: F1 of each class, macro-averaged (RO-2)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.routing.advice import URGENT
from services.routing.lexicon import Lexicon
from services.routing.model.artefact import HEADS
from services.routing.model.scorer import Guess, Model, best, leading
from tools.training.corpus import Utterance

TOLERANCE = 0.005
"""What a head besides the tags may lose where the tags gain: its test set has few of the rare class."""
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Scores:
    """F1 (0 to 1) of each class of each head; `texts`: how many were read."""

    by_head: Mapping[str, Mapping[str, float]]
    texts: int

    def macro(self, head: str) -> float:
        """The mean over the classes: a rare one counts as much as a frequent one."""
        classes = self.by_head[head].values()
        return sum(classes) / len(classes)


def measure(model: Model, lexicon: Lexicon, utterances: Sequence[Utterance]) -> Scores:
    """The leading tag, kind, mood and urgency of each utterance against what the model says."""
    guesses = [guess_of(u.text, model, lexicon) for u in utterances]
    truths = [_truth(u) for u in utterances]
    answers = [_answer(guess) for guess in guesses]
    by_head = {
        head: f1((truth[head], answer[head]) for truth, answer in zip(truths, answers, strict=True)) for head in HEADS
    }
    return Scores(by_head, len(utterances))


def guess_of(raw: str, model: Model, lexicon: Lexicon) -> Guess:
    """What the model alone says of a raw text."""
    text = lexicon.read(raw)
    return model.guess(text, lexicon.search(text))


def f1(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Of each class that is true somewhere, from (true, answered)."""
    right: Counter[str] = Counter()
    true: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for truth, answer in pairs:
        true[truth] += 1
        answered[answer] += 1
        right[truth] += truth == answer
    return {name: 2 * right[name] / (true[name] + answered[name]) for name in sorted(true)}


def worse(before: Scores, after: Scores) -> list[str]:
    """Why `after` may not replace `before`: each head that got worse. Both are of the same test set."""
    found = []
    for head in HEADS:
        was, now = before.macro(head), after.macro(head)
        if now < was - (0 if head == "tag" else TOLERANCE):
            found.append(f"{head}: macro-F1 {was:.3f} → {now:.3f}")
    return found


def _truth(utterance: Utterance) -> dict[str, str]:
    urgency = URGENT if utterance.urgent else "normal"
    named = (utterance.tags[0], utterance.kind.value, utterance.sentiment.value, urgency)
    return dict(zip(HEADS, named, strict=True))


def _answer(guess: Guess) -> dict[str, str]:
    urgency = URGENT if guess.urgency[URGENT] >= HALF else "normal"
    named = (leading(guess)[0], best(guess.kind)[0], best(guess.sentiment)[0], urgency)
    return dict(zip(HEADS, named, strict=True))
