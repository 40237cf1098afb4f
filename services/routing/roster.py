"""The roster (RO-4): groups, agents, shifts, and what a case of each channel weighs (agents.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.cases import CaseStatus
from shared.contracts.people import Channel


@dataclass(frozen=True, slots=True)
class Shift:
    """From `start` to `end` each day, over midnight where the end is the earlier; equal: around the clock."""

    start: time
    end: time
    zone: ZoneInfo

    def covers(self, at: datetime) -> bool:
        local = at.astimezone(self.zone).time()
        if self.start == self.end:
            return True
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def left(self, at: datetime) -> timedelta | None:
        """What is left of it at a time that it covers; None: it goes around the clock."""
        end = self.next_end(at)
        return None if end is None else end - at

    def next_start(self, at: datetime) -> datetime | None:
        """The first beginning after `at`; None: it goes around the clock."""
        return self._next(self.start, at)

    def next_end(self, at: datetime) -> datetime | None:
        """The first end after `at`; None: it goes around the clock."""
        return self._next(self.end, at)

    def _next(self, moment: time, at: datetime) -> datetime | None:
        if self.start == self.end:
            return None
        day = at.astimezone(self.zone).date()
        days = (datetime.combine(day + timedelta(days=n), moment, self.zone).astimezone(UTC) for n in range(3))
        return next(found for found in days if found > at)


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent (坐席); `capacity` in the points that cases weigh."""

    agent_id: str
    name: str
    groups: frozenset[str]
    skills: frozenset[str]
    languages: frozenset[str]
    capacity: int
    shift: Shift


@dataclass(frozen=True, slots=True)
class Group:
    """A group's name for people, by language."""

    name: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Roster:
    """`waiting_percent`: what of its weight a case keeps while its customer is asked."""

    agents: Mapping[str, Agent]
    groups: Mapping[str, Group]
    weights: Mapping[Channel, int]
    waiting_percent: int

    def weight(self, channel: Channel, status: CaseStatus) -> int:
        """The points that a held case takes of its agent's capacity."""
        weight = self.weights[channel]
        return weight * self.waiting_percent // 100 if status is CaseStatus.WAITING_CUSTOMER else weight
