"""From floats to bytes: one byte a weight, with the rarity of the n-gram and the calibration folded in."""

from typing import Any

import numpy as np

from services.routing.model.artefact import Artefact, Head
from services.routing.model.scorer import RAREST, ZERO
from tools.training.fit import Fit, Fitted

MOST = 127
"""Steps to either side of zero."""


def pack(fit: Fit) -> Artefact:
    """The artefact of what was fitted."""
    squares = fit.rarities**2
    scale = fit.rarest**2 / RAREST
    lanes = [np.clip(np.rint(squares / scale), 1, RAREST).astype(np.uint8)]
    heads = []
    for fitted in fit.heads:
        folded = fitted.weights * fit.rarities
        steps = np.abs(folded).max(axis=1) / MOST
        lanes += [_bytes(row, step) for row, step in zip(folded, steps, strict=True)]
        heads.append(_head(fitted, steps))
    table = np.stack(lanes, axis=1)
    rows = tuple((gram, row.tobytes()) for gram, row in zip(fit.grams, table, strict=True))
    return Artefact(tuple(heads), scale, rows)


def _bytes(row: Any, step: float) -> Any:
    return (np.rint(row / step) + ZERO).astype(np.uint8)


def _head(fitted: Fitted, steps: Any) -> Head:
    slopes = fitted.slopes * steps
    offsets = fitted.slopes * fitted.intercepts + fitted.offsets
    rounded = [tuple(float(f"{value:.6g}") for value in column) for column in (slopes, offsets)]
    return Head(fitted.name, fitted.exclusive, fitted.classes, *rounded)
