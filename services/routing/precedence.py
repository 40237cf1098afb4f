"""Who goes first (RO-4, RO-5): urgency, lifted by waiting; at peak phone complaints first, mail that can wait later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.cases import CaseKind
from shared.contracts.people import Channel

HOUR = timedelta(hours=1)
PUT_OFF = 10
"""Priorities by which a case that may wait stands back: behind all that may not, for as long as it may wait."""


@dataclass(frozen=True, slots=True)
class Later:
    """Cases of this priority and less urgent ones may wait so long at peak."""

    from_priority: int
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a queued case decides its place."""

    case_id: str
    priority: int
    opened_at: datetime
    channel: Channel
    kind: CaseKind


@dataclass(frozen=True, slots=True)
class Precedence:
    """assignment.yaml: `ageing` lifts by one priority; `first` by how many at peak; `sticky_load` as a share."""

    ageing: timedelta
    sticky_load: float
    peak_from: float
    handling: Mapping[Channel, timedelta]
    first: Mapping[tuple[Channel, CaseKind], int]
    later: Mapping[Channel, Later]

    def place(self, case: Waiting, now: datetime, peak: bool) -> tuple[float, datetime, str]:
        """The smaller goes first. Every whole `ageing` of waiting counts one priority, without end: whoever waits
        long enough stands before anybody who comes."""
        waited = max(timedelta(), now - case.opened_at)
        place = case.priority - waited // self.ageing
        if peak:
            place -= self.first.get((case.channel, case.kind), 0)
            later = self.later.get(case.channel)
            if later is not None and case.priority >= later.from_priority and waited < later.wait:
                place = case.priority + PUT_OFF
        return place, case.opened_at, case.case_id

    def pressure(self, arrived: Mapping[Channel, int], weights: Mapping[Channel, int], capacity: int) -> float:
        """The last hour's work as a share of what the agents on shift can hold in an hour; without agents infinite."""
        work = sum(number * weights[channel] * (self.handling[channel] / HOUR) for channel, number in arrived.items())
        if not work:
            return 0.0
        return work / capacity if capacity else float("inf")

    def is_peak(self, pressure: float) -> bool:
        return pressure >= self.peak_from

    def put_off(self, priorities: Iterable[int]) -> Mapping[Channel, list[int]]:
        """By channel the priorities that may wait at peak."""
        known = list(priorities)
        return {channel: [p for p in known if p >= later.from_priority] for channel, later in self.later.items()}
