"""The series that are shown at zero before anything happened, so that the first event is an increase (ME-1)."""

from functools import cache
from itertools import product

from services.metrics.indicator import BACKLOG
from services.metrics.shapes import SUM, Indicator, Type

MOST = {Type.COUNTER: 60, Type.GAUGE: 80, Type.HISTOGRAM: 8}
"""An indicator with more possible series than this shows only those that happened."""


@cache
def zeros(indicator: Indicator) -> tuple[tuple[str, ...], ...]:
    """Every combination of an indicator's labels where all of them are closed sets and there are few."""
    sets = [label.values for label in indicator.labels]
    if indicator is BACKLOG or not all(sets):
        return ()
    combinations = tuple(product(*sets))
    if len(combinations) > MOST[indicator.type]:
        return ()
    if indicator.type is Type.HISTOGRAM:
        return tuple((*labels, SUM) for labels in combinations)
    return combinations
