"""What stands in a label: a short, closed word, or the hour since 1970."""

import re
from datetime import datetime
from functools import lru_cache

Hour = int
"""Whole hours since 1970, UTC."""

LONG_NUMBER = re.compile(r"\d{6}")
UNFIT = re.compile(r"[^\w.:/+-]+")
LONGEST_LABEL = 40


def hour_of(at: datetime) -> Hour:
    return int(at.timestamp()) // 3600


@lru_cache(maxsize=4096)
def label(value: str) -> str:
    """A value fit for a label: short, without separators, and nothing that may be somebody's number or mail."""
    fit = UNFIT.sub("_", value.strip())
    if not fit:
        return "none"
    if len(fit) > LONGEST_LABEL or "@" in value or LONG_NUMBER.search(fit):
        return "other"
    return fit
