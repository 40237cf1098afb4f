"""Fitting: TF-IDF over n-grams, one linear head a question, calibrated on folds that the head has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from services.routing.lexicon import Lexicon
from services.routing.model.ngrams import ngrams
from tools.training.corpus import Utterance

FOLDS = 5
SEED = 20260301
MIN_TEXTS = 2
"""An n-gram that fewer texts have is left out."""
STRENGTH = {"tag": 20.0, "kind": 10.0, "sentiment": 10.0, "urgency": 10.0}
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
    found = [ngrams(lexicon.read(utterance.text)) for utterance in utterances]
    counter = CountVectorizer(analyzer=lambda grams: grams, binary=True)
    counts = counter.fit_transform(found)
    texts = np.asarray(counts.sum(axis=0)).ravel()
    rarities = np.log((1 + len(found)) / (1 + texts)) + 1
    kept = texts >= MIN_TEXTS
    table = _weighed(counts, rarities, kept)
    leading = [u.tags[0] for u in utterances]
    heads = (
        _tags(table, utterances, leading),
        _exclusive("kind", table, [u.kind.value for u in utterances]),
        _exclusive("sentiment", table, [u.sentiment.value for u in utterances]),
        _urgency(table, utterances),
    )
    return Fit(tuple(counter.get_feature_names_out()[kept]), rarities[kept], float(rarities.max()), heads)


def _weighed(counts: Any, rarities: Any, kept: Any) -> Any:
    """TF-IDF of the kept n-grams. The length of a text counts those that are left out, as an unknown one counts in the
    running service: whoever says little that is known is not understood surely."""
    full = counts.multiply(rarities).tocsr()
    lengths = np.sqrt(np.asarray(full.multiply(full).sum(axis=1)).ravel())
    return diags(1 / lengths) @ full[:, np.flatnonzero(kept)]


def _folds(labels: Sequence[str]) -> Sequence[Any]:
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(np.zeros(len(labels)), labels))


def _logistic(name: str, solver: str = "lbfgs") -> LogisticRegression:
    return LogisticRegression(
        C=STRENGTH[name], max_iter=2000, class_weight="balanced", solver=solver, random_state=SEED
    )


def _tags(table: Any, utterances: Sequence[Utterance], leading: Sequence[str]) -> Fitted:
    """A text may have several tags: each is a question of its own."""
    classes = tuple(sorted({tag for u in utterances for tag in u.tags}))
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
