"""What an indicator is: name, type, labels, help, unit; and how one is declared."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SUM = "sum"
"""The last label of a histogram's increment: an upper bound in milliseconds, `inf`, or this: the sum of them."""
INFINITY = "inf"


class Type(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Label:
    """A dimension; `values` where they are a closed set, empty where a rule table or a carrier names them."""

    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """`unit` is how it is exported; histograms are kept in whole milliseconds, so that sums are exact."""

    name: str
    type: Type
    labels: tuple[Label, ...]
    help: str
    unit: str = ""
    bounds_ms: tuple[int, ...] = ()

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)


def enum(name: str, members: type[StrEnum]) -> Label:
    return Label(name, tuple(str(m.value) for m in members))


def counter(name: str, labels: Sequence[Label], help: str, unit: str = "") -> Indicator:
    return Indicator(name, Type.COUNTER, tuple(labels), help, unit)


def gauge(name: str, labels: Sequence[Label], help: str) -> Indicator:
    return Indicator(name, Type.GAUGE, tuple(labels), help)


def histogram(name: str, labels: Sequence[Label], help: str, bounds_ms: tuple[int, ...]) -> Indicator:
    return Indicator(name, Type.HISTOGRAM, tuple(labels), help, "seconds", bounds_ms)
