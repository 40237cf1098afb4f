"""Fitting: one linear head a question over TF-IDF of n-grams, calibrated on folds that the head has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from services.routing.lexicon import Lexicon
from tools.training.corpus import Utterance
from tools.training.vocabulary import Vocabulary, vocabulary

FOLDS = 5
SEED = 20260301
MOST_GRAMS = 10_500
"""What the model may know: a running service pays memory for each n-gram, and on folds so many do what 25,000 do."""
STRENGTH = {"tag": 20.0, "kind": 10.0, "sentiment": 10.0, "urgency": 40.0}
"""Inverse of the regularisation, found on folds of the training set."""


@dataclass(frozen=True)
class Fitted:
    """A head: weights (classes x n-grams), intercepts, and the calibration of a logit, slope x logit + offset."""

    name: str
    exclusive: bool
    classes: tuple[str, ...]
    weights: Any
    intercepts: Any
    slopes: Any
    offsets: Any


@dataclass(frozen=True)
class Fit:
    """The n-grams with their rarities (idf), that of an unknown n-gram, and the heads."""

    grams: tuple[str, ...]
    rarities: Any
    rarest: float
    heads: tuple[Fitted, ...]


def fit(utterances: Sequence[Utterance], lexicon: Lexicon) -> Fit:
    """Of the corpus; the same corpus gives the same model."""
    known = vocabulary(utterances, lexicon)
    known = known.best(_rough(known, utterances), MOST_GRAMS)
    table = known.table
    heads = (
        _tags(table, utterances, [u.tags[0] for u in utterances]),
        _exclusive("kind", table, [u.kind.value for u in utterances]),
        _exclusive("sentiment", table, [u.sentiment.value for u in utterances]),
        _urgency(table, utterances),
    )
    return Fit(tuple(known.grams), known.rarities, known.rarest, heads)


def _rough(known: Vocabulary, utterances: Sequence[Utterance]) -> Any:
    """The weights of every class by itself (classes x n-grams), uncalibrated: which n-grams matter."""
    questions = [
        *(("tag", [tag in u.tags for u in utterances]) for tag in _all_tags(utterances)),
        *(("kind", [u.kind is kind for u in utterances]) for kind in sorted({u.kind for u in utterances})),
        *(
            ("sentiment", [u.sentiment is mood for u in utterances])
            for mood in sorted({u.sentiment for u in utterances})
        ),
        ("urgency", [u.urgent for u in utterances]),
    ]
    return np.array([_logistic(name, "liblinear").fit(known.table, truth).coef_[0] for name, truth in questions])


def _all_tags(utterances: Sequence[Utterance]) -> tuple[str, ...]:
    return tuple(sorted({tag for u in utterances for tag in u.tags}))


def _folds(labels: Sequence[str]) -> Sequence[Any]:
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(np.zeros(len(labels)), labels))


def _logistic(name: str, solver: str = "lbfgs") -> LogisticRegression:
    return LogisticRegression(
        C=STRENGTH[name], max_iter=2000, class_weight="balanced", solver=solver, random_state=SEED
    )


def _tags(table: Any, utterances: Sequence[Utterance], leading: Sequence[str]) -> Fitted:
    """A text may have several tags: each is a question of its own."""
    classes = _all_tags(utterances)
    folds = _folds(leading)
    parts = [_binary("tag", table, np.array([tag in u.tags for u in utterances]), folds) for tag in classes]
    weights, intercepts, slopes, offsets = (np.array(column) for column in zip(*parts, strict=True))
    return Fitted("tag", False, classes, weights, intercepts, slopes, offsets)


def _urgency(table: Any, utterances: Sequence[Utterance]) -> Fitted:
    urgent = np.array([u.urgent for u in utterances])
    parts = _binary("urgency", table, urgent, _folds(list(map(str, urgent))))
    weights, intercept, slope, offset = (np.array([part]) for part in parts)
    return Fitted("urgency", False, ("urgent",), weights, intercept, slope, offset)


def _binary(name: str, table: Any, truth: Any, folds: Sequence[Any]) -> tuple[Any, float, float, float]:
    """Weights, intercept, and Platt's slope and offset from logits of unseen folds."""
    unseen = cross_val_predict(_logistic(name, "liblinear"), table, truth, cv=folds, method="decision_function")
    platt = LogisticRegression(C=1e6).fit(unseen.reshape(-1, 1), truth)
    head = _logistic(name, "liblinear").fit(table, truth)
    return head.coef_[0], float(head.intercept_[0]), float(platt.coef_[0, 0]), float(platt.intercept_[0])


def _exclusive(name: str, table: Any, labels: Sequence[str]) -> Fitted:
    """One of several; calibrated by one temperature."""
    unseen = cross_val_predict(_logistic(name), table, labels, cv=_folds(labels), method="decision_function")
    head = _logistic(name).fit(table, labels)
    classes = tuple(map(str, head.classes_))
    truth = np.array([classes.index(label) for label in labels])
    slope = minimize_scalar(lambda s: _surprise(s * unseen, truth), bounds=(0.1, 10), method="bounded").x
    slopes, offsets = np.full(len(classes), slope), np.zeros(len(classes))
    return Fitted(name, True, classes, head.coef_, head.intercept_, slopes, offsets)


def _surprise(logits: Any, truth: Any) -> float:
    """The mean negative logarithm of the chance that the right class was given."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    chances = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    return float(-np.log(chances[np.arange(len(truth)), truth]).mean())
