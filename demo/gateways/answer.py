"""What the other side said to one delivery: taken, refused for good, or try again later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands in Kafka."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Taken:
    """`id`: the interaction's, where the answer names one."""

    status: int
    id: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Overloaded, down or silent; `after` seconds where the other side asked for a pause."""

    reason: str
    after: float | None = None


Answer = Taken | Refused | Later
